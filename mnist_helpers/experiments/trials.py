"""One training to compare with others: what goes into it, and the table that comes out."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from mnist_helpers.checks import check_number
from mnist_helpers.devices import cpu_threads, seeded
from mnist_helpers.history import CURVES, History, TrainingDivergedError
from mnist_helpers.preprocessing import Split, Splits
from mnist_helpers.training import Extras, train

Measure = Callable[[nn.Module, Split], Mapping[str, float]]
EXTRAS = {extra.name for extra in fields(Extras)}
SETTINGS = EXTRAS | {"num_epochs", "batch_size", "learning_rate", "device"}


@dataclass(frozen=True)
class Trial:
    """One training to compare with others.

    Parameters
    ----------
    name : what the tables and figures call it; several seeds of one thing share a name.
    model : called without arguments for a fresh network: a function or a `functools.partial`.
    settings : what `train` and `Extras` are given, side by side: num_epochs, batch_size, augment, ….
    num_images : learn from the first so many training images; None takes them all.
    seed : of the initial weights, the shuffling, the augmentation and dropout.
    """

    name: str
    model: Callable[[], nn.Module]
    settings: Mapping[str, Any] = field(default_factory=dict)
    num_images: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if unknown := self.settings.keys() - SETTINGS:
            raise ValueError(
                f"{self.name!r}: train has no setting {min(unknown)!r}; it has {', '.join(sorted(SETTINGS))}"
            )
        if self.num_images is not None:
            check_number(whole=True, num_images=self.num_images)

    def train(self, splits: Splits, progress: bool = False) -> tuple[nn.Module, History]:
        """Train a fresh network on (the first) training images of `splits`; returns it and its history.

        Raises
        ------
        TrainingDivergedError
            The loss became NaN or infinite.
        KeyboardInterrupt
            The training was interrupted, so what it has left behind is not what this trial would give.
        """
        chosen = slice(self.num_images)
        few = Split(splits.train.images[chosen], splits.train.labels[chosen])
        with seeded(self.seed, torch.device("cpu")):
            model = self.model()
        extras = Extras(**{name: value for name, value in self.settings.items() if name in EXTRAS})
        settings = {name: value for name, value in self.settings.items() if name not in EXTRAS}
        few_splits = Splits(few, splits.val, splits.test)
        history = train(model, few_splits, seed=self.seed, progress=progress, extras=extras, **settings)
        return model, history.completed()


def run_trial(
    key: str, trial: Trial, arrays: Sequence[np.ndarray], measure: Measure | None
) -> tuple[str, pd.DataFrame]:
    """Train and measure one network; returns `key`, by which the caller knows it, and its rows.

    Parameters
    ----------
    arrays : images and labels to train on, to validate on, and to test on, in this order.
    """
    images, labels, val_images, val_labels, test_images, test_labels = map(torch.from_numpy, arrays)
    splits = Splits(Split(images, labels), Split(val_images, val_labels), Split(test_images, test_labels))
    start = time.perf_counter()
    try:
        with cpu_threads(1):
            (model, history), diverged = trial.train(splits), False
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
