"""One training to compare with others: what goes into it, and the table that comes out."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import nn

from mnist_helpers.devices import seeded
from mnist_helpers.history import CURVES, TrainingDivergedError
from mnist_helpers.preprocessing import Split, Splits
from mnist_helpers.training import train

Measure = Callable[[nn.Module, Split], Mapping[str, float]]


@dataclass(frozen=True)
class Trial:
    """One training to compare with others.

    Parameters
    ----------
    name : what the tables and figures call it; several seeds of one thing share a name.
    model : called without arguments for a fresh network: a function or a `functools.partial`.
    settings : what `train` is given besides the model and the data: num_epochs, augment, ….
    num_images : learn from the first so many training images; None takes them all.
    seed : of the initial weights, the shuffling, the augmentation and dropout.
    """

    name: str
    model: Callable[[], nn.Module]
    settings: Mapping[str, object] = field(default_factory=dict)
    num_images: int | None = None
    seed: int = 0


def run_trial(
    key: str, trial: Trial, arrays: Sequence[np.ndarray], measure: Measure | None
) -> tuple[str, pd.DataFrame]:
    """Train and measure one network; returns `key`, by which the caller knows it, and its rows.

    Parameters
    ----------
    arrays : images and labels to train on, to validate on, and to test on, in this order.
    """
    images, labels, val_images, val_labels, test_images, test_labels = map(torch.from_numpy, arrays)
    chosen = slice(trial.num_images)
    splits = Splits(
        Split(images[chosen], labels[chosen]), Split(val_images, val_labels), Split(test_images, test_labels)
    )
    with seeded(trial.seed, torch.device("cpu")):
        model = trial.model()
    start = time.perf_counter()
    try:
        history, diverged = train(model, splits, seed=trial.seed, progress=False, **trial.settings), False
    except TrainingDivergedError as error:
        history, diverged = error.history, True
    seconds = time.perf_counter() - start
    rows = pd.DataFrame({name: getattr(history, name) for name in CURVES})
    if diverged:
        rows.loc[len(rows)] = {"train_loss": float("inf"), "val_loss": float("inf")}
    rows = rows.assign(trial=trial.name, seed=trial.seed, epoch=range(1, len(rows) + 1), seconds=seconds)
    if measure is not None and not diverged:
        for name, value in measure(model, splits.test).items():
            rows.loc[rows.index[-1], name] = value
    return key, rows
