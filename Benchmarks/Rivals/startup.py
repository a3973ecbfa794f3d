#!/usr/bin/env python3
"""What `rnn run` does, with another library: weights and an input from files, the output to a file.

    python Benchmarks/Rivals/startup.py torch|onnxruntime MODEL INPUT.npy OUTPUT.npz
"""
import sys


def run_torch(model, x):
    import torch
    state = torch.load(model)
    hidden, inputs = state["weight_hh_l0"].shape[1], state["weight_ih_l0"].shape[1]
    net = torch.nn.LSTM(inputs, hidden)
    net.load_state_dict(state)
    with torch.inference_mode():
        y, (h, c) = net(torch.from_numpy(x))
    return {"output": y.numpy(), "h_n": h.numpy(), "c_n": c.numpy()}


def run_onnxruntime(model, x):
    import numpy as np
    import onnxruntime as ort
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    shapes = [(i.name, i.shape) for i in session.get_inputs()[1:]]
    y, h, c = session.run(None, {"x": x} | {name: np.zeros(shape, "f") for name, shape in shapes})
    return {"output": y, "h_n": h, "c_n": c}


def main():
    library, model, source, target = sys.argv[1:]
    import numpy as np
    run = run_torch if library == "torch" else run_onnxruntime
    np.savez(target, **run(model, np.load(source)))


if __name__ == "__main__":
    main()
