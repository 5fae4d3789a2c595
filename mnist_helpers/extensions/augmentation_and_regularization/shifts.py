"""How far each image was shifted, and whether all shifts could come: for the exercise on augmentation."""

from collections.abc import Callable
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.exercises.feedback import refuse


def offsets_of(result: Tensor, images: Tensor, pixels: int) -> Tensor:
    """How far each image went, down and to the right, int64, (n, 2); a hint if one is not shifted so far."""

    def found(result: Tensor, images: Tensor, reach: int, move: Callable = _moved) -> Tensor:
        offsets = torch.full((len(images), 2), reach + 1)  # where none is found
        for pair in product(range(-reach, reach + 1), repeat=2):
            same = (result == move(images, *pair)).flatten(1).all(dim=1)
            offsets[same] = torch.tensor(pair)
        return offsets

    offsets, few, far = found(result, images, pixels), slice(40), 2 * pixels + 1
    if (offsets > pixels).any():
        refuse(
            ((found(result, images, pixels, lambda images, *pair: images.roll(pair, (1, 2))) <= pixels).all(),
             "What leaves on one side comes in again on the other.",
             "torch.roll turns the image round in a circle. Black should move in: pad first, then cut out."),
            ((found(result[few], images[few], far) <= far).all(), "Some images go too far.",
             f"With pixels={pixels} every shift should lie from -{pixels} to {pixels}, both ways."),
            (True, "The result is not made of shifted images.",
             "On fresh images at least one comes out that is not its original, moved by whole pixels, "
             "with 0 where nothing was."),
        )  # fmt: skip
    return offsets


def require_fair(offsets: Tensor, pixels: int) -> None:
    """Raise a hint unless every pair of shifts can come, about equally often: among 300, 1 in 25 or 49."""
    low, high = offsets.amin(dim=0), offsets.amax(dim=0)
    down, right = offsets.T
    spans = f"yours go from {low.tolist()} to {high.tolist()} (down, right)"
    counts = torch.stack([(offsets == shift).sum(dim=0) for shift in range(-pixels, pixels + 1)])
    fair = len(offsets) / len(counts)
    few_pairs = len(offsets.unique(dim=0)) < len(counts) ** 2 / 2
    with np.errstate(invalid="ignore"):  # nan where one direction is missing, which is told before
        trend = np.corrcoef(down, right)[0, 1]
    refuse(
        (not offsets.any(), "Nothing has moved.", "Every image came out as it went in."),
        ((offsets == offsets[0]).all(), "All images move alike.",
         "Draw one pair of numbers for each image, not one for all of them."),
        ((low == high).any(), "One direction is missing.", "Shift up and down, and to both sides as well."),
        (abs(trend) > 0.5, "Rows and columns move together.",
         "Draw the rows and the columns independently."),
        ((low >= 0).any() or (high <= 0).any(), "The images never move to one of the sides.",
         f"Shifts from -{pixels} to {pixels} are wanted; {spans}."),
        ((low > -pixels).any() or (high < pixels).any(), "The largest shift never happens.",
         f"With pixels={pixels}, in 300 draws, {spans}. Does torch.randint ever draw its upper limit?"),
        ((counts < fair / 3).any() or (counts > 3 * fair).any() or few_pairs,
         "Some shifts come far too seldom.",
         f"Each number from -{pixels} to {pixels} should come as often as any other, in both directions, "
         "and so should each pair of them."),
    )  # fmt: skip


def _moved(images: Tensor, down: int, right: int) -> Tensor:
    """All images shifted alike, black moving in."""
    margin = max(abs(down), abs(right))
    padded = F.pad(images, (margin,) * 4)
    rows, columns = margin - down, margin - right
    return padded[:, rows : rows + IMAGE_SIZE, columns : columns + IMAGE_SIZE]
