// oneDNN's own recurrent primitives behind a few C functions, for peers.py. Written for oneDNN 2.x:
//
//     g++ -O2 -shared -fPIC onednn.cpp -ldnnl -o libonednn_rival.so
//
// Each level is one forward-inference primitive (both directions, if there are two), with weights reordered once into the
// layout that it prefers. A step keeps two sets of states and swaps them.
#include <oneapi/dnnl/dnnl.hpp>

#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

using namespace dnnl;
using tag = memory::format_tag;
using desc = memory::desc;

namespace {

enum Kind { rnn, lstm, gru };
std::string lastFailure;

struct Level {
  primitive forward;
  // Arguments for each of the two turns: states are read from one set and written to the other.
  std::unordered_map<int, memory> arguments[2];
};

struct Net {
  Kind kind;
  bool isStep;
  memory::dim T, N, H, D;
  engine cpu{engine::kind::cpu, 0};
  stream queue{cpu};
  memory output;  // of the last level, and what the next one reads
  std::vector<Level> levels;
  int turn = 0;

  desc floats(memory::dims dims, tag layout) const { return desc(dims, memory::data_type::f32, layout); }

  memory copyOf(const float *values, const desc &shape) {
    memory result(shape, cpu);
    std::memcpy(result.get_data_handle(), values, shape.get_size());
    return result;
  }

  memory zeros(const desc &shape) {
    memory result(shape, cpu);
    std::memset(result.get_data_handle(), 0, shape.get_size());
    return result;
  }

  memory reordered(memory from, const desc &to) {
    memory result(to, cpu);
    reorder(from, result).execute(queue, from, result);
    queue.wait();
    return result;
  }

  void addLevel(memory::dim I, const float *W, const float *U, const float *b);
};

// The primitive, and what it is called with.
template <class Forward>
void finish(Net &net, const typename Forward::primitive_desc &chosen, memory W, memory U, memory b, const desc &y,
            const desc &state, bool hasCell) {
  std::unordered_map<int, memory> shared = {
      {DNNL_ARG_SRC_LAYER, net.output}, {DNNL_ARG_WEIGHTS_LAYER, net.reordered(W, chosen.weights_layer_desc())},
      {DNNL_ARG_WEIGHTS_ITER, net.reordered(U, chosen.weights_iter_desc())}, {DNNL_ARG_BIAS, b},
      {DNNL_ARG_DST_LAYER, net.zeros(y)}};
  Level level{Forward(chosen), {shared, shared}};
  if (net.isStep) {
    memory h[2] = {net.zeros(state), net.zeros(state)}, c[2] = {net.zeros(state), net.zeros(state)};
    for (int turn = 0; turn < 2; turn++) {
      auto &arguments = level.arguments[turn];
      arguments.insert({{DNNL_ARG_SRC_ITER, h[turn]}, {DNNL_ARG_DST_ITER, h[1 - turn]}});
      if (hasCell) arguments.insert({{DNNL_ARG_SRC_ITER_C, c[turn]}, {DNNL_ARG_DST_ITER_C, c[1 - turn]}});
    }
  }
  net.output = shared[DNNL_ARG_DST_LAYER];
  net.levels.push_back(level);
}

void Net::addLevel(memory::dim I, const float *W_, const float *U_, const float *b_) {
  const memory::dim G = kind == rnn ? 1 : kind == lstm ? 4 : 3, biases = kind == gru ? 4 : G;
  memory W = copyOf(W_, floats({1, D, I, G, H}, tag::ldigo)), U = copyOf(U_, floats({1, D, H, G, H}, tag::ldigo));
  memory b = copyOf(b_, floats({1, D, biases, H}, tag::ldgo));
  const desc x = output.get_desc(), y = floats({T, N, D * H}, tag::tnc);
  const desc anyW = floats({1, D, I, G, H}, tag::any), anyU = floats({1, D, H, G, H}, tag::any);
  const desc state = isStep ? floats({1, D, N, H}, tag::ldnc) : desc();
  const auto inference = prop_kind::forward_inference;
  const auto direction = D == 2 ? rnn_direction::bidirectional_concat : rnn_direction::unidirectional_left2right;
  if (kind == rnn) {
    vanilla_rnn_forward::desc wanted(inference, algorithm::eltwise_tanh, direction, x, state, anyW, anyU, b.get_desc(),
                                     y, state);
    finish<vanilla_rnn_forward>(*this, {wanted, cpu}, W, U, b, y, state, false);
  } else if (kind == lstm) {
    lstm_forward::desc wanted(inference, direction, x, state, state, anyW, anyU, b.get_desc(), y, state, state);
    finish<lstm_forward>(*this, {wanted, cpu}, W, U, b, y, state, true);
  } else {
    lbr_gru_forward::desc wanted(inference, direction, x, state, anyW, anyU, b.get_desc(), y, state);
    finish<lbr_gru_forward>(*this, {wanted, cpu}, W, U, b, y, state, false);
  }
}

}  // namespace

extern "C" {

void *make(int kind, int isStep, int T, int N, int H, int D, int I, const float *x) {
  auto net = std::make_unique<Net>();
  net->kind = Kind(kind), net->isStep = isStep, net->T = T, net->N = N, net->H = H, net->D = D;
  net->output = net->copyOf(x, net->floats({T, N, I}, tag::tnc));
  return net.release();
}

// 0, or 1 after a failure.
int add_level(void *net, int I, const float *W, const float *U, const float *b) try {
  static_cast<Net *>(net)->addLevel(I, W, U, b);
  return 0;
} catch (const std::exception &error) {
  lastFailure = error.what();
  return 1;
}

void run(void *opaque, int times) {
  Net &net = *static_cast<Net *>(opaque);
  for (; times > 0; times--, net.turn = 1 - net.turn)
    for (auto &level : net.levels) level.forward.execute(net.queue, level.arguments[net.turn]);
  net.queue.wait();
}

void read(void *opaque, float *y) {
  Net &net = *static_cast<Net *>(opaque);
  std::memcpy(y, net.output.get_data_handle(), net.output.get_desc().get_size());
}

const char *failure() { return lastFailure.c_str(); }

const char *version() {
  static const std::string text = std::to_string(dnnl_version()->major) + "." + std::to_string(dnnl_version()->minor) +
                                  "." + std::to_string(dnnl_version()->patch);
  return text.c_str();
}
}
