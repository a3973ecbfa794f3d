"""The other libraries: how each runs a case, in every way that might be its fastest.

A peer is a generator. For a case that it can run it yields its variants: a label; a function to time; and a function that turns
what that one returns into the output (T, B, D*H) or, for train, into that output and the lists of weights and of their
gradients, the input and its gradient being last in them.
A function to time may have an attribute `many`, which calls it so many times without Python in between.
Libraries are imported only where they are used, each in a process of its own. Each gets the layout of arrays that it prefers.
"""
import ctypes
import functools
import os
import re
import sys
from pathlib import Path

import numpy as np

from cases import make_input, make_weights, merge_biases, numpy_net, standard_reference, zero_state

# What a peer has no way to do at all, for the report.
CANNOT = {
    "torch": "nothing of these: all layers, both directions, ragged batches (packed), training; ragged GRU and RNN fall back to single operations",
    "torch-cell": "sequences, layers, directions and ragged batches: a cell is one step",
    "torch-compile": "as the cells that it compiles",
    "onnxruntime": "training; a change of the weights without a new session; carrying the state in place",
    "openvino": "training; carrying the state without a copy (state nodes have to be added to the model)",
    "jax": "has no recurrent layers: the ones here are written with `lax.scan`; no ragged batches but by masks",
    "tensorflow": "GRU only with z before r, one bias for LSTM and RNN; ragged batches only by masks",
    "mlx": "both directions; ragged batches",
    "numpy": "gradients; has no recurrent layers: the ones here are twenty lines",
    "onednn": "training in this comparison (its float32 training takes the slow path); levels and ragged batches are the caller's; C and C++ only",
}

LABELS = {
    "recurrent": "Recurrent", "torch": "PyTorch", "torch-cell": "PyTorch cells", "torch-compile": "PyTorch cells, compiled",
    "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "jax": "JAX", "tensorflow": "TensorFlow", "mlx": "MLX",
    "numpy": "NumPy", "onednn": "oneDNN primitives",
}


def can_run(peer, case):
    """Whether the library has a way to run the case; CANNOT has it in words."""
    if peer in ("torch-cell", "torch-compile"):
        return case.mode == "step" and case.layers == 1
    if peer == "torch":
        return case.mode == "train" or case.form != "-ragged"
    if peer in ("jax", "tensorflow"):
        return case.form != "-ragged"
    if peer == "mlx":
        return case.form == ""
    return case.mode != "train" and case.form != "-ragged"


class Settings:
    """What the process was started with."""
    threads = 1
    folder = Path(".")  # for files that are made once: ONNX models, references, oneDNN's library


def numpy_peer(case):
    weights, x = merge_biases(case, make_weights(case), "f"), make_input(case)
    zero = np.zeros((case.batch, case.hidden), "f")
    start = [(zero, zero)] * (case.layers * case.directions)
    state = start

    def step():
        nonlocal state
        y, state = numpy_net(case.kind, weights, x, state)
        return y
    yield "", step if case.mode == "step" else lambda: numpy_net(case.kind, weights, x, start)[0], lambda y: y


# PyTorch

def torch_net(case):
    import torch
    make = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[case.kind]
    net = make(case.inputs, case.hidden, case.layers, bidirectional=case.directions == 2)
    ours = [v for layer in make_weights(case) for p in layer for v in p]
    for p, v in zip(net.parameters(), ours, strict=True):
        p.data.copy_(torch.from_numpy(v))
    return net


def torch_peer(case):
    import torch
    torch.set_num_threads(Settings.threads)
    with torch.inference_mode(case.mode != "train"):
        net, x = torch_net(case), torch.from_numpy(make_input(case))
        for label in (("onednn", "native") if case.kind == "lstm" else ("",)):  # oneDNN has a part in LSTM alone
            torch.backends.mkldnn.enabled = label != "native"
            if case.mode == "train":
                yield from torch_training(case, label, net, x.requires_grad_(True))
            elif case.mode == "step":
                yield label, torch_step(net, x), lambda y: y.numpy()
            else:
                yield label, lambda: net(x), lambda r: r[0].numpy()
        torch.backends.mkldnn.enabled = True


def torch_step(net, x):
    state = None

    def run():
        nonlocal state
        y, state = net(x, state)
        return y
    return run


