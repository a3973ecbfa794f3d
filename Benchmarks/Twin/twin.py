#!/usr/bin/env python3
"""The twin of `rnn train text`: the same definition, followed by PyTorch.

    python Benchmarks/Twin/twin.py TEXT... --cell lstm --steps 100 --dropout 0.2 --log twin.csv
    rnn train text TEXT...                 --cell lstm --steps 100 --dropout 0.2 --log ours.csv
    python Benchmarks/Twin/compare.py ours.csv twin.csv

It shares no code with the library, and takes the same options as the tool. The definition:

  - Vocabulary: the distinct units, sorted by scalar value. The last floor(validation * n) of the n units are held out.
  - Of the m units that remain, B streams of (m - 1) // B units are cut one behind the other. Window s covers units s*T ..< (s+1)*T of
    every stream; its targets are the next units of the text. An epoch has ((m - 1) // B) // T windows.
  - The state is carried from window to window, detached, and is zero at the start of every epoch.
  - Model: one-hot (or Embedding) -> recurrent layers -> Linear to the vocabulary, created in that order after manual_seed(seed).
    Dropout stands between the recurrent layers only and draws on from the same generator.
  - Loss: mean cross entropy in nats over the B*T predictions. Gradients are clipped to a norm, as by clip_grad_norm_;
    then the optimizer: Adam with 0.9, 0.999, 1e-8.

Where that leaves room, this script assumes:

  - Several files are joined in the order given, with nothing between them. Folders are not searched (the tool does).
  - Steps and epochs in the CSV count from 1. `loss` is that of the step's own window, before the update; `gradient_norm` is the norm
    before clipping; `learning_rate` is what the step's update used.
  - `validation_loss` is filled in the row of an epoch's last step and in the last row; it is empty elsewhere, and everywhere if fewer
    than two units are held out. It is computed after that step's update, without dropout, as the mean over all predictions
    within the held-out units as one stream (batch 1), read from a zero state. It draws nothing from the generator.
  - --clip 0 does not clip. --steps and --epochs end the run, whichever comes first; without both it has 3000 steps.
  - A grapheme is what the `regex` module (pip install regex) calls \\X; graphemes are sorted by their scalars, lexicographically.
"""
import argparse
import csv
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
HEADER = ["step", "epoch", "loss", "gradient_norm", "learning_rate", "validation_loss"]


def parse_options():
    parser = argparse.ArgumentParser(description="The twin of `rnn train text`, by PyTorch.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--cell", choices=KINDS, default="lstm")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--embedding", type=int, help="size of an embedding; one-hot without it")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--unroll", type=int, default=50)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="adam")
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--clip", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validation", type=float, default=0.05)
    parser.add_argument("--unit", choices=("scalar", "byte", "grapheme"), default="scalar")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--log", type=Path, metavar="FILE.csv", help="the CSV; standard output without it")
    return parser.parse_args()


def units_of(data, unit):
    """The units of UTF-8 bytes: numbers or strings that Python sorts by scalar value."""
    if unit == "byte":
        return list(data)
    text = data.decode("utf-8")
    if unit == "scalar":
        return list(text)
    import regex
    return regex.findall(r"\X", text)


def read_ids(options):
    """The text as ids, and the size of the vocabulary."""
    units = units_of(b"".join(path.read_bytes() for path in options.paths), options.unit)
    vocabulary = sorted(set(units))
    id_of = {unit: index for index, unit in enumerate(vocabulary)}
    return torch.tensor([id_of[unit] for unit in units]), len(vocabulary)


def split(ids, validation):
    held_out = int(validation * len(ids))
    return ids[: len(ids) - held_out], ids[len(ids) - held_out :]


def windows(ids, batch, unroll):
    """(inputs, targets) [T, N] of each window of an epoch."""
    length = (len(ids) - 1) // batch
    inputs = ids[: batch * length].reshape(batch, length).T
    targets = ids[1 : batch * length + 1].reshape(batch, length).T
    for start in range(0, length - unroll + 1, unroll):
        yield inputs[start : start + unroll], targets[start : start + unroll]


class Model(nn.Module):
    def __init__(self, options, vocabulary):
        super().__init__()
        self.vocabulary = vocabulary
        self.embedding = nn.Embedding(vocabulary, options.embedding) if options.embedding else None
        self.recurrent = KINDS[options.cell](
            options.embedding or vocabulary, options.hidden, num_layers=options.layers, dropout=options.dropout
        )
        self.head = nn.Linear(options.hidden, vocabulary)

    def forward(self, ids, state):
        x = self.embedding(ids) if self.embedding else functional.one_hot(ids, self.vocabulary).float()
        output, state = self.recurrent(x, state)
        return self.head(output), state


def detached(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def mean_loss(logits, targets):
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@torch.no_grad()
def validation_loss(model, ids, piece=1024):
    if len(ids) < 2:
        return ""
    model.eval()
    inputs, targets, state, total = ids[:-1, None], ids[1:, None], None, 0.0
    for start in range(0, len(inputs), piece):
        logits, state = model(inputs[start : start + piece], state)
        part = targets[start : start + piece]
        total += mean_loss(logits, part).item() * len(part)
    model.train()
    return total / len(inputs)


def last_step(options, epoch_length):
    by_steps = options.steps or (sys.maxsize if options.epochs else 3000)
    return min(by_steps, options.epochs * epoch_length if options.epochs else sys.maxsize)


def train(options, report):
    ids, vocabulary = read_ids(options)
    training, validation = split(ids, options.validation)
    epoch_length = (len(training) - 1) // options.batch // options.unroll
    if epoch_length == 0:
        sys.exit(f"{len(training)} units are less than one window of {options.batch} x {options.unroll}")
    last = last_step(options, epoch_length)
    torch.manual_seed(options.seed)
    model = Model(options, vocabulary)
    optimizer = OPTIMIZERS[options.optimizer](model.parameters(), lr=options.learning_rate)
    step = epoch = 0
    while step < last:
        epoch, state = epoch + 1, None
        for inputs, targets in windows(training, options.batch, options.unroll):
            step += 1
            logits, state = model(inputs, state)
            state, loss = detached(state), mean_loss(logits, targets)
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), options.clip or float("inf"))
            optimizer.step()
            due = step == last or step % epoch_length == 0
            held_out = validation_loss(model, validation) if due else ""
            report([step, epoch, loss.item(), norm.item(), options.learning_rate, held_out])
            if step == last:
                return


def main():
    options = parse_options()
    torch.set_num_threads(options.threads)
    with open(options.log, "w", newline="") if options.log else sys.stdout as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        train(options, writer.writerow)


if __name__ == "__main__":
    main()
