// Steps of optimizers over the elements of one parameter: the operations of PyTorch's single-tensor forms, in their order,
// with fma where its vectors have it. The bits are PyTorch's but for its vector sqrt, which can be one unit off.

// p = p * shrink                                  if shrink != 1
// g = fma(p, penalty, g)                          if penalty != 0
// m = fma(w, g - m, m)                            w = mean_weight, if w < 0.5, else
// m = fma(w - 1, g - m, g)                        lerp starts from the nearer end
// v = fma(square_weight * g, g, v * square_decay)
// p = p + (-step_size * m) / (sqrt(v) / root_correction + epsilon)
static void NAME(adam)(const crk_adam *step, void *parameter, const void *gradient, void *mean, void *square, size_t count) {
  real *p = parameter, *m = mean, *v = square;
  const int from_mean = step->mean_weight < 0.5;
  const vec weight = NAME(splat)((real)step->mean_weight) - NAME(splat)(from_mean ? 0 : 1);
  const vec square_decay = NAME(splat)((real)step->square_decay), square_weight = NAME(splat)((real)step->square_weight);
  const vec root_correction = NAME(splat)((real)step->root_correction), epsilon = NAME(splat)((real)step->epsilon);
  const vec step_size = NAME(splat)((real)-step->step_size);
  for (size_t i = 0; i < count; i += LANES) {
    vec value = NAME(next)(p, 1, i, count), g = NAME(next)(gradient, 1, i, count);
    vec old = NAME(next)(m, 1, i, count), s = NAME(next)(v, 1, i, count);
    if (step->shrink != 1) value = value * NAME(splat)((real)step->shrink);
    if (step->penalty != 0) g = NAME(fma)(value, NAME(splat)((real)step->penalty), g);
    const vec moved = NAME(fma)(weight, g - old, from_mean ? old : g);
    s = NAME(fma)(square_weight * g, g, s * square_decay);
    value = value + step_size * moved / (__builtin_elementwise_sqrt(s) / root_correction + epsilon);
    NAME(put)(m, moved, i, count);
    NAME(put)(v, s, i, count);
    NAME(put)(p, value, i, count);
  }
}

// g = fma(p, penalty, g)                          if penalty != 0
// b = g                                           in the first step with momentum
// b = fma(g, fresh, b * momentum)                 in later ones
// d = fma(b, momentum, g) if Nesterov's, b with momentum, g without
// p = fma(d, -learning_rate, p)
static void NAME(sgd)(const crk_sgd *step, void *parameter, const void *gradient, void *buffer, size_t count) {
  real *p = parameter, *b = buffer;
  const vec momentum = NAME(splat)((real)step->momentum), fresh = NAME(splat)((real)step->fresh);
  const vec learning_rate = NAME(splat)((real)-step->learning_rate);
  for (size_t i = 0; i < count; i += LANES) {
    vec value = NAME(next)(p, 1, i, count), g = NAME(next)(gradient, 1, i, count);
    if (step->penalty != 0) g = NAME(fma)(value, NAME(splat)((real)step->penalty), g);
    if (b) {
      const vec kept = step->first ? g : NAME(fma)(g, fresh, NAME(next)(b, 1, i, count) * momentum);
      NAME(put)(b, kept, i, count);
      g = step->nesterov ? NAME(fma)(kept, momentum, g) : kept;
    }
    NAME(put)(p, NAME(fma)(g, learning_rate, value), i, count);
  }
}