def torch_training(case, label, net, x):
    """Gradients; of a ragged batch packed, and padded with what is past the ends masked away."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
    wanted = [*net.parameters(), x]
    lengths = None if case.lengths is None else torch.from_numpy(case.lengths)
    mask = None if case.lengths is None else torch.from_numpy(case.mask)
    count = case.steps * case.batch * case.directions * case.hidden

    def whole():
        y = net(x)[0]
        return y, torch.autograd.grad((y * y).mean(), wanted)

    def padded():
        y = net(x)[0] * mask
        return y, torch.autograd.grad((y * y).mean(), wanted)

    def packed():
        y = net(pack_padded_sequence(x, lengths, enforce_sorted=False))[0]
        return y, torch.autograd.grad((y.data * y.data).sum() / count, wanted)

    def read(result):
        y = result[0]
        if not isinstance(y, torch.Tensor):
            y = pad_packed_sequence(y, total_length=case.steps)[0]
        return y.detach().numpy(), [p.detach().numpy() for p in wanted], [g.numpy() for g in result[1]]

    for name, run in (("", whole),) if lengths is None else (("packed", packed), ("padded", padded)):
        yield "-".join(filter(None, (name, label))), run, read


def torch_cell_peer(case, compiled=False):
    import torch
    torch.set_num_threads(Settings.threads)
    with torch.inference_mode():
        make = {"rnn": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}[case.kind]
        cell = make(case.inputs, case.hidden)
        for p, v in zip(cell.parameters(), make_weights(case)[0][0], strict=True):
            p.copy_(torch.from_numpy(v))
        if compiled:
            torch.compiler.reset()
            cell = torch.compile(cell)
        x = torch.from_numpy(make_input(case)[0])
        zero = torch.zeros(case.batch, case.hidden)
        state = (zero, zero.clone()) if case.kind == "lstm" else zero

        def run():
            nonlocal state
            state = cell(x, state)
            return state[0] if case.kind == "lstm" else state
        yield "", run, lambda y: y.numpy()[None]


def torch_compile_peer(case):
    yield from torch_cell_peer(case, compiled=True)


# ONNX files

def exported(case):
    """An ONNX file of the case, made by PyTorch once; its path and the names of its inputs and outputs."""
    state = zero_state(case)
    ins, outs = ["x", "h", "c"][:1 + len(state)], ["y", "hn", "cn"][:1 + len(state)]
    path = Settings.folder / "onnx" / f"{case.name}.onnx"
    if not path.exists():
        import torch
        import warnings
        warnings.filterwarnings("ignore")
        path.parent.mkdir(parents=True, exist_ok=True)
        state = tuple(torch.from_numpy(s) for s in state)
        args = (torch.from_numpy(make_input(case)), state if len(state) == 2 else state[0])
        part = path.with_suffix(f".{os.getpid()}.partial")
        torch.onnx.export(torch_net(case).eval(), args, str(part), input_names=ins, output_names=outs, dynamo=False,
                          opset_version=17)
        os.replace(part, path)
    return str(path), ins, outs


def onnxruntime_peer(case):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = Settings.threads, 1, 3
    path, ins, outs = exported(case)
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = dict(zip(ins, (make_input(case), *zero_state(case))))

    def run():
        out = session.run(None, feed)
        if case.mode == "step":
            for n, v in zip(ins[1:], out[1:]):
                feed[n] = v
        return out[0]
    yield "run", run, lambda y: y

    # Bound memory. A step swaps two sets of states: one is read while the other is written.
    value = ort.OrtValue.ortvalue_from_numpy
    x = value(make_input(case))
    y = value(np.zeros((case.steps, case.batch, case.directions * case.hidden), "f"))
    states = [[value(s) for s in zero_state(case)] for _ in range(2)]
    bindings = []
    for a, b in (states, states[::-1]):
        binding = session.io_binding()
        for n, v in zip(ins, (x, *a)):
            binding.bind_ortvalue_input(n, v)
        for n, v in zip(outs, (y, *b)):
            binding.bind_ortvalue_output(n, v)
        bindings.append(binding)
    turn = 0

    def run_bound():
        nonlocal turn
        session.run_with_iobinding(bindings[turn])
        if case.mode == "step":
            turn = 1 - turn
        return y
    yield "iobinding", run_bound, lambda y: y.numpy()


def openvino_peer(case):
    import openvino as ov
    settings = {"INFERENCE_NUM_THREADS": Settings.threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": "f32"}
    path, ins, outs = exported(case)
    model = ov.Core().compile_model(path, "CPU", settings)
    # Bound memory. A step copies the new state back to where the next call reads it.
    request = model.create_infer_request()
    tensors = [ov.Tensor(v) for v in (make_input(case), *zero_state(case))]
    for n, t in zip(ins, tensors):
        request.set_tensor(n, t)
    y = request.get_tensor("y").data
    pairs = [(t.data, request.get_tensor(n).data) for n, t in zip(outs[1:], tensors[1:])]

    def run():
        request.infer()
        if case.mode == "step":
            for old, new in pairs:
                old[...] = new
        return y
    yield "", run, lambda y: y


# JAX

def jax_peer(case):
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # a hand-over to another thread costs more here
    weights = [[(jnp.asarray(Wi.T.copy()), jnp.asarray(Wh.T.copy()), jnp.asarray(b), jnp.asarray(bh))
                for Wi, Wh, b, bh in ps] for ps in make_weights(case)]
    x, net = jnp.asarray(make_input(case)), functools.partial(jax_net, case.kind)
    state = [tuple(jnp.zeros((case.batch, case.hidden), "f") for _ in range(2 if case.kind == "lstm" else 1))
             for _ in range(case.layers * case.directions)]
    if case.mode == "step":
        f = jax.jit(net, donate_argnums=2)

        def run():
            nonlocal state
            y, state = f(weights, x, state)
            return y.block_until_ready()
        yield "", run, np.asarray
        return
    for unroll in (1, 8):
        label = f"unroll{unroll}"
        if case.mode == "train":
            def loss(weights, x):
                y, _ = net(weights, x, state, unroll)
                return jnp.mean(y * y), y
            g = jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True))
            yield label, lambda: jax.block_until_ready(g(weights, x)), \
                lambda r: (np.asarray(r[1]), jax.tree.leaves((weights, x)), jax.tree.leaves(r[0]))
        else:
            f = jax.jit(functools.partial(net, unroll=unroll))
            yield label, lambda: jax.block_until_ready(f(weights, x, state)), lambda r: np.asarray(r[0])


def jax_net(kind, weights, x, state, unroll=1):
    import jax
    import jax.numpy as jnp
    sig = jax.nn.sigmoid

    def layer(p, x, state, reverse):
        Wi, Wh, b, bh = p
        H = Wh.shape[0]

        def cell(state, g):
            h = state[0]
            a = h @ Wh + bh
            if kind == "gru":
                r, z = sig(g[:, :H] + a[:, :H]), sig(g[:, H:2 * H] + a[:, H:2 * H])
                n = jnp.tanh(g[:, 2 * H:] + r * a[:, 2 * H:])
                h = (1 - z) * n + z * h
                return (h,), h
            a = a + g
            if kind == "lstm":
                c = sig(a[:, H:2 * H]) * state[1] + sig(a[:, :H]) * jnp.tanh(a[:, 2 * H:3 * H])
                h = sig(a[:, 3 * H:]) * jnp.tanh(c)
                return (h, c), h
            h = jnp.tanh(a)
            return (h,), h
        return jax.lax.scan(cell, state, x @ Wi + b, reverse=reverse, unroll=unroll)

    last = []
    for ps in weights:
        outs = []
        for d, p in enumerate(ps):
            s, y = layer(p, x, state[len(last)], d == 1)
            last.append(s)
            outs.append(y)
        x = jnp.concatenate(outs, -1)
    return x, last


# TensorFlow

def tensorflow_peer(case):
    import tensorflow as tf
    if tf.config.threading.get_intra_op_parallelism_threads() != Settings.threads:
        tf.config.threading.set_intra_op_parallelism_threads(Settings.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    x = tf.constant(make_input(case).transpose(1, 0, 2))
    if case.mode == "step":
        yield from tensorflow_steps(case, x[:, 0])
        return
    keras = tf.keras.layers
    for unroll in ((False, True) if case.steps <= 16 else (False,)):
        layers = []
        for ps in make_weights(case):
            make = {"rnn": keras.SimpleRNN, "lstm": keras.LSTM, "gru": keras.GRU}[case.kind]
            layer = make(case.hidden, return_sequences=True, return_state=True, unroll=unroll)
            layer = keras.Bidirectional(layer) if case.directions == 2 else layer
            layer.build((case.batch, case.steps, ps[0][0].shape[1]))
            set_keras_weights(case, layer, ps)
            layers.append(layer)
        yield from tensorflow_sequences(case, x, layers, "-unrolled" if unroll else "")


def set_keras_weights(case, layer, ps):
    H, values = case.hidden, []
    for Wi, Wh, b, bh in ps:
        if case.kind == "gru":  # Keras has z before r, and with reset_after both biases
            def zrn(v):
                return np.concatenate([v[H:2 * H], v[:H], v[2 * H:]])
            values += [zrn(Wi).T, zrn(Wh).T, np.stack([zrn(b), zrn(bh)])]
        else:
            values += [Wi.T, Wh.T, b + bh]
    layer.set_weights(values)


def tensorflow_steps(case, x):
    import tensorflow as tf
    keras, cells = tf.keras.layers, []
    for ps in make_weights(case):
        cell = {"rnn": keras.SimpleRNNCell, "lstm": keras.LSTMCell, "gru": keras.GRUCell}[case.kind](case.hidden)
        cell.build((case.batch, ps[0][0].shape[1]))
        set_keras_weights(case, cell, ps)
        cells.append(cell)
    zero = [[tf.zeros((case.batch, case.hidden)) for _ in range(2 if case.kind == "lstm" else 1)] for _ in cells]

    def net(x, *state):
        state, last = tf.nest.pack_sequence_as(zero, state), []
        for cell, s in zip(cells, state):
            x, s = cell(x, s)
            last += tf.nest.flatten(s)
        return [x, *last]

    for jit in (False, True):
        state = tf.nest.flatten(zero)
        f = tf.function(net, jit_compile=jit).get_concrete_function(x, *state)

        def run():
            nonlocal state
            y, *state = f(x, *state)
            return y
        yield "jit" if jit else "graph", run, lambda y: y.numpy()[None]


def tensorflow_sequences(case, x, layers, ending):
    import tensorflow as tf
    is_training = case.mode == "train"

    def net(x):
        last = []
        for layer in layers:
            x, *s = layer(x, training=is_training)
            last += s
        return x, last
    variables = [v.value for layer in layers for v in layer.trainable_variables]

    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y, _ = net(x)
            loss = tf.reduce_mean(y * y)
        return y, tape.gradient(loss, [*variables, x])

    for jit in (False, True):
        f = tf.function(gradients if is_training else net, jit_compile=jit).get_concrete_function(x)
        label = ("jit" if jit else "graph") + ending
        if is_training:
            yield label, lambda: f(x), lambda r: (r[0].numpy().transpose(1, 0, 2), [v.numpy() for v in (*variables, x)],
                                                  [g.numpy() for g in r[1]])
        else:
            yield label, lambda: f(x), lambda r: r[0].numpy().transpose(1, 0, 2)


# MLX

def mlx_peer(case):
    import mlx.core as mx
    mx.set_default_device(mx.cpu)
    layers = mlx_layers(case)
    x = mx.array(make_input(case).transpose(1, 0, 2))
    start = [tuple(mx.zeros((case.batch, case.hidden)) for _ in range(2 if case.kind == "lstm" else 1)) for _ in layers]
    mx.eval(x, start, [layer.parameters() for layer in layers])

    def net(x, state):
        last = []
        for layer, s in zip(layers, state):
            y = layer(x, *s)
            y = y if case.kind == "lstm" else (y,)
            last.append(tuple(v[:, -1] for v in y))
            x = y[0]
        return x, last

    for compiled in (False, True):
        label = "compiled" if compiled else "plain"
        if case.mode == "train":
            yield label, *mlx_training(net, layers, x, start, compiled)
            continue
        f = mx.compile(net) if compiled else net
        state = start

        def run():
            nonlocal state
            y, last = f(x, state)
            mx.eval(y, last)
            if case.mode == "step":
                state = last
            return y
        yield label, run, lambda y: np.array(y).transpose(1, 0, 2)


def mlx_layers(case):
    import mlx.core as mx
    import mlx.nn as nn
    H, layers = case.hidden, []
    for ((Wi, Wh, b, bh),) in make_weights(case):
        layer = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[case.kind](Wi.shape[1], H)
        if case.kind == "rnn":
            layer.Wxh, layer.Whh, layer.bias = mx.array(Wi), mx.array(Wh), mx.array(b + bh)
        elif case.kind == "lstm":
            layer.Wx, layer.Wh, layer.bias = mx.array(Wi), mx.array(Wh), mx.array(b + bh)
        else:
            layer.Wx, layer.Wh, layer.bhn = mx.array(Wi), mx.array(Wh), mx.array(bh[2 * H:])
            layer.b = mx.array(np.concatenate([(b + bh)[:2 * H], b[2 * H:]]))
        layers.append(layer)
    return layers


def mlx_training(net, layers, x, start, compiled):
    import mlx.core as mx
    from mlx.utils import tree_flatten
    weights = [layer.parameters() for layer in layers]

    def loss(weights, x):
        for layer, w in zip(layers, weights):
            layer.update(w)
        y, _ = net(x, start)
        return mx.mean(y * y), y

    def gradients(weights, x):
        (_, y), g = mx.value_and_grad(loss, argnums=(0, 1))(weights, x)
        return y, g
    g = mx.compile(gradients) if compiled else gradients

    def run():
        r = g(weights, x)
        mx.eval(r)
        return r

    def flat(tree):
        return [np.array(v) for _, v in tree_flatten(tree)]
    return run, lambda r: (np.array(r[0]).transpose(1, 0, 2), flat((weights, x)), flat(r[1]))


# oneDNN's primitives

def onednn_peer(case):
    """onednn.cpp, built as a library: one primitive a level, its weights in the layout that it asks for."""
    library = ctypes.CDLL(str(Settings.folder / "libonednn_rival.so"))
    library.make.restype = ctypes.c_void_p
    library.failure.restype = library.version.restype = ctypes.c_char_p
    onednn_peer.version = library.version().decode()
    floats = np.ctypeslib.ndpointer("f", flags="C")
    library.add_level.argtypes = [ctypes.c_void_p, ctypes.c_int, floats, floats, floats]
    library.run.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.read.argtypes = [ctypes.c_void_p, floats]
    kind = ("rnn", "lstm", "gru").index(case.kind)
    net = ctypes.c_void_p(library.make(kind, case.mode == "step", case.steps, case.batch, case.hidden, case.directions,
                                       case.inputs, make_input(case).ctypes.data_as(ctypes.c_void_p)))
    for layer in make_weights(case):
        packed = [onednn_weights(case, p) for p in layer]
        if library.add_level(net, layer[0][0].shape[1], *(np.stack(v) for v in zip(*packed))):
            raise RuntimeError(library.failure().decode())
    y = np.empty((case.steps, case.batch, case.directions * case.hidden), "f")

    def run():
        library.run(net, 1)

    def read(_):
        library.read(net, y)
        return y
    run.many = lambda times: library.run(net, times)
    yield "", run, read


def onednn_weights(case, p):
    """(I, G, H), (H, G, H) and (biases, H): z before r; a GRU's fourth bias is its inner one."""
    Wi, Wh, b, bh = (v.reshape(-1, case.hidden, *v.shape[1:]) for v in p)
    bias = b + bh
    if case.kind == "gru":
        Wi, Wh, bias = Wi[[1, 0, 2]], Wh[[1, 0, 2]], np.stack([bias[1], bias[0], b[2], bh[2]])
    return (np.ascontiguousarray(Wi.transpose(2, 0, 1)), np.ascontiguousarray(Wh.transpose(2, 0, 1)),
            np.ascontiguousarray(bias))


PEERS = {
    "torch": torch_peer, "torch-cell": torch_cell_peer, "torch-compile": torch_compile_peer,
    "onnxruntime": onnxruntime_peer, "openvino": openvino_peer, "jax": jax_peer, "tensorflow": tensorflow_peer,
    "mlx": mlx_peer, "numpy": numpy_peer, "onednn": onednn_peer,
}


def module_of(peer):
    return {"torch-cell": "torch", "torch-compile": "torch", "mlx": "mlx.core", "onednn": "ctypes"}.get(peer, peer)


def version(peer):
    """Of the library that the peer has loaded; without what comes after a sign: 2.15.0+cpu, 2026.4.1-22982."""
    if peer == "onednn":
        return getattr(onednn_peer, "version", "")
    module = sys.modules.get(module_of(peer))
    return re.split("[-+]", module.__version__)[0] if module else ""
