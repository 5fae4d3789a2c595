"""Checkers of step 2: flatten, one-hot, and the stratified split."""

import dis
import math
from types import CodeType

import numpy as np
import torch
from numpy.typing import NDArray

from mnist_helpers.exercises.answers import Hint, array, parts
from mnist_helpers.exercises.feedback import PER_CENT, call, checker, expect, expect_rule, refuse

# The probability that 30 draws miss at least one of ten equally likely digits, by inclusion and exclusion
# (Feller, An Introduction to Probability Theory, vol. 1, IV.2).
MISSING_SHARE = sum((-1) ** (k + 1) * math.comb(10, k) * (1 - k / 10) ** 30 for k in range(1, 11))


@checker("How many pixels come before it? Count the full rows first.")
def check_pixel_position(position: object, place: object) -> str:
    """2.1: the position of pixel (20, 5), and the (row, column) of position 500."""
    expect(position, 28 * 20 + 5, [
        (28 * 5 + 20, "Which comes first, the row or the column?",
         "You swapped row and column: full rows come before it, 28 pixels each."),
        (28 * 20 + 6, "One off. From which number do we count?",
         "Positions, rows and columns are all counted from 0, not from 1."),
        (28 * 19 + 5, "One row off. How many full rows come before?",
         "Rows are counted from 0: 20 full rows come before row 20."),
        (20 * 5, "Not a product of row and column.", "A full row has 28 pixels, needed or not."),
    ], ("The position is not right. How many pixels come before row 20?",
        "How many pixels are 20 full rows of 28? And 5 more."))  # fmt: skip
    nearly = "The position is right, the place nearly."
    expect(place, divmod(500, 28), [
        ((24, 17), nearly, "You swapped row and column in the place."),
        (lambda place: place in ((18, 25), (18, 24)), nearly, "In the place count from 0, too."),
        (lambda place: place[0] % 1, "The position is right; a row is a whole number.",
         "Take the whole-number part, `500 // 28`; what is left over is the column."),
    ], ("The position is right, the place is not.",
        "How many full rows of 28 fit into 500? And how many pixels are left over?"),
        form="a pair (row, column)")  # fmt: skip
    return "Right, there and back: 28 · row + column, and division with remainder."


@checker("A table of zeros first, then a 1 in each row.")
def check_one_hot(encode: object) -> str:
    """2.2: labels to one-hot rows, for labels in uint8, as in the files, and in int64."""

    def rows(labels: torch.Tensor) -> torch.Tensor:
        return (labels[:, None] == torch.arange(10)).double()

    cases = [(torch.randint(9, (n,)).to(kind),) for n, kind in ((13, torch.int64), (25, torch.uint8))]
    expect_rule(encode, cases, rows, [  # never a 9
        (lambda labels: rows(labels).T, "Look at the shape.",
         "Rows and columns are swapped: one row for each label, ten columns."),
        (lambda labels: rows(labels)[:, : labels.max() + 1], "Which digit does not occur in these labels?",
         "There must be ten columns even if no label is a 9; do not count the labels' digits."),
        (lambda labels: rows(labels).roll(-1, dims=1),
         "One place off. In which column does digit 0 have its 1?",
         "Digit 0 belongs in column 0: do not subtract 1."),
        (lambda labels: rows(labels) * labels[:, None], "Look at the values.",
         "The place is right, but a 1 belongs there, not the digit."),
        (lambda labels: rows(labels).amax(dim=0).expand(len(labels), 10), "All rows are the same.",
         "Every row was given the ones of all labels: the row needs an index, too."),
    ], ("Not every row has its 1 in the right place.",
        "Try it on torch.tensor([{0[0]}]): a single 1, in column {0[0]}, counted from 0."),
        shape="There should be one row of ten for each label.",
        errors=[("mask|ind(ex|ices)|int64", "It works for some labels. Which dtype do MNIST's have?",
                 "MNIST's labels are uint8, and PyTorch takes a uint8 index for a mask of truth values. "
                 "Convert them first: `labels.long()`.")],
        without=("one_hot", "Can you do it without `one_hot`?",
                 "Compare each label with each of the numbers 0 to 9, or pick rows from a table."),
        missing="It should return one row of ten numbers for each label.")  # fmt: skip
    if _loops(getattr(encode, "__code__", None)):
        raise Hint(
            "The rows are right. Can you do it without a loop?",
            "A comprehension is a loop, too. Labels of shape (n, 1) and ten numbers compare to (n, 10).",
        )
    return "One row for each label, a single 1 in each, and ten columns even where a digit is missing."


