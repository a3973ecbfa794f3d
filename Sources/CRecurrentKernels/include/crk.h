// Kernels of recurrent networks: the whole C surface of the package.
//
// Conventions. `real` stands for float or double, chosen by the table that a function is taken from. Matrices are
// row-major; a "stride" counts elements between rows. H' is H rounded up to CRK_PANEL. No function allocates, locks
// or calls the system, but for crk_parallel, which may wake worker threads. No pointer may alias another unless said.
// Every function gives the same bits in every table (Documentation: arithmetic, version 1).
#ifndef CRK_H
#define CRK_H

#include <stddef.h>
#include <stdint.h>

// Outputs that stand side by side in a packed matrix, for every instruction set and both types.
#define CRK_PANEL 16
// Rows of one segment of a weight gradient's sum.
#define CRK_SEGMENT 512

enum { CRK_SCALAR, CRK_AVX2, CRK_AVX512, CRK_NEON };  // instruction sets
enum { CRK_FLOAT32, CRK_FLOAT64 };                    // element types
enum { CRK_RNN_TANH, CRK_RNN_RELU, CRK_LSTM, CRK_GRU, CRK_LINEAR };  // linear: streams only, h = bias + W x
// How a stream keeps its weights. The 16-bit formats are expanded exactly, and are for float32 only.
enum { CRK_FULL, CRK_BFLOAT16, CRK_FLOAT16 };

enum {
  CRK_NEGATE, CRK_ABSOLUTE, CRK_SQUARE_ROOT, CRK_RECIPROCAL, CRK_EXP, CRK_TANH, CRK_SIGMOID, CRK_RELU, CRK_SQUARE,
  CRK_SOFTPLUS
};
// What a variant's gates may go through besides tanh, sigmoid, relu and softplus.
enum {
  CRK_AFFINE = 32, CRK_LEAKY_RELU, CRK_THRESHOLDED_RELU, CRK_SCALED_TANH, CRK_HARD_SIGMOID, CRK_ELU, CRK_SOFTSIGN
};
enum { CRK_ADD, CRK_SUBTRACT, CRK_MULTIPLY, CRK_DIVIDE, CRK_GREATER, CRK_MAXIMUM };
enum { CRK_SUM, CRK_SUM_OF_SQUARES, CRK_MAXIMUM_OF };

// One of these with its numbers, as ONNX defines them.
typedef struct { int code; double alpha, beta; } crk_function;

// How a cell departs from PyTorch's; a null pointer: in nothing. What is saved for the derivative then are the sums as
// they are, before clip, peepholes and functions, and c.
typedef struct {
  crk_function gate, candidate, output;  // of the gates; of n or g (RNN: of h); LSTM: of c on its way to h
  double clip;                           // sums are kept within -clip...clip; infinity: no bounds
  int coupled;                           // LSTM: f = 1 - i
  int reset_before;                      // GRU: U_n is multiplied by m = r h; the slots are r z m n
  const void *peepholes;                 // LSTM: [3][H'] of i, f and o, or null
} crk_variant;

// Where a product's sums start, and what becomes of them.
enum {
  CRK_FROM_ZERO,   // C = +0, then the chain
  CRK_FROM_BIAS,   // C = bias[column], then the chain
  CRK_FROM_C,      // the chain goes on from what C holds
  CRK_ADD_TO_C     // C = C + (chain from +0)
};

// C[row, column] = start; for k ascending: C = fma(A[row, k], B[k, column], C).
//
// k runs over `runs` runs of `run_length` terms: A[row, k] is a[row * a_stride + run * run_stride + k % run_length].
// B is packed: [panel][runs * run_length][CRK_PANEL]. Only the first `columns` columns of C are written.
typedef struct {
  size_t rows, columns, runs, run_length, run_stride;
  const void *a; size_t a_stride;
  const void *b;
  const void *bias;  // columns rounded up to CRK_PANEL; only for CRK_FROM_BIAS
  void *c; size_t c_stride;
  int start;
} crk_product;

// Which rows of a longer sum over rows a call has: those from rank `rank` on. Sums are cut into segments by rank, so a sum
// taken in pieces, in the order of ranks, has the bits of one call. All zero: the call has all rows.
typedef struct {
  size_t rank;
  int more;    // rows follow: the segment that the last row leaves unfilled stays open
  void *open;  // laid out as the result: the open segment's sums, from one piece to the next. Null if all rows are here
} crk_piece;

