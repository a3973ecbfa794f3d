// Constants of double: see activations.h for what each is.
#define real double
#define integer uint64_t
#define signed_integer int64_t
#define NAME(x) x##_f64
#define PAIR(x) x##_pair_f64
#define REGISTER_LANES (CRK_VECTOR_BYTES / 8 > 0 ? CRK_VECTOR_BYTES / 8 : 1)
#define LANES REGISTER_LANES
#define PAIR_LANES (2 * REGISTER_LANES < CRK_PANEL ? 2 * REGISTER_LANES : CRK_PANEL)
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define SIGN_BIT ((integer)0x8000000000000000)
#define ROUNDING 0x1.8p52
#define ROUNDING_BITS 0x4338000000000000
#define LOG2E 0x1.71547652b82fep0
#define LN2_HIGH 0x1.62e42fefa39efp-1
#define LN2_LOW 0x1.abc9e3b39803fp-56
#define EXP_HIGHEST 710.5
#define EXP_LOWEST -746.5
#define SCALE 512
#define TWO_TO_SCALE 0x1p512
#define TANH_FLAT 80.0
#define EXP_COEFFICIENTS exp_coefficients_f64
#define TANH_COEFFICIENTS tanh_coefficients_f64
#define EXP_TERMS 11
#define TANH_TERMS 12
#define LOG1P_COEFFICIENTS log1p_coefficients_f64
#define LOG1P_TERMS 11
static const double EXP_COEFFICIENTS[EXP_TERMS] = {
    0x1.0000000000000p-1, 0x1.555555555555cp-3, 0x1.55555555554d5p-5, 0x1.111111110eb61p-7,
    0x1.6c16c16c3c239p-10, 0x1.a01a01b3d3e19p-13, 0x1.a01a010a19e13p-16, 0x1.71ddef5eed314p-19,
    0x1.27e601be05304p-22, 0x1.af6d209dc5428p-26, 0x1.1dd72f8c4f66ep-29};
static const double TANH_COEFFICIENTS[TANH_TERMS] = {
    -0x1.5555555555555p-2, 0x1.1111111111079p-3, -0x1.ba1ba1ba106c3p-5, 0x1.664f487f7019fp-6,
    -0x1.226e34caee71dp-7, 0x1.d6d3b02a4b270p-9, -0x1.7da0f69e98974p-10, 0x1.353879e349614p-11,
    -0x1.f342913ff3564p-13, 0x1.88b8c9f89c3a8p-14, -0x1.10e7038412368p-15, 0x1.e37559af9d46bp-18};
static const double LOG1P_COEFFICIENTS[LOG1P_TERMS] = {
    0x1.5555555555555p-1, 0x1.9999999999940p-2, 0x1.249249249a1fap-2, 0x1.c71c71be9ad09p-3,
    0x1.745d19a301a74p-3, 0x1.3b134f5527662p-3, 0x1.111ae78ef0d26p-3, 0x1.e09eb2d9316e6p-4,
    0x1.bc57998888493p-4, 0x1.325a9fb5ccc61p-4, 0x1.40961a97cd63fp-3};