def _loops(code: object) -> bool:
    """Whether the code of a function jumps back, as `for`, `while` and comprehensions do."""
    return isinstance(code, CodeType) and (
        any("JUMP_BACKWARD" in step.opname for step in dis.get_instructions(code))
        or any(map(_loops, code.co_consts))
    )


@checker("Draw 30 labels, look whether all ten digits are there, and do so 2,000 times.")
def check_missing_share(share: object) -> str:
    """2.3: how often 30 images drawn at random lack at least one digit; found by experiment."""
    # 2,000 draws are good for about ±0.02.
    expect(share, MISSING_SHARE, [
        (1 - MISSING_SHARE, "Is that the share with or without a gap?",
         "That is the share with all ten digits."),
        (lambda share: abs(share - 0.9**30) < 0.02,
         "Rarer than it should be. How many of the ten digits may be the missing one?",
         "That is how often one certain digit is missing; any will do."),
        (10 * 0.9**30, "A little too often. What do you count if two digits are missing?",
         "You count a sample twice if it misses two digits; count samples, not digits."),
        (lambda share: abs(share / 100 - MISSING_SHARE) < 0.035, *PER_CENT),
        (lambda share: share > 1, "A share lies between 0 and 1.",
         "Divide the count of such samples by 2,000."),
    ], ("The experiment says something else. When does a sample count?",
        "How many different digits has one sample? Count the samples with fewer than ten."),
        rtol=0, atol=0.035)  # fmt: skip
    return "More than one sample in three misses a digit. Stratified, every digit gets its three images."


@checker("Deal with one digit at a time: find its images, shuffle them, cut the list in two.")
def check_stratified_split(split: object) -> str:
    """2.4: a stratified, seeded split, judged by its properties, for two different shares."""
    labels = torch.arange(10).repeat_interleave(torch.arange(20, 120, 10))
    labels = labels[torch.randperm(len(labels))].to(torch.uint8)
    for fraction in 0.2, 0.35:

        def parts_for(seed: int, fraction: float = fraction) -> list[NDArray]:
            generator = torch.Generator().manual_seed(seed)
            pair = call(split, labels.clone(), fraction, generator, missing="Return two tensors of indices.")
            return [_indices(part) for part in parts(pair, "a pair (train, val)")]

        train, val = parts_for(1)
        _require_stratified(train, val, labels.numpy(), fraction)
        again, other = parts_for(1)[1], parts_for(2)[1]
        refuse(
            (not np.array_equal(val, again), "Called twice with the same seed, it splits differently.",
             "Hand the generator on: `torch.randperm(n, generator=generator)`."),
            (set(val) == set(other), "Another seed, and still the same split?",
             "You cut without shuffling, or with a seed of your own; shuffle with the generator."),
        )  # fmt: skip
    return "Complete, no image twice, every digit in its share, and repeatable: that is a stratified split."


def _indices(part: object) -> NDArray:
    if isinstance(part, list | tuple) and any(np.ndim(piece) for piece in part):
        raise Hint("A list of ten tensors is not one tensor yet.",
                   "Join the pieces of each part with torch.cat(…).")  # fmt: skip
    indices = array(part)
    if indices.dtype != np.int64 or indices.ndim != 1:
        raise Hint(
            "Each part is a list of positions.",
            "Each part must be a tensor of whole numbers with one axis: where its images are.",
        )
    return indices


def _require_stratified(train: NDArray, val: NDArray, labels: NDArray, fraction: float) -> None:
    both, n = np.concatenate([train, val]), len(labels)
    missing = n - len(set(both))
    refuse(
        (np.array_equal(np.sort(both), np.sort(labels)), "Labels or positions?",
         "You return labels; return where the images are, as indices."),
        (((both < 0) | (both >= n)).any(), "Some indices lead to no image.",
         f"Indices must lie between 0 and {n - 1}."),
        (len(both) > len(set(both)), "Some images occur twice.",
         "After shuffling the positions within one digit, translate them back: `own[…]` gives positions "
         "among all images."),
        (missing, f"{missing} of {n} images have got lost.",
         "Both parts together must hold every image of every digit, the last ones too."),
    )  # fmt: skip
    total, in_train, in_val = (
        np.bincount(some, minlength=10) for some in (labels, labels[train], labels[val])
    )
    if (abs(in_train - fraction * total) <= 1).all():
        raise Hint("Which part is the larger one?", "You swapped the parts: return (train, val).")
    off = np.flatnonzero(abs(in_val - fraction * total) > 1)
    if off.size:
        digit = off[0]
        raise Hint("The validation set does not get its share of every digit.",
                   f"Of {total[digit]} images of the {digit}, {in_val[digit]} went to validation, not "
                   f"{fraction:.0%}: split each digit by itself, and use `val_fraction`.")  # fmt: skip