// C[n, k] = sum over r of A[a_rows[r], column of n] * B[row r, k], r ascending in segments of CRK_SEGMENT, each from
// +0, the segments added in order. Column of n = (n / run_length) * run_stride + n % run_length. Row r of B is
// b + b_rows[r] * b_stride if b_rows[r] >= 0, else first + ~b_rows[r] * first_stride. A null row list means row r.
// Computes rows n of C in [from, to). `scratch`: crk_gradient_scratch() elements. C holds the sum of the segments that
// are full; after the last piece that is all. Its first segment overwrites it.
//
// `also`, if not null, is another gradient of the same A, from which it takes only columns, B, first, C and the open sums:
// the two share A's passage through the caches. `scratch` then is for the columns of both.
//
// With `one_hot`, row r of B is zeros with a one in column one_hot[r], and `b` is not read (nor may `also` be there).
typedef struct crk_gradient {
  size_t rows, columns, run_length, run_stride;
  const void *a; size_t a_stride; const ptrdiff_t *a_rows;
  const void *b; size_t b_stride; const ptrdiff_t *b_rows;
  const void *first; size_t first_stride;
  void *c; size_t c_stride;
  size_t from, to;
  void *scratch;
  crk_piece piece;
  const struct crk_gradient *also;
  const uint32_t *one_hot;
} crk_gradient;

// One direction of one layer over packed rows.
//
// The rows of step t are offsets[t] ..< offsets[t] + counts[t]; counts never increases. State row b belongs to row b of
// every step. `reversed` walks the steps from the last to the first.
// Gate slots of a row of `gates`, each H' wide: RNN: h. LSTM: i f g o. GRU: r z nh nx (saved: r z nh n).
typedef struct {
  int kind;
  const crk_variant *variant;
  size_t input_size, hidden_size, projection_size;  // projection_size 0: none
  size_t steps;
  const size_t *counts, *offsets;
  int reversed;

  const void *x; size_t x_stride;
  // Not null: row r of x is zeros with a one in column one_hot[r], and `x` is not read. Has the bits of the product only if
  // all of w is finite and no bias is -0.
  const uint32_t *one_hot;
  const void *w;     // packed [panels of the W slots][I][CRK_PANEL]; GRU: r z nx
  const void *u;     // packed [panels of the U slots][H_out][CRK_PANEL]; GRU: r z nh
  const void *p;     // packed projection [panels][H][CRK_PANEL]
  const void *bias;  // [slots * H'], where each chain starts

  void *h; size_t h_stride;         // [N, H_out], in: initial, out: final state
  void *c; size_t c_stride;         // [N, H], the same, LSTM only
  void *y; size_t y_stride;         // each step reads the state of the one before it from here
  void *gates; size_t gate_stride;  // all rows if `save`, else chunk * N: ranges of rows share none
  void *cells;             // LSTM, if `save`: c of all rows [rows, H']
  void *m;                 // projection only: [N, H'] scratch
  int save;
  size_t chunk;            // steps whose input part is computed ahead
} crk_forward;

// What crk_forward saves of a sequence whose h is known, so that the products need not wait for each other: from
// `gates` with the pre-activations (GRU slots: r z nh nx) to the saved gates and, for an LSTM, c of all rows. An RNN
// saves nothing that its output does not have.
typedef struct {
  int kind;
  const crk_variant *variant;  // only an LSTM's c is computed then
  size_t hidden_size, steps;
  const size_t *counts, *offsets;
  int reversed;
  void *gates; size_t gate_stride;
  void *c;                 // LSTM: [N, H'], in: initial, out: final state
  void *cells;             // LSTM: c of all rows [rows, H'], out
} crk_activation;

// Where threads that share one piece of work meet.
typedef struct {
  size_t members;
  uint32_t arrived, round;  // touched by crk_barrier_wait alone
  uint64_t lost;            // nanoseconds of all waits so long that a member must have lost its processor
} crk_barrier;

