"""More to learn from than MNIST: generated digits of every kind, and scrawls that are no digit at all."""

from collections.abc import Collection
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from mnist_helpers.checks import NUM_CLASSES
from mnist_helpers.digits import draw_scrawls, write_digits
from mnist_helpers.preprocessing import Split, Splits, flatten, normalise
from mnist_helpers.recipes.augmentation import RandomAffine, RandomPen


def redraw(images: Tensor, generator: torch.Generator) -> Tensor:
    """Another pen, and another place, size and turn, for every image: people draw with what they have."""
    return RandomAffine(10, 2, 0.1)(RandomPen()(images, generator), generator)


def add_generated(
    splits: Splits, digits: int, scrawls: int, seed: int = 0,
    without: Collection[tuple[int, str]] = (), without_scrawls: Collection[str] = (),
) -> Splits:  # fmt: skip
    """The same splits, with generated digits and scrawls among the training images.

    A scrawl has no right answer. So each gets a label at random: whoever must guess loses least by saying
    10% of every digit, and that is what a model learns to say of them.

    Source: Hendrycks, Mazeika and Dietterich (2019), Deep Anomaly Detection with Outlier Exposure,
    https://arxiv.org/abs/1812.04606.

    Parameters
    ----------
    digits, scrawls : how many to add.
    without : kinds of digits to leave out, as in `(1, "upstroke")`; `without_scrawls` : kinds of scrawls.
    """
    parts = [splits.train]
    if digits:
        images, labels, kinds = written(digits, seed)
        kept = [(digit, kind) not in without for digit, kind in zip(labels.tolist(), kinds, strict=True)]
        parts.append(Split(images[kept], labels[kept]))
    if scrawls:
        images, labels, kinds = scrawled(scrawls, seed)
        kept = [kind not in without_scrawls for kind in kinds]
        parts.append(Split(images[kept], labels[kept]))
    together = Split(torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts]))
    return Splits(together, splits.val, splits.test)


@lru_cache(maxsize=2)
def written(count: int, seed: int) -> tuple[Tensor, Tensor, list[str]]:
    """Generated digits as a model takes them, (count, 784) float32, their labels, and their kinds."""
    images, labels, kinds = write_digits(count, np.random.default_rng(seed))
    return flatten(normalise(torch.from_numpy(images))), torch.from_numpy(labels), kinds


@lru_cache(maxsize=2)
def scrawled(count: int, seed: int) -> tuple[Tensor, Tensor, list[str]]:
    """Scrawls as a model takes them, (count, 784) float32, a random label for each, and their kinds."""
    rng = np.random.default_rng(seed)
    images, kinds = draw_scrawls(count, rng)
    labels = torch.from_numpy(rng.integers(NUM_CLASSES, size=count))
    return flatten(normalise(torch.from_numpy(images))), labels, kinds
