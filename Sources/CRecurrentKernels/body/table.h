#define TABLE_(isa, name) crk_##isa##_##name
#define TABLE(isa, name) TABLE_(isa, name)
const crk_table TABLE(CRK_ISA, NAME(table)) = {
    .unary = NAME(unary), .binary = NAME(binary), .scaled_add = NAME(scaled_add), .reduce = NAME(reduce),
    .softmax_sums = NAME(softmax_sums), .product = NAME(product), .gradient = NAME(gradient),
    .column_sums = NAME(column_sums), .diagonal = NAME(diagonal), .forward = NAME(forward), .forward_units = NAME(forward_units),
    .backward = NAME(backward), .activate = NAME(activate), .reset = NAME(reset_rows), .advance = NAME(advance),
    .pack_rows = NAME(pack_rows), .pack_columns = NAME(pack_columns),
    .pack_gates = NAME(pack_gates), .adam = NAME(adam), .sgd = NAME(sgd), .probe_fma = NAME(probe_fma),
    .probe_read = NAME(probe_read)};
#undef TABLE
#undef TABLE_
