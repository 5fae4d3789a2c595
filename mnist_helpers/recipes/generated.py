"""More to learn from than MNIST: generated digits of every kind, and scrawls that are no digit at all."""

from collections.abc import Collection
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from mnist_helpers.checks import NUM_CLASSES
from mnist_helpers.digits import draw_scrawls, write_digits
from mnist_helpers.preprocessing import Split, Splits, flatten, normalise
from mnist_helpers.recipes.augmentation import RandomAffine, RandomPen

NO_DIGIT = NUM_CLASSES  # the label of a scrawl: one more than the digits have


class WithNone(nn.Module):
    """A model of ten digits with an eleventh answer, "none of these", whose logit is always 0.

    The others rise above 0 for a digit, and sink below it for what is none. So the model inside keeps its
    ten outputs, and `digit_probability` tells from them alone whether there is a digit.
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Logits of shape (n, 11)."""
        logits = self.model(images)
        return torch.cat([logits, logits.new_zeros(len(logits), 1)], dim=1)


def digit_probability(logits: Tensor) -> Tensor:
    """The probability that there is a digit at all: ten logits of shape (n, 10) beside a 0 -> (n,).

    1 - softmax([logits, 0])[10] = sigmoid(log Σ exp(logits)); the negative of the sum's logarithm is called
    the energy. Source: Liu et al. (2020), Energy-based Out-of-distribution Detection,
    https://arxiv.org/abs/2010.03759.
    """
    return logits.logsumexp(dim=1).sigmoid()


def redraw(images: Tensor, generator: torch.Generator) -> Tensor:
    """Another pen, and another place, size and turn, for every image: people draw with what they have."""
    return RandomAffine(10, 2, 0.1)(RandomPen()(images, generator), generator)


def add_generated(
    splits: Splits, digits: int, scrawls: int, seed: int = 0,
    without: Collection[tuple[int, str]] = (), without_scrawls: Collection[str] = (),
) -> Splits:  # fmt: skip
    """The same splits, with generated digits and scrawls among the training images.

    A scrawl has the label `NO_DIGIT`, an eleventh answer: a model that learns from scrawls is trained inside
    of `WithNone`, and with `Extras(num_classes=11)`.

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
    """Scrawls as a model takes them, (count, 784) float32, their labels, `NO_DIGIT`, and their kinds."""
    images, kinds = draw_scrawls(count, np.random.default_rng(seed))
    labels = torch.full((count,), NO_DIGIT)
    return flatten(normalise(torch.from_numpy(images))), labels, kinds