// The derivative of crk_forward: from dy and the derivative of the final state to `gates` overwritten by the
// derivatives of the pre-activations (GRU slots: r z nh nx) and the derivative of the initial state.
//
// The steps may be a piece of a longer sequence, the last piece being processed first: h0 and c0 are the state before
// the piece, dh and dc go from piece to piece. `rows_after` and `rows_before` are the counts of the steps next to the
// piece in the order of processing, 0 at the ends of the sequence; `dy_before` are the rows of dy of the step before.
typedef struct {
  int kind;
  const crk_variant *variant;
  size_t hidden_size, projection_size, steps;
  const size_t *counts, *offsets;
  int reversed;
  const void *ut;    // packed transposed U: [panels of H_out][G * H][CRK_PANEL]; reset before: of r and z alone
  const void *ut_candidate;  // reset before: of n
  const void *pt;    // packed transposed projection: [panels of H][P][CRK_PANEL]
  const void *y; size_t y_stride;
  const void *h0, *c0;     // initial state as it was, [N, H_out'] and [N, H']
  const void *dy; size_t dy_stride;  // may be null
  size_t rows_after, rows_before;
  const void *dy_before;   // null if dy is
  void *dh, *dc;           // [N, H_out'] and [N, H'], in: of the final state, out: of the initial state
  void *gates; size_t gate_stride;
  const void *cells;
  void *m, *dm;            // projection only: m of all rows [rows, H'] out; also reset before: [N, H'] scratch
  void *dp; // projection only: derivative of h of all rows [rows, H_out'] out
} crk_backward;

// One level of a stream: weights that streams may share, and a state of its own.
//
// With a variant, `weights` are those of all slots as one gate, [slots * H', I + H_out], rows past H zero; a GRU's has only
// r and z, and the candidate's, [H', I + H_out], stand apart. With `by_gate`, `weights` and `hidden_weights` are w and u of
// crk_forward, which several rows read faster; format CRK_FULL only.
typedef struct {
  int kind, format;
  const crk_variant *variant;
  int far;                     // the stream's weights do not fit a core's first cache
  int by_gate;
  size_t input_size, hidden_size, projection_size;  // projection_size 0: none
  const void *weights;         // pack_gates of [W U], [G * H, I + H_out]
  const void *hidden_weights;  // within it: the I-th row of its first panel
  const void *projection;      // pack_gates of the projection [P, H], one gate
  const void *bias;            // [slots][H'], slots as in crk_forward
  void *h[2];                  // [N, H_out']: h[turn] is the state
  void *c;                     // [N, H'], LSTM
  void *m;                     // projection only: [N, H'] scratch
  const void *candidate, *hidden_candidate;  // GRU variants: the candidate's weights, and their I-th row
  void *sums;                  // variants and by_gate: [N, slots * H'] scratch
} crk_level;

// A stream of N = `rows` sequences through levels that read each other's output.
typedef struct {
  size_t rows, level_count;
  crk_level *levels;
  int turn;           // 0 or 1; each step reads h[turn], writes the other and turns
} crk_stream;

// The numbers of one step of Adam; each is rounded to real first.
typedef struct {
  double step_size;        // lr / (1 - beta1^t)
  double mean_weight;      // 1 - beta1
  double square_decay;     // beta2
  double square_weight;    // 1 - beta2
  double root_correction;  // sqrt(1 - beta2^t)
  double epsilon;
  double penalty;          // added to the gradient per unit of the parameter; 0: not at all
  double shrink;           // what the parameter is multiplied by first; 1: not at all
} crk_adam;

// The numbers of one step of gradient descent; each is rounded to real first.
typedef struct {
  double learning_rate, momentum;
  double fresh;            // 1 - dampening
  double penalty;          // as in crk_adam
  int nesterov;
  int first;               // the buffer holds nothing yet: the gradient becomes its first value
} crk_sgd;

