#undef vec
#undef ivec
#pragma pop_macro("LANES")
#pragma pop_macro("NAME")
#define vec NAME(vec)
#define ivec NAME(ivec)
