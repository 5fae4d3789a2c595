"""Checkers of step 2: flatten, one-hot, and the stratified split."""

import math
import random

import torch
from torch import Tensor

from mnist_helpers.exercises.feedback import Hint, call, checker, number

ROW, COLUMN, POSITION = 20, 5, 500  # what exercise 2.1 asks for


@checker("How many pixels come before it? Count the full rows first.")
def check_pixel_position(position: object, place: object) -> str:
    """2.1: the position of pixel (20, 5), and the (row, column) of position 500."""
    position = number(position)
    mistakes = {
        28 * COLUMN + ROW: Hint(
            "Which comes first, the row or the column?",
            "You swapped row and column: full rows come before it, 28 pixels each.",
        ),
        28 * ROW + COLUMN + 1: Hint(
            "One off.", "Positions, rows and columns are all counted from 0, not from 1."
        ),
        28 * (ROW - 1) + COLUMN: Hint(
            "One row off.", f"Rows are counted from 0: {ROW} full rows come before row {ROW}."
        ),
        ROW * COLUMN: Hint(
            "Not a product of row and column.", "Each full row has 28 pixels, however many are needed."
        ),
    }
    if position in mistakes:
        raise mistakes[position]
    if position != 28 * ROW + COLUMN:
        raise Hint(
            "The position is not right.",
            f"How many pixels stand in {ROW} full rows of 28? Then {COLUMN} more.",
        )
    row, column = (number(part) for part in _pair(place, "place", "(row, column)"))
    wanted = divmod(POSITION, 28)
    if (column, row) == wanted:
        raise Hint("The position is right, the place nearly.", "You swapped row and column in the place.")
    if (row, column) in ((wanted[0] + 1, wanted[1] + 1), (wanted[0] + 1, wanted[1])):
        raise Hint(
            "The position is right, the place nearly.", "Count rows and columns from 0 in the place, too."
        )
    if row != int(row):
        raise Hint(
            "The position is right; a row is a whole number.",
            "Take the whole-number part, `500 // 28`; what is left over is the column.",
        )
    if (row, column) != wanted:
        raise Hint(
            "The position is right, the place is not.",
            f"How many full rows of 28 fit into {POSITION}? And how many pixels are left over?",
        )
    return "Right, there and back: 28 · row + column, and division with remainder."


@checker("A table of zeros first, then a 1 in each row.")
def check_one_hot(encode: object) -> str:
    """2.2: labels to one-hot rows, tried on fresh random labels."""
    labels = torch.tensor([random.randrange(9) for _ in range(random.randint(11, 30))])  # never a 9
    result = call(encode, labels.clone(), missing="It should return one row of ten numbers for each label.")
    result = torch.as_tensor(result).double()
    n, wanted = len(labels), (labels[:, None] == torch.arange(10)).double()
    if result.shape == (10, n):
        raise Hint("Look at the shape.", "Rows and columns are swapped: one row for each label, ten columns.")
    if result.shape != wanted.shape:
        if result.ndim == 2 and len(result) == n and result.shape[1] == labels.max() + 1:
            raise Hint(
                f"{result.shape[1]} columns: which digit does not occur in these labels?",
                "There must be ten columns even if no label is a 9; do not count the labels' digits.",
            )
        raise Hint(
            f"The shape is {tuple(result.shape)}; is that one row of ten for each label?",
            f"For {n} labels the shape ({n}, 10) is wanted.",
        )
    if torch.equal(result, wanted):
        return "One row for each label, a single 1 in each, and ten columns even where a digit is missing."
    if torch.equal(result, wanted.roll(-1, dims=1)):
        raise Hint("One place off.", "Digit 0 belongs in column 0: do not subtract 1.")
    if torch.equal(result, wanted * labels[:, None]):
        raise Hint("Look at the values.", "The place is right, but a 1 belongs there, not the digit.")
    if (result == result[0]).all():
        raise Hint(
            "All rows are the same.",
            "Every row was given the ones of all labels: the row needs an index, too.",
        )
    raise Hint(
        "Not every row has its 1 in the right place.",
        f"Try it on torch.tensor([{labels[0]}]): a single 1, in column {labels[0]}, counted from 0.",
    )


def share_that_misses_a_class(num_images: int, num_classes: int = 10) -> float:
    """Probability that at least one of equally likely classes is missing among `num_images` draws.

    By inclusion and exclusion; the complement is the probability of a complete collection
    (Feller, An Introduction to Probability Theory, vol. 1, IV.2).
    """
    return sum(
        (-1) ** (k + 1) * math.comb(num_classes, k) * (1 - k / num_classes) ** num_images
        for k in range(1, num_classes + 1)
    )


