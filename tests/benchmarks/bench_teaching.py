"""What a lesson buys and what it costs: `python tests/benchmarks/bench_teaching.py` (real MNIST; minutes).

For every kind of digit that one of the app's models often misreads: five drawings that it misread are
taught, with nothing of that kind among the digits to rehearse; then how many further ones of that kind, and
of MNIST's test images, are misread. With `--choose` it tries other settings, on MNIST's validation images.

Measured with the models that had seen no generated digit (means of three lessons):

    model       kind           misread: before   after    MNIST's test accuracy, points
    mlp         0, slashed              57.6 %   21.1 %   -0.02
                1, upstroke             23.9 %    9.0 %   -0.08
                8, two rings            11.8 %    5.9 %   -0.04
    small_cnn   0, slashed              40.0 %   14.3 %   -0.14
                1, upstroke             21.5 %    6.8 %   -0.21
"""

import argparse
from itertools import product

import numpy as np
import pandas as pd
import torch
from torch import nn

from mnist_helpers import evaluate, flatten, load_mnist, normalise, predict, preprocess
from mnist_helpers.app import teaching
from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.site import MODELS, default_models
from mnist_helpers.digits import KINDS, write_digits
from mnist_helpers.preprocessing import Split

WRITTEN = 600  # of every kind
TAUGHT = 5
LESSONS = 3  # each from other drawings and with other digits to rehearse
OFTEN = 0.1  # misread more often than that
SETTINGS = {
    "LEARNING_RATE": (2e-4, 3e-4),
    "ENOUGH": (0.5, 0.6),
    "WAY_BACK": (0.0, 0.2, 0.35),
    "LEARNING_LAYERS": (1, 2, 9),
}


def split_of(images: np.ndarray, labels: np.ndarray) -> Split:
    return Split(flatten(normalise(torch.from_numpy(images))), torch.from_numpy(labels))


def written() -> dict[tuple[int, str], Split]:
    kinds = [(digit, name) for digit, names in KINDS.items() for name in names]
    return {
        kind: split_of(*write_digits(WRITTEN, np.random.default_rng(1000 + index), only=kind)[:2])
        for index, kind in enumerate(kinds)
    }


def rehearsals(without: tuple[int, str]) -> list[Split]:
    """Digits to rehearse, of all kinds but one, for each lesson."""
    images, labels, names = write_digits(2 * LESSONS * teaching.REHEARSAL_DIGITS, np.random.default_rng(0))
    kept = [kind != without for kind in zip(labels.tolist(), names, strict=True)]
    digits = split_of(images[kept], labels[kept])
    parts = [part.split(teaching.REHEARSAL_DIGITS) for part in (digits.images, digits.labels)]
    return [Split(*both) for both in list(zip(*parts, strict=True))[:LESSONS]]


def misread(model: nn.Module, digits: Split) -> torch.Tensor:
    return predict(model, digits.images).digit != digits.labels


def measure(model: nn.Module, kinds: dict[tuple[int, str], Split], mnist: Split) -> pd.DataFrame:
    """A row for each kind that is often misread, and the mean over its lessons."""
    accuracy, rows = evaluate(model, mnist).accuracy, []
    for (digit, name), digits in kinds.items():
        wrong = misread(model, digits)
        if wrong.float().mean() <= OFTEN:
            continue
        for lesson, rehearsal in enumerate(rehearsals((digit, name))):
            chosen = wrong.nonzero().flatten()[lesson * TAUGHT :][:TAUGHT]
            others = torch.ones(len(digits), dtype=torch.bool)
            others[chosen] = False
            further = Split(digits.images[others], digits.labels[others])
            taught = teaching.teach(model, Split(digits.images[chosen], digits.labels[chosen]), rehearsal)
            errors = [misread(m, further).float().mean().item() for m in (model, taught)]
            cost = evaluate(taught, mnist).accuracy - accuracy
            rows.append((f"{digit}, {name}", *errors, errors[1] / errors[0], 100 * cost))
    columns = ["kind", "before", "after", "ratio", "MNIST, points"]
    return pd.DataFrame(rows, columns=columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--choose", action="store_true", help="try other settings, on validation images")
    choose = parser.parse_args().choose
    splits, kinds = preprocess(load_mnist()), written()
    for name in default_models():
        model, _ = read_model(MODELS / f"{name}.json")
        for values in product(*SETTINGS.values()) if choose else [()]:
            for setting, value in zip(SETTINGS, values, strict=False):
                setattr(teaching, setting, value)
            table = measure(model, kinds, splits.val if choose else splits.test)
            summary = table[["before", "after", "ratio", "MNIST, points"]].agg(["mean", "min", "max"])
            print(name, values if choose else f"\n{table.groupby('kind', sort=False).mean().round(3)}")
            print(summary.round(3).to_string(), flush=True)


if __name__ == "__main__":
    main()
