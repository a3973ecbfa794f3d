#!/usr/bin/env python3
"""Files that other systems write, with what the systems themselves compute: Tests/Fixtures/Networks/.

    python Tests/Fixtures/make_network_fixtures.py mlx      # needs mlx, numpy and safetensors
    python Tests/Fixtures/make_network_fixtures.py keras    # needs keras with tensorflow; also makes RTNeural's
    python Tests/Fixtures/make_network_fixtures.py nam      # needs neural-amp-modeler

`SYSTEM-expected.safetensors` holds `CASE.input [T, N, I]` and `CASE.output [T, N, O]` for each file `SYSTEM-CASE.*`.
"""
import json
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent / "Networks"
STEPS, BATCH, INPUT, HIDDEN = 7, 2, 3, 4
EXPECTED = {}


def sequence(size=INPUT):
    """[T, N, I], numbers that float32 holds exactly."""
    values = np.arange(STEPS * BATCH * size) * 37 % 64
    return (values.reshape(STEPS, BATCH, size) / 32 - 1).astype(np.float32)


def expect(name, inputs, outputs):
    EXPECTED[name + ".input"] = np.ascontiguousarray(inputs, dtype=np.float32)
    EXPECTED[name + ".output"] = np.ascontiguousarray(outputs, dtype=np.float32)


def save_expected(system):
    # The format by hand, so that no system's script needs the package.
    header, begin = {}, 0
    for name, array in EXPECTED.items():
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [begin, begin + array.nbytes]}
        begin += array.nbytes
    text = json.dumps(header).encode()
    data = b"".join(array.tobytes() for array in EXPECTED.values())
    (FOLDER / f"{system}-expected.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)


# MARK: MLX


def make_mlx():
    import mlx.core as mx
    import mlx.nn as nn

    mx.random.seed(1)

    class Stack(nn.Module):
        def __init__(self, kind, count, bias=True):
            super().__init__()
            self.layers = [kind(INPUT if k == 0 else HIDDEN, HIDDEN, bias=bias) for k in range(count)]
            self.fc = nn.Linear(HIDDEN, 2)

        def __call__(self, x):
            for layer in self.layers:
                y = layer(x)
                x = y[0] if isinstance(y, tuple) else y
            return x

    x = sequence()
    for name, module, ending in [
        ("lstm", nn.LSTM(INPUT, HIDDEN), "safetensors"), ("gru", nn.GRU(INPUT, HIDDEN), "npz"),
        ("rnn", nn.RNN(INPUT, HIDDEN), "safetensors"), ("lstm-stack", Stack(nn.LSTM, 3), "npz"),
        ("gru-stack", Stack(nn.GRU, 2, bias=False), "safetensors"),
    ]:
        module.save_weights(str(FOLDER / f"mlx-{name}.{ending}"))
        y = module(mx.array(x.transpose(1, 0, 2)))
        y = y[0] if isinstance(y, tuple) else y
        expect(name, x, np.array(y).transpose(1, 0, 2))


# MARK: Keras and RTNeural


def make_keras():
    import keras
    from keras import layers

    def model(*stack):
        keras.utils.set_random_seed(1)
        result = keras.Sequential([keras.Input((None, INPUT)), *stack])
        generator = np.random.default_rng(1)
        result.set_weights([generator.uniform(-0.7, 0.7, w.shape).astype(np.float32) for w in result.get_weights()])
        return result

    options = {"return_sequences": True}
    cases = {
        "rnn": [layers.SimpleRNN(HIDDEN, **options)],
        "lstm": [layers.LSTM(HIDDEN, **options)],
        "gru": [layers.GRU(HIDDEN, **options)],
        "gru-before": [layers.GRU(HIDDEN, reset_after=False, **options)],
        "lstm-stack": [layers.LSTM(HIDDEN, **options) for _ in range(3)],
        "gru-bidirectional": [layers.Bidirectional(layers.GRU(HIDDEN, **options)) for _ in range(2)],
        "lstm-unbiased": [layers.LSTM(HIDDEN, use_bias=False, **options)],
    }
    x = sequence()
    for name, stack in cases.items():
        network = model(*stack)
        expect(name, x, network.predict(x.transpose(1, 0, 2), verbose=0).transpose(1, 0, 2))
        # Behind a stack, a dense layer's rows tell that its layers follow each other.
        dense = [np.zeros((HIDDEN, 2), np.float32), np.zeros(2, np.float32)] if name == "lstm-stack" else []
        np.savez(FOLDER / f"keras-{name}.npz", *network.get_weights(), *dense)
        np.savez(FOLDER / f"keras-{name}-named.npz", **{w.path: w for w in network.weights})
    save_expected("keras")
    EXPECTED.clear()

    for name, stack in {
        "lstm": [layers.LSTM(HIDDEN, **options), layers.LSTM(HIDDEN, **options), layers.Dense(1)],
        "gru": [layers.GRU(HIDDEN, **options), layers.Dense(2, activation="sigmoid")],
    }.items():
        network = model(*stack)
        expect(name, x, network.predict(x.transpose(1, 0, 2), verbose=0).transpose(1, 0, 2))
        (FOLDER / f"rtneural-{name}.json").write_text(json.dumps(rtneural(network)))
    save_expected("rtneural")


def rtneural(network):
    """What RTNeural's loader asks for: a type, the size, and the lists of `get_weights()` of each layer."""
    described = []
    for layer in network.layers:
        kind = type(layer).__name__.lower()
        activation = layer.activation.__name__
        described.append({
            "type": kind, "activation": "" if activation == "linear" else activation,
            "shape": [None, None, layer.units], "weights": [w.tolist() for w in layer.get_weights()],
        })
    return {"in_shape": [None, None, INPUT], "layers": described}


# MARK: Neural Amp Modeler


def make_nam():
    import torch
    from nam.models.recurrent import LSTM

    torch.manual_seed(1)
    model = LSTM(hidden_size=HIDDEN, num_layers=2, sample_rate=48000.0).eval()
    model._get_initial_state_burn_in = 100
    model.export(FOLDER, basename="nam-lstm", other_metadata={"name": "fixture", "nested": {"gain": [1, None, True]}})
    exported = json.loads((FOLDER / "nam-lstm.nam").read_text())
    exported["metadata"]["date"] = None  # the time of day would make another file every time
    (FOLDER / "nam-lstm.nam").write_text(json.dumps(exported))
    # What a player computes: from the exported states, which import_weights takes as the initial ones.
    player = LSTM(hidden_size=HIDDEN, num_layers=2).eval()
    player.import_weights(np.array(exported["weights"], dtype=np.float32))
    x = sequence(1)
    with torch.no_grad():
        y = player(torch.from_numpy(x[:, :, 0].T.copy()), pad_start=False)
    expect("lstm", x, y.numpy().T[:, :, None])


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    system = sys.argv[1]
    {"mlx": make_mlx, "keras": make_keras, "nam": make_nam}[system]()
    if system != "keras":
        save_expected(system)
    if system == "keras":
        print("rtneural and", end=" ")
    print(system, "made")