typedef struct {
  void (*unary)(int operation, const void *x, size_t x_stride, void *y, size_t count);
  void (*binary)(int operation, const void *a, size_t a_stride, const void *b, size_t b_stride, void *y, size_t count);
  void (*scaled_add)(double scale, const void *x, size_t x_stride, void *y, size_t count);  // y = fma(scale, x, y)
  double (*reduce)(int reduction, const void *x, size_t count);
  // Per row: the maximum, and the sum of exp(x - maximum).
  void (*softmax_sums)(const void *x, size_t rows, size_t columns, double *maximum, double *sum);
  void (*product)(const crk_product *);
  void (*gradient)(const crk_gradient *);
  // c[column] += sum over r of A[a_rows[r], column], in segments as crk_gradient. A null piece: all rows.
  void (*column_sums)(const void *a, size_t a_stride, const ptrdiff_t *a_rows, size_t rows, const crk_piece *piece,
                      void *c, size_t columns);
  // c[n] += sum over r of A[a_rows[r], n] * B[row r, n] for n in 0 ..< columns, in segments as crk_gradient.
  void (*diagonal)(const crk_gradient *);
  void (*forward)(const crk_forward *, size_t first_row, size_t end_row);
  // All rows, but only the share `part` of `parts` of the units; the barrier's members call it at the same time, one for
  // each part. No projection. There may be more parts than panels of units.
  void (*forward_units)(const crk_forward *, size_t part, size_t parts, crk_barrier *);
  void (*backward)(const crk_backward *, size_t first_row, size_t end_row);
  void (*activate)(const crk_activation *, size_t first_row, size_t end_row);
  // Reset before: slot 2 of rows of gates becomes r h, r being made of slot 0.
  void (*reset)(const crk_variant *, size_t hidden_size, const void *h, size_t h_stride, void *gates, size_t gate_stride,
                size_t rows);
  // Time steps, one after the other: reads x [steps, N, I] and the state, writes y [steps, N, H_out of the last level] and
  // the state.
  void (*advance)(crk_stream *, const void *x, void *y, size_t steps);
  // Packs a matrix stored [columns, depth] (an output's weights are contiguous), or [depth, columns].
  void (*pack_rows)(const void *b, size_t b_stride, size_t columns, size_t depth, void *packed);
  void (*pack_columns)(const void *b, size_t b_stride, size_t columns, size_t depth, void *packed);
  // Packs the weights of a cell, stored [gates * units, depth], as [panel of CRK_PANEL units][depth][gates][CRK_PANEL];
  // lanes past the last unit are zero.
  void (*pack_gates)(const void *weights, size_t gates, size_t units, size_t depth, void *packed);
  // One step of an optimizer in place, over all elements of a parameter. `buffer` is null without momentum.
  void (*adam)(const crk_adam *, void *parameter, const void *gradient, void *mean, void *square, size_t count);
  void (*sgd)(const crk_sgd *, void *parameter, const void *gradient, void *buffer, size_t count);
  // For measuring a machine: as many fused multiply-adds as a core can do, and as many reads. `sink`: 64 bytes to write.
  size_t (*probe_fma)(size_t rounds, void *sink);  // returns the floating-point operations that it did
  void (*probe_read)(const void *x, size_t bytes, void *sink);
} crk_table;

// The table of an instruction set, or null where this processor or build lacks it.
const crk_table *crk_kernels(int instruction_set, int type);
// The widest instruction set that this processor runs.
int crk_best_instruction_set(void);

// Rounds packed float32 weights, a multiple of CRK_PANEL of them, to a 16-bit format: to nearest, ties to even.
void crk_narrow_weights(int format, const float *packed, size_t count, uint16_t *narrow);

size_t crk_gradient_scratch(size_t columns);  // elements

// Whether each row of x [rows, columns] is zeros with a single one; then places[r] is the one's column in row r.
int crk_one_hot_places(int type, const void *x, size_t rows, size_t columns, uint32_t *places);

// Row lists of back-propagation through time: order[r] is the packed row of rank r (last processed step first);
// previous[r] is the packed row of the step before it, or ~b where the state before it was row b of the initial one.
void crk_bptt_rows(size_t steps, const size_t *counts, const size_t *offsets, int reversed, ptrdiff_t *order,
                   ptrdiff_t *previous);

// Calls body(context, task) for every task in 0 ..< tasks, on up to `threads` threads including the caller, and
// returns when all are done. Runs on the caller alone if another region is running.
void crk_parallel(size_t threads, size_t tasks, void (*body)(void *context, size_t task), void *context);

// Calls body(context, member, barrier) once on each of up to `threads` threads at the same time, the caller being member 0,
// and returns when all are done. As many take part as are at hand (barrier->members), at least the caller.
void crk_team(size_t threads, void (*body)(void *context, size_t member, crk_barrier *barrier), void *context);
// Returns when all members have called it. A barrier of one member never waits.
void crk_barrier_wait(crk_barrier *barrier);

size_t crk_physical_cores(void);
// The processors that this process was allowed to use when it first asked; no region gets more threads.
size_t crk_allowed_processors(void);

#endif