@checker("Draw 30 labels, look whether all ten digits are there, and do so 2,000 times.")
def check_missing_share(share: object) -> str:
    """2.3: how often 30 images drawn at random lack at least one digit; found by experiment."""
    share, tolerance = number(share), 0.04  # 2,000 draws are good for about ±0.02
    wanted = share_that_misses_a_class(30)
    mistakes = (
        (1 - wanted, "Is that the share with or without a gap?", "That is the share with all ten digits."),
        (0.9**30, "Rarer than it should be.", "That is how often one certain digit is missing; any will do."),
        (
            10 * 0.9**30,
            "A little too often.",
            "You count a sample twice if it misses two digits; count samples, not digits.",
        ),
    )
    if abs(share - wanted) < tolerance:
        return "More than one sample in three misses a digit. Stratified, every digit gets its three images."
    for value, gentle, concrete in mistakes:
        if abs(share - value) < min(tolerance, value / 2):
            raise Hint(gentle, concrete)
    if share > 1:
        raise Hint("A share lies between 0 and 1.", "Divide the count of such samples by 2,000.")
    raise Hint(
        "The experiment says something else.",
        "How many different digits has one sample? Count the samples with fewer than ten.",
    )


@checker("Deal with one digit at a time: find its images, shuffle them, cut the list in two.")
def check_stratified_split(split: object) -> str:
    """2.4: a stratified, seeded split, judged by its properties on fresh random labels."""
    counts = [random.randrange(20, 90, 5) for _ in range(10)]  # unequal, and multiples of 5
    labels = torch.arange(10).repeat_interleave(torch.tensor(counts))
    labels = labels[torch.tensor(random.sample(range(len(labels)), len(labels)))]
    seed = random.getrandbits(16)

    def parts_for(seed: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        result = call(split, labels.clone(), 0.2, generator, missing="Return two tensors of indices.")
        return tuple(_indices(part) for part in _pair(result, "split", "(train, val)"))

    train, val = parts_for(seed)
    _check_is_partition(train, val, labels)
    _check_keeps_balance(train, val, labels)
    if not torch.equal(val, parts_for(seed)[1]):
        raise Hint(
            "Called twice with the same seed, it splits differently.",
            "Hand the generator on: `torch.randperm(n, generator=generator)`.",
        )
    if torch.equal(val.sort().values, parts_for(seed + 1)[1].sort().values):
        raise Hint(
            "Another seed, and still the same split?",
            "You cut without shuffling: the first images of each digit always go to the same side.",
        )
    return "Complete, no image twice, every digit in its share, and repeatable: that is a stratified split."


def _check_is_partition(train: Tensor, val: Tensor, labels: Tensor) -> None:
    n = len(labels)
    both = torch.cat([train, val])
    if len(both) == n and both.sort().values.equal(labels.sort().values):
        raise Hint("Labels or positions?", "You return labels; return where the images are, as indices.")
    if len(both) and (both.min() < 0 or both.max() >= n):
        raise Hint("Some indices lead to no image.", f"Indices must lie between 0 and {n - 1}.")
    if len(both.unique()) < len(both):
        raise Hint(
            "Some images occur twice.",
            "After shuffling the positions within one digit, translate them back: `own[…]` "
            "gives positions among all images.",
        )
    if len(both) < n:
        raise Hint(
            f"{n - len(both)} of {n} images have got lost.",
            "Both parts together must hold every image of every digit, the last ones too.",
        )


def _check_keeps_balance(train: Tensor, val: Tensor, labels: Tensor) -> None:
    total = torch.bincount(labels, minlength=10)
    in_train, in_val = (torch.bincount(labels[part], minlength=10) for part in (train, val))
    if ((in_train - 0.2 * total).abs() <= 1).all():
        raise Hint("Which part is the larger one?", "You swapped the parts: return (train, val).")
    off = (in_val - 0.2 * total).abs() > 1
    if off.any():
        digit = off.nonzero()[0].item()
        raise Hint(
            "The validation set does not get its share of every digit.",
            f"Of {total[digit]} images of the {digit}, {in_val[digit]} went to validation, not 20%: "
            "split each digit by itself.",
        )


def _pair(answer: object, name: str, form: str) -> tuple[object, object]:
    try:
        first, second = answer
    except (TypeError, ValueError):
        raise Hint(f"The {name} has two parts.", f"Give the {name} as a pair: {form}.") from None
    if first is ... or second is ...:
        raise Hint("One part is still missing.", f"Give the {name} as a pair: {form}.")
    return first, second


def _indices(part: object) -> Tensor:
    if isinstance(part, (list, tuple)) and part and isinstance(part[0], Tensor) and part[0].ndim:
        raise Hint(
            "A list of ten tensors is not one tensor yet.",
            "Join the ten pieces of each part with torch.cat(…).",
        )
    indices = torch.as_tensor(part)
    if indices.dtype == torch.bool or indices.dtype.is_floating_point or indices.ndim != 1:
        raise Hint(
            "Each part is a list of positions.",
            "Each part must be a tensor of whole numbers with one axis: where its images are.",
        )
    return indices.long()
