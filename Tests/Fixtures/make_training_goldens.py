#!/usr/bin/env python3
"""Goldens of what stands around the recurrent layers: Tests/Fixtures/Training/*.safetensors.

    python Tests/Fixtures/make_training_goldens.py       # needs torch and numpy; see Benchmarks/README.md

    cells          RNNCell, LSTMCell, GRUCell: one step and its gradients
    feedforward    Linear, Embedding (padding row), Dropout (the mask that a seed gives)
    dropout        recurrent layers with dropout between layers, in training mode
    losses         cross_entropy, mse_loss and their gradients
    optimizers     SGD, Adam, AdamW: every parameter after each of 10 steps
    clipping       clip_grad_norm_
    schedules      the learning rate of each of 30 steps

Names of tensors: `grad.NAME` is a gradient, `cot.NAME` the weights of a result in the loss that was differentiated
(loss = sum(result * cot) over all results), `ref.NAME` the same computed in double (float32 cases).
"""
import copy
import itertools

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.optim import lr_scheduler

from goldens import GoldenFile, normal

BOTH = {"float32": torch.float32, "float64": torch.float64}


def generator_for(seed):
    """Inputs come from a generator of their own: the global one belongs to what is tested."""
    return torch.Generator().manual_seed(1_000_000 + seed)


def differentiate(module, watched, run, weights):
    """Results of `run(**watched)`, a dictionary, and the gradients of sum(result * weight)."""
    watched = {name: value.clone().requires_grad_() for name, value in watched.items()}
    results = run(module, **watched)
    sum((results[name] * weight).sum() for name, weight in weights.items()).backward()
    named = (*module.named_parameters(), *watched.items())
    return results | {f"grad.{name}": value.grad for name, value in named}


def with_reference(module, watched, run, weights):
    """As differentiate; in float32, once more in double, under `ref.`"""
    tensors = differentiate(copy.deepcopy(module), watched, run, weights)
    if next(iter(weights.values())).dtype == torch.float32:
        double = {name: value.double() for name, value in watched.items()}
        reference = differentiate(copy.deepcopy(module).double(), double, run, {n: w.double() for n, w in weights.items()})
        tensors |= {f"ref.{name}": value for name, value in reference.items()}
    return tensors


def parameters(module):
    return {name: value.detach().clone() for name, value in module.named_parameters()}


