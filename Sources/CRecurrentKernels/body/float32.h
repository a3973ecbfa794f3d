// Constants of float: see activations.h for what each is.
#define real float
#define integer uint32_t
#define signed_integer int32_t
#define NAME(x) x##_f32
#define PAIR(x) x##_pair_f32
#define REGISTER_LANES (CRK_VECTOR_BYTES / 4 > 0 ? CRK_VECTOR_BYTES / 4 : 1)
#define LANES REGISTER_LANES
#define PAIR_LANES (2 * REGISTER_LANES < CRK_PANEL ? 2 * REGISTER_LANES : CRK_PANEL)
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define SIGN_BIT ((integer)0x80000000)
#define ROUNDING 0x1.8p23f
#define ROUNDING_BITS 0x4B400000
#define LOG2E 0x1.715476p0f
#define LN2_HIGH 0x1.62e43p-1f
#define LN2_LOW -0x1.05c61p-29f
#define EXP_HIGHEST 89.5f
#define EXP_LOWEST -104.5f
#define SCALE 64
#define TWO_TO_SCALE 0x1p64f
#define TANH_FLAT 40.0f
#define EXP_COEFFICIENTS exp_coefficients_f32
#define TANH_COEFFICIENTS tanh_coefficients_f32
#define EXP_TERMS 5
#define TANH_TERMS 5
#define LOG1P_COEFFICIENTS log1p_coefficients_f32
#define LOG1P_TERMS 5
static const float EXP_COEFFICIENTS[EXP_TERMS] = {
    0x1.fffffcp-2f, 0x1.55549p-3f, 0x1.5558f4p-5f, 0x1.123a6cp-7f, 0x1.6a234ep-10f};
static const float TANH_COEFFICIENTS[TANH_TERMS] = {
    -0x1.555548p-2f, 0x1.110c72p-3f, -0x1.b90934p-5f, 0x1.582f1p-6f, -0x1.94fc84p-8f};
static const float LOG1P_COEFFICIENTS[LOG1P_TERMS] = {
    0x1.555556p-1f, 0x1.9998cep-2f, 0x1.24ca56p-2f, 0x1.bc6ac4p-3f, 0x1.dc3c9p-3f};
