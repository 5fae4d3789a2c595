"""Drawings to teach a model with, and to examine it on."""

import numpy as np
import torch
from torch import nn

from mnist_helpers.digits import write_digits
from mnist_helpers.prediction import predict
from mnist_helpers.preprocessing import Split, flatten, normalise


def strangers_hand(count: int = 200, kind: tuple[int, str] = (1, "upstroke"), seed: int = 0) -> Split:
    """What a stranger writes, made by code: `count` digits of one of the generator's kinds."""
    images, labels, _ = write_digits(count, np.random.default_rng(seed), only=kind)
    return Split(flatten(normalise(torch.from_numpy(images))), torch.from_numpy(labels))


def lesson_and_exam(model: nn.Module, hand: Split, most: int = 5) -> tuple[Split, Split]:
    """Two parts of some drawings: the first `most` that the model misreads, and all others.

    At most half of the drawings go into the lesson, misread ones first.

    Raises
    ------
    ValueError
        There are fewer than two drawings.
    """
    if len(hand) < 2:
        raise ValueError("a lesson and an exam need at least two drawings; draw more, and tap their digits")
    is_right = predict(model, hand.images).digit == hand.labels
    order = torch.argsort(is_right.int(), stable=True)  # misread ones first
    taught = torch.zeros(len(hand), dtype=torch.bool)
    taught[order[: min(most, len(hand) // 2)]] = True
    lesson, exam = (Split(hand.images[part], hand.labels[part]) for part in (taught, ~taught))
    return lesson, exam
