// What stands between this and pairs_end.h works on vectors as wide as two registers, no wider than a panel, under the name
// PAIR(x): the compiler carries two chains side by side and loads each constant once for both.
#pragma push_macro("NAME")
#pragma push_macro("LANES")
#undef NAME
#undef LANES
#undef vec
#undef ivec
#define NAME(x) PAIR(x)
#define LANES PAIR_LANES
