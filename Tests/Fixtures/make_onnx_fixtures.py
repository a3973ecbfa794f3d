#!/usr/bin/env python3
"""Makes Interchange/Onnx: networks as PyTorch exports them to ONNX, and their weights.

    python Tests/Fixtures/make_onnx_fixtures.py     # needs torch, onnx, onnxscript, safetensors

Each NAME.onnx comes from one of PyTorch's two exporters: "script" the older one, "export" the newer, which
makes no operator of an RNN. weights.safetensors has
the weights under NAME.PARAMETER, as the state dict had them.
"""
import logging
import warnings
from pathlib import Path

import onnx
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).parent / "Interchange" / "Onnx"
# name: kind, levels, further arguments, what a head takes ("all" steps, the "last" one, or "h_n"), and the function behind it
CASES = {
    "lstm-script": ("LSTM", 1, {}, None, None),
    "lstm-export": ("LSTM", 1, {}, None, None),
    "lstm-bidirectional-script": ("LSTM", 2, {"bidirectional": True, "batch_first": True}, "all", torch.nn.Tanh()),
    "lstm-bidirectional-export": ("LSTM", 3, {"bidirectional": True, "batch_first": True}, "all", None),
    "gru-script": ("GRU", 3, {"batch_first": True}, "all", torch.nn.Sigmoid()),
    "gru-export": ("GRU", 2, {"bidirectional": True}, "all", torch.nn.LeakyReLU(0.1)),
    "rnn-relu-script": ("RNN", 2, {"nonlinearity": "relu", "bias": False}, None, None),
    "rnn-tanh-script": ("RNN", 2, {"bidirectional": True}, None, None),
    "last-step-script": ("LSTM", 2, {"batch_first": True}, "last", None),
    "last-step-export": ("LSTM", 2, {"batch_first": True, "bidirectional": True}, "last", torch.nn.ReLU()),
    "last-state-script": ("GRU", 2, {}, "h_n", torch.nn.Sigmoid()),
    "last-state-export": ("GRU", 2, {}, "h_n", None),
    "last-states-export": ("LSTM", 1, {"bidirectional": True}, "h_n", None),
}


class Network(torch.nn.Module):
    def __init__(self, kind, levels, options, head, function):
        super().__init__()
        self.layer = getattr(torch.nn, kind)(3, 5, levels, **options)
        features = 10 if options.get("bidirectional") else 5
        self.head = torch.nn.Linear(features, 2) if head else None
        self.taken, self.batch_first = head, options.get("batch_first")
        self.function = function

    def forward(self, x):
        y, state = self.layer(x)
        if self.taken == "last":
            y = y[:, -1] if self.batch_first else y[-1]
        elif self.taken == "h_n":
            h_n = state[0] if isinstance(state, tuple) else state
            y = torch.cat([h_n[-2], h_n[-1]], -1) if self.layer.bidirectional else h_n[-1]
        if self.head:
            y = self.head(y)
        return self.function(y) if self.function else y


def export(name, network):
    path = FOLDER / f"{name}.onnx"
    x = torch.zeros(4, 2, 3)
    if name.endswith("script"):
        torch.onnx.export(network, (x,), path, dynamo=False, opset_version=17, input_names=["input"],
                          output_names=["output"], dynamic_axes={"input": {0: "first", 1: "second"}})
    else:
        torch.onnx.export(network, (x,), path, dynamo=True, opset_version=18, external_data=False, verbose=False)
    model = onnx.load(path)
    # Traces of the exporting program, with its paths.
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, model.graph):
        del part.metadata_props[:]
    onnx.save(model, path)


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    FOLDER.mkdir(parents=True, exist_ok=True)
    weights = {}
    for seed, (name, case) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        network = Network(*case).eval()
        export(name, network)
        weights |= {f"{name}.{key}": value for key, value in network.state_dict().items()}
    save_file(weights, FOLDER / "weights.safetensors",
              {"torch": torch.__version__, "script": "make_onnx_fixtures.py"})


if __name__ == "__main__":
    main()