def make_cells():
    file = GoldenFile("Training/cells.safetensors", __file__)
    kinds = {"rnn-tanh": nn.RNNCell, "rnn-relu": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
    options = itertools.product(kinds, BOTH, (True, False), (True, False), (7, 1, 8))
    for seed, (kind, dtype, bias, state, hidden_size) in enumerate(options):
        relu = {"nonlinearity": "relu"} if kind == "rnn-relu" else {}
        torch.manual_seed(seed)
        cell = kinds[kind](5, hidden_size, bias=bias, dtype=BOTH[dtype], **relu)
        generator, lstm = generator_for(seed), kind == "lstm"
        draw = lambda *shape: normal(generator, *shape, dtype=BOTH[dtype])
        watched = {"input": draw(3, 5)} | ({"h0": draw(3, hidden_size)} if state else {})
        watched |= {"c0": draw(3, hidden_size)} if state and lstm else {}
        weights = {"h1": draw(3, hidden_size)} | ({"c1": draw(3, hidden_size)} if lstm else {})

        def run(cell, input, h0=None, c0=None):
            if not lstm:
                return {"h1": cell(input, h0)}
            return dict(zip(("h1", "c1"), cell(input, None if h0 is None else (h0, c0))))

        tensors = parameters(cell) | watched | {f"cot.{name}": value for name, value in weights.items()}
        case = dict(kind=kind, seed=seed, dtype=dtype, bias=bias, state=state, inputSize=5, hiddenSize=hidden_size, N=3)
        file.add(case, tensors | with_reference(cell, watched, run, weights))
    file.write()


def make_feedforward():
    file = GoldenFile("Training/feedforward.safetensors", __file__)
    seed = 0
    for dtype, bias, shape in itertools.product(BOTH, (True, False), ((5,), (3, 5), (7, 3, 5))):
        torch.manual_seed(seed)
        layer = nn.Linear(5, 11, bias=bias, dtype=BOTH[dtype])
        generator = generator_for(seed)
        watched = {"input": normal(generator, *shape, dtype=BOTH[dtype])}
        weights = {"output": normal(generator, *shape[:-1], 11, dtype=BOTH[dtype])}
        tensors = parameters(layer) | watched | {"cot.output": weights["output"]}
        case = dict(kind="linear", seed=seed, dtype=dtype, bias=bias, inputSize=5, outputSize=11)
        file.add(case, tensors | with_reference(layer, watched, lambda m, input: {"output": m(input)}, weights))
        seed += 1
    sizes = ((11, 5), (3, 5), (5, 3), (7, 23), (4, 4), (1, 1))  # under 16 numbers PyTorch draws by another algorithm
    for dtype, (count, size), padding in itertools.product(BOTH, sizes, (None, 0, -1)):
        torch.manual_seed(seed)
        layer = nn.Embedding(count, size, padding_idx=padding, dtype=BOTH[dtype])
        generator = generator_for(seed)
        ids = torch.randint(count, (7, 3), generator=generator)
        ids[0, 0] = padding % count if padding is not None else 0
        weights = {"output": normal(generator, 7, 3, size, dtype=BOTH[dtype])}
        tensors = parameters(layer) | {"ids": ids, "cot.output": weights["output"]}
        case = dict(kind="embedding", seed=seed, dtype=dtype, count=count, size=size, paddingIndex=padding)
        file.add(case, tensors | with_reference(layer, {}, lambda m: {"output": m(ids)}, weights))
        seed += 1
    for dtype, probability, shape in itertools.product(BOTH, (0.1, 0.5, 0.0, 1.0), ((17,), (7, 3, 11))):
        layer, generator = nn.Dropout(probability), generator_for(seed)
        watched = {"input": normal(generator, *shape, dtype=BOTH[dtype])}
        weights = {"output": normal(generator, *shape, dtype=BOTH[dtype])}
        torch.manual_seed(seed)
        results = differentiate(layer, watched, lambda m, input: {"output": m(input)}, weights)
        after = torch.rand(3)  # where the generator stands afterwards
        case = dict(kind="dropout", seed=seed, dtype=dtype, probability=probability)
        file.add(case, watched | {"cot.output": weights["output"], "after": after} | results)
        seed += 1
    file.write()


def make_dropout():
    """Layers as `manual_seed(seed)` makes them; masks drawn on from there, as in training."""
    file = GoldenFile("Training/dropout.safetensors", __file__)
    kinds = {"rnn-tanh": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
    layouts = ("time-first", "batch-first", "unbatched", "ragged")
    options = itertools.product(kinds, BOTH, (2, 3), (False, True), layouts)
    for seed, (kind, dtype, layers, bidirectional, layout) in enumerate(options):
        torch.manual_seed(seed)
        layer = kinds[kind](5, 2, num_layers=layers, bidirectional=bidirectional, dropout=0.3,
                            batch_first=layout == "batch-first", dtype=BOTH[dtype])
        before = torch.get_rng_state()
        generator = generator_for(seed)
        shape = {"batch-first": (3, 7), "unbatched": (7,)}.get(layout, (7, 3))
        watched = {"input": normal(generator, *shape, 5, dtype=BOTH[dtype])}
        weights = {"output": normal(generator, *shape, 4 if bidirectional else 2, dtype=BOTH[dtype])}
        lengths = torch.tensor([5, 7, 1]) if layout == "ragged" else None

        def run(layer, input):
            torch.set_rng_state(before)
            x = input if lengths is None else pack_padded_sequence(input, lengths, enforce_sorted=False)
            output, _ = layer(x)
            return {"output": output if lengths is None else pad_packed_sequence(output, total_length=7)[0]}

        tensors = parameters(layer) | watched | {"cot.output": weights["output"], "lengths": lengths}
        tensors |= with_reference(layer, watched, run, weights)
        case = dict(kind=kind, seed=seed, dtype=dtype, layers=layers, bidirectional=bidirectional, layout=layout)
        file.add(case | dict(dropout=0.3, inputSize=5, hiddenSize=2, T=7, N=3), tensors | {"after": torch.rand(3)})
    file.write()


def make_losses():
    file = GoldenFile("Training/losses.safetensors", __file__)
    shapes = (((5, 11), (5,)), ((11,), ()), ((3, 11, 7), (3, 7)), ((2, 11, 3, 5), (2, 3, 5)))  # classes on axis 1
    seed = 0
    for dtype, (shape, target_shape), ignore, smoothing in itertools.product(BOTH, shapes, (None, 4, -100), (0.0, 0.1)):
        generator = generator_for(seed)
        logits = normal(generator, *shape, dtype=BOTH[dtype]) * 3
        targets = torch.randint(11, target_shape, generator=generator)
        if ignore is not None and targets.dim():
            targets.reshape(-1)[1::3] = ignore
        options = dict(label_smoothing=smoothing) | ({} if ignore is None else dict(ignore_index=ignore))
        run = lambda m, logits: {"loss": functional.cross_entropy(logits, targets, **options)}
        tensors = with_reference(nn.Module(), {"logits": logits}, run, {"loss": torch.ones((), dtype=BOTH[dtype])})
        case = dict(kind="crossEntropy", seed=seed, dtype=dtype, classAxis=1 if len(shape) > 1 else 0)
        case |= dict(ignoreIndex=ignore, labelSmoothing=smoothing)
        file.add(case, {"logits": logits, "targets": targets} | tensors)
        seed += 1
    for dtype, shape in itertools.product(BOTH, ((5, 11), (7, 3, 5), (1,))):
        generator = generator_for(seed)
        watched = {name: normal(generator, *shape, dtype=BOTH[dtype]) for name in ("input", "target")}
        run = lambda m, input, target: {"loss": functional.mse_loss(input, target)}
        tensors = with_reference(nn.Module(), watched, run, {"loss": torch.ones((), dtype=BOTH[dtype])})
        file.add(dict(kind="meanSquaredError", seed=seed, dtype=dtype), watched | tensors)
        seed += 1
    file.write()


SGD_OPTIONS = [
    dict(lr=0.1), dict(lr=0.1, weight_decay=0.01), dict(lr=0.05, momentum=0.9), dict(lr=0.05, momentum=0.9, nesterov=True),
    dict(lr=0.05, momentum=0.9, dampening=0.3), dict(lr=0.05, momentum=0.9, weight_decay=0.1, dampening=0.5),
    dict(lr=0.05, momentum=0.9, weight_decay=0.1, nesterov=True),
]
ADAM_OPTIONS = [
    dict(lr=1e-3), dict(lr=0.1), dict(lr=0.01, weight_decay=0.1), dict(lr=0.01, betas=(0.8, 0.99), eps=1e-4),
    dict(lr=0.01, betas=(0.0, 0.9), weight_decay=0.3),
]


def make_optimizers():
    file = GoldenFile("Training/optimizers.safetensors", __file__)
    kinds = [(torch.optim.SGD, o) for o in SGD_OPTIONS]
    kinds += [(kind, o) for kind in (torch.optim.Adam, torch.optim.AdamW) for o in ADAM_OPTIONS]
    for seed, (dtype, (kind, options)) in enumerate(itertools.product(BOTH, kinds)):
        generator = generator_for(seed)
        model = nn.Linear(5, 11, dtype=BOTH[dtype])
        with torch.no_grad():
            for value in model.parameters():
                value.copy_(normal(generator, *value.shape))
        tensors, optimizer = parameters(model), kind(model.parameters(), foreach=False, **options)
        for step in range(1, 11):
            for name, value in model.named_parameters():
                value.grad = normal(generator, *value.shape, dtype=BOTH[dtype]) * (10 if step == 4 else 1)
                tensors[f"step{step}.grad.{name}"] = value.grad
            optimizer.step()
            tensors |= {f"step{step}.{name}": value for name, value in parameters(model).items()}
        names = dict(lr="learningRate", weight_decay="weightDecay", eps="epsilon")
        case = dict(kind=kind.__name__, seed=seed, dtype=dtype)
        file.add(case | {names.get(name, name): value for name, value in options.items()}, tensors)
    file.write()


def make_clipping():
    file = GoldenFile("Training/clipping.safetensors", __file__)
    for seed, (dtype, norm, scale) in enumerate(itertools.product(BOTH, (5.0, 0.1, 100.0), (1.0, 1e-3, 0.0))):
        generator = generator_for(seed)
        model = nn.Linear(5, 11, dtype=BOTH[dtype])
        for value in model.parameters():
            value.grad = normal(generator, *value.shape, dtype=BOTH[dtype]) * scale
        tensors = {f"grad.{name}": value.grad.clone() for name, value in model.named_parameters()}
        tensors["norm"] = nn.utils.clip_grad_norm_(model.parameters(), norm)
        tensors |= {f"clipped.{name}": value.grad for name, value in model.named_parameters()}
        file.add(dict(seed=seed, dtype=dtype, maxNorm=norm), tensors)
    file.write()


SCHEDULES = [
    (lr_scheduler.ConstantLR, dict(factor=0.25, total_iters=7)),
    (lr_scheduler.ConstantLR, dict(factor=1.0, total_iters=5)),
    (lr_scheduler.StepLR, dict(step_size=7, gamma=0.3)),
    (lr_scheduler.StepLR, dict(step_size=1, gamma=0.9)),
    (lr_scheduler.ExponentialLR, dict(gamma=0.95)),
    (lr_scheduler.CosineAnnealingLR, dict(T_max=11, eta_min=0.01)),
    (lr_scheduler.CosineAnnealingLR, dict(T_max=30)),
    (lr_scheduler.LinearLR, dict(start_factor=0.1, end_factor=1.0, total_iters=10)),
    (lr_scheduler.LinearLR, dict(start_factor=1 / 3, end_factor=0.5, total_iters=30)),
    (lr_scheduler.OneCycleLR, dict(max_lr=0.5, total_steps=31)),
    (lr_scheduler.OneCycleLR, dict(max_lr=0.5, total_steps=31, pct_start=0.1, anneal_strategy="linear")),
    (lr_scheduler.OneCycleLR, dict(max_lr=0.5, total_steps=31, div_factor=10.0, final_div_factor=100.0, three_phase=True)),
]


def make_schedules():
    """`rates[t]` is the learning rate that step t (from 0) uses; float64, as PyTorch computes it on the host."""
    file = GoldenFile("Training/schedules.safetensors", __file__)
    for kind, options in SCHEDULES:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
        schedule, rates = kind(optimizer, **options), []
        for _ in range(30):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        case = dict(kind=kind.__name__, learningRate=0.2) | options
        file.add(case, {"rates": torch.tensor(rates, dtype=torch.float64)})
    file.write()


if __name__ == "__main__":
    make_cells()
    make_feedforward()
    make_dropout()
    make_losses()
    make_optimizers()
    make_clipping()
    make_schedules()
