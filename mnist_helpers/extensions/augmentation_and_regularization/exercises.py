"""Checkers of notebooks/extensions/augmentation_and_regularization.ipynb."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import ttest_ind
from torch import Tensor, nn

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.exercises.feedback import Hint, call, checker, number

# Which of the eight changes make labels false, for each of the three kinds of pictures.
SPOILED = {"digits": {2, 3, 4, 6}, "arrows": {2, 3, 6}, "cells": {6}}
WHY = {
    "digits": {
        1: "A 7 that leans by 10° is still a 7.",
        2: "By any angle: how far must you turn a 6 until it is something else?",
        3: "Write a 2 or a 7 on glass, and look at it from behind: is that a digit?",
        4: "Hold a 2 or a 7 over still water: is what you see in it a digit?",
        5: "MNIST's digits keep 4 pixels of margin: 2 pixels cut nothing off.",
        6: "The picture has 28 columns: how much of the digit is left after 20?",
        7: "A digit that is a tenth larger is the same digit.",
        8: "Through a little dust you still read every digit.",
    },
    "arrows": {
        1: "An arrow that leans by 10° still points to the same side.",
        2: "By any angle: where does an arrow point after half a turn?",
        3: "Hold an arrow in front of a mirror: where does it point?",
        4: "An arrow to the left, reflected in still water: does it point elsewhere?",
        5: "2 pixels out of 28 do not hide which way the arrow points.",
        6: "The picture has 28 columns: how much of the arrow is left after 20?",
        7: "A larger arrow points the same way.",
        8: "Through a little dust you still see which way it points.",
    },
    "cells": {
        1: "Nobody knows which way up a cell lies under the microscope.",
        2: "Nobody knows which way up a cell lies under the microscope.",
        3: "Seen from behind, a round cell is as likely a picture as before.",
        4: "Seen from behind, a round cell is as likely a picture as before.",
        5: "2 pixels out of 28 do not hide which kind of cell it is.",
        6: "The picture has 28 columns: how much of the cell is left after 20?",
        7: "A tenth larger or smaller does not make it another kind of cell.",
        8: "Through a little dust you still see which kind of cell it is.",
    },
}


@checker("Put your function in: it gets images (n, 28, 28), a largest shift in pixels, and a generator.")
def check_random_shift(random_shift) -> str:
    """A function (images, pixels, generator) -> images, each shifted by whole pixels of its own."""
    pixels = int(torch.randint(2, 5, ()))
    images = torch.rand(300, IMAGE_SIZE, IMAGE_SIZE) * 0.9 + 0.1  # ink everywhere: nothing can hide
    seed = int(torch.randint(1_000_000, ()))
    before = images.clone()
    result = _shifted(random_shift, images, pixels, seed)
    if not torch.equal(images, before):
        raise Hint("Your function changes the images it was given.", "Work on a copy: images.clone().")
    _check_whole_shifts(result, images, pixels)
    offsets = _offsets(result, images, pixels)
    _check_offsets(offsets, pixels)
    if not torch.equal(result, _shifted(random_shift, images, pixels, seed)):
        raise Hint(
            "The same seed should give the same shifts.",
            "Hand the generator on: torch.randint(..., generator=generator).",
        )
    if torch.equal(result, _shifted(random_shift, images, pixels, seed + 1)):
        raise Hint("Another seed should give other shifts.", "Do not set a seed of your own inside.")
    return f"300 fresh images, each shifted by up to {pixels} pixels of its own, black where nothing was."


def _shifted(random_shift, images: Tensor, pixels: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    result = call(random_shift, images, pixels, generator, missing="Return the shifted images.")
    result = torch.as_tensor(result) if isinstance(result, Tensor | np.ndarray) else result
    if not isinstance(result, Tensor) or result.shape != images.shape:
        shape = tuple(getattr(result, "shape", ())) or type(result).__name__
        raise Hint(
            "The result should look like what went in.",
            f"In went a tensor of shape {tuple(images.shape)}; out came {shape}.",
        )
    return result


def _moved(images: Tensor, down: int, right: int) -> Tensor:
    """All images shifted alike, black moving in."""
    margin = max(abs(down), abs(right))
    padded = F.pad(images, (margin,) * 4)
    rows, columns = margin - down, margin - right
    return padded[:, rows : rows + IMAGE_SIZE, columns : columns + IMAGE_SIZE]


def _is_shift(result: Tensor, images: Tensor, reach: int, move=_moved) -> Tensor:
    """Which images are shifted by at most `reach` pixels: bool, (n,)."""
    found = torch.zeros(len(images), dtype=torch.bool)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            found |= (result == move(images, down, right)).flatten(1).all(dim=1)
    return found


def _rolled(images: Tensor, down: int, right: int) -> Tensor:
    return images.roll((down, right), dims=(1, 2))


def _check_whole_shifts(result: Tensor, images: Tensor, pixels: int) -> None:
    if _is_shift(result, images, pixels).all():
        return
    if _is_shift(result, images, pixels, _rolled).all():
        raise Hint(
            "What leaves on one side comes in again on the other.",
            "torch.roll turns the image round in a circle. Black should move in: pad first, then cut out.",
        )
    few = slice(40)
    if _is_shift(result[few], images[few], 2 * pixels + 1).all():
        raise Hint(
            "Some images go too far.",
            f"With pixels={pixels} every shift should lie from -{pixels} to {pixels}, down and to the right.",
        )
    raise Hint(
        "The result is not made of shifted images.",
        "On fresh images at least one comes out that is not its original, moved by whole pixels, "
        "with 0 where nothing was.",
    )


def _offsets(result: Tensor, images: Tensor, pixels: int) -> Tensor:
    """How far each image went, down and to the right: int64, (n, 2)."""
    offsets = torch.zeros(len(images), 2, dtype=torch.int64)
    for down in range(-pixels, pixels + 1):
        for right in range(-pixels, pixels + 1):
            here = (result == _moved(images, down, right)).flatten(1).all(dim=1)
            offsets[here] = torch.tensor([down, right])
    return offsets


def _check_offsets(offsets: Tensor, pixels: int) -> None:
    if not offsets.any():
        raise Hint("Nothing has moved.", "Every image came out as it went in.")
    if (offsets == offsets[0]).all():
        raise Hint(
            "All images move alike.", "Draw one pair of numbers for each image, not one for all of them."
        )
    if (offsets[:, 0] == offsets[:, 1]).all() or (offsets[:, 0] == -offsets[:, 1]).all():
        raise Hint("The images move along a diagonal only.", "Draw the rows and the columns independently.")
    low, high = offsets.amin(dim=0), offsets.amax(dim=0)
    if (low == high).any():
        raise Hint("One direction is missing.", "Shift up and down, and to both sides as well.")
    if (low >= 0).any() or (high <= 0).any():
        raise Hint(
            "The images never move to one of the sides.",
            f"Shifts from -{pixels} to {pixels} are wanted; yours go from {low.tolist()} to {high.tolist()} "
            "(down, right).",
        )
    if (low > -pixels).any() or (high < pixels).any():
        raise Hint(
            "The largest shift never happens.",
            f"With pixels={pixels}, in 300 draws, yours go from {low.tolist()} to {high.tolist()}. "
            "Does torch.randint ever draw its upper limit?",
        )


@checker("For each kind of picture: the set of all numbers whose change makes labels false.")
def check_false_labels(digits, arrows, cells) -> str:
    """Three sets of the numbers 1 to 8: the changes that make labels false."""
    for kind, answer in (("digits", digits), ("arrows", arrows), ("cells", cells)):
        chosen = _numbers(answer, kind)
        missing, surplus = SPOILED[kind] - chosen, chosen - SPOILED[kind]
        for numbers, gentle in ((missing, "lacks a change"), (surplus, "has a change too many")):
            if numbers:
                raise Hint(f"The set for the {kind} {gentle}.", WHY[kind][min(numbers)])
    return "Whether a change keeps the label depends on what the label means, not on the change."


def _numbers(answer: object, kind: str) -> set[int]:
    if isinstance(answer, dict | str) or not isinstance(answer, Iterable):
        raise Hint("Three sets are wanted.", f"For the {kind} give a set of numbers, such as {{1, 5}}.")
    chosen = {int(number(item)) for item in answer}
    if not chosen <= set(range(1, 9)):
        raise Hint("The changes are numbered from 1 to 8.", f"In the set for the {kind} there is another.")
    return chosen


@checker("Put your function in: it gets a model and a strength, and returns the penalty.")
def check_l1_penalty(l1_penalty) -> str:
    """A function (model, strength) -> strength times the sum of all |weight|, with its gradient."""
    model, strength = _random_model(), float(torch.rand(())) + 0.1
    result = call(l1_penalty, model, strength, missing="Return the penalty, one number.")
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    weights, biases = [layer.weight.detach() for layer in layers], [layer.bias.detach() for layer in layers]
    expected = strength * sum(weight.abs().sum() for weight in weights)
    penalty = number(result)
    if not _close(penalty, expected):
        _explain_penalty(penalty, strength, weights, biases)
    if not isinstance(result, Tensor) or not result.requires_grad:
        raise Hint(
            "The number is right, but no gradient flows through it.",
            "Leave out .item(), .detach() and float(): training needs the tensor.",
        )
    result.sum().backward()
    gradients = [layer.weight.grad for layer in layers]
    if any(g is None for g in gradients) or not all(
        torch.allclose(g, strength * w.sign()) for g, w in zip(gradients, weights, strict=True)
    ):
        raise Hint("The gradient is not right.", "Use the layers' weights themselves, not copies of them.")
    return "The penalty and its gradient are right, on a fresh random network."


def _random_model() -> nn.Sequential:
    """Two or three linear layers of random sizes; random weights, most of them below 0, and random biases."""
    widths = torch.randint(3, 30, (int(torch.randint(3, 5, ())),)).tolist()
    layers = [
        layer for inputs, outputs in pairwise(widths) for layer in (nn.Linear(inputs, outputs), nn.ReLU())
    ]
    model = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(mean=-0.3)
    return model


def _explain_penalty(penalty: float, strength: float, weights: list[Tensor], biases: list[Tensor]) -> None:
    """Raise the hint for the mistake that leads to `penalty`."""
    size = sum(weight.abs().sum() for weight in weights)
    count = sum(weight.numel() for weight in weights)
    for wrong, gentle, concrete in (
        (
            strength * (size + sum(bias.abs().sum() for bias in biases)),
            "You punish too much.",
            "Leave the biases out: only weight matrices, which have two axes, pay.",
        ),
        (
            strength * sum(weight.sum() for weight in weights),
            "Weights of 3 and -3 should not cancel.",
            "What is summed is the size of each weight, without its sign: .abs().",
        ),
        *(
            (
                share * strength * sum(weight.square().sum() for weight in weights),
                "That is another penalty.",
                "The sum of squares belongs to L2. L1 sums the sizes.",
            )
            for share in (1, 0.5)
        ),
        (strength / 2 * size, "You punish by half.", "The factor 1/2 belongs to L2; L1 has none."),
        (size, "What is the strength for?", "Multiply the sum by the strength."),
        (
            strength * size / count,
            "A sum is wanted, not a mean.",
            "Your penalty is too small by the number of weights.",
        ),
        (
            strength * sum(weight.abs().mean() for weight in weights),
            "A sum is wanted, not a mean.",
            "Your penalty is the sum of the layers' means.",
        ),
        (
            strength * weights[0].abs().sum(),
            "Some layers do not pay.",
            "Your penalty is that of the first layer alone.",
        ),
        (
            strength * weights[-1].abs().sum(),
            "Some layers do not pay.",
            "Your penalty is that of the last layer alone; add them up.",
        ),
    ):
        if _close(penalty, wrong):
            raise Hint(gentle, concrete)
    raise Hint(
        "That is not the penalty yet.",
        f"On a fresh network it should be {strength * size.item():.4g}; yours is {penalty:.4g}.",
    )


@checker("Put your function in: it gets two lists of accuracies, and returns one number.")
def check_t_value(t_value) -> str:
    """A function (first, second) -> (mean of second - mean of first) / standard error of the difference."""
    first = 0.97 + 0.004 * torch.rand(int(torch.randint(3, 6, ())), dtype=torch.float64)
    second = 0.972 + 0.008 * torch.rand(int(torch.randint(6, 9, ())), dtype=torch.float64)
    result = number(call(t_value, first.tolist(), second.tolist(), missing="Return t, one number."))
    a, b = first.numpy(), second.numpy()
    difference = b.mean() - a.mean()
    expected = ttest_ind(b, a, equal_var=False).statistic
    if _close(result, expected):
        if not _close(number(t_value(second.tolist(), first.tolist())), -expected):
            raise Hint("Which of the two is better?", "With the two lists swapped, t should change its sign.")
        return "As scipy has it, on fresh random accuracies."
    variances = a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)
    for wrong, gentle, concrete in (
        (-expected, "The sign is the wrong way round.", "t is above 0 where the second recipe is better."),
        (
            difference,
            "How large is that, compared with luck?",
            "Divide the difference by its standard error.",
        ),
        (
            difference / np.sqrt(a.var() / len(a) + b.var() / len(b)),
            "Nearly: look at the standard deviations.",
            "Divide the squared distances by n - 1, not by n: with three seeds it matters.",
        ),
        (
            difference / np.sqrt(a.var(ddof=1) + b.var(ddof=1)),
            "What did the number of seeds do?",
            "A mean of n values is surer than a single one: each s² is divided by its n.",
        ),
        (
            difference / (a.std(ddof=1) / np.sqrt(len(a)) + b.std(ddof=1) / np.sqrt(len(b))),
            "Two uncertainties do not simply add up.",
            "Add s²/n of the one and of the other, and then the square root.",
        ),
        (difference / variances, "Something is missing from the standard error.", "Take the square root."),
    ):
        if _close(result, wrong):
            raise Hint(gentle, concrete)
    raise Hint(
        "That is not t yet.",
        f"For {len(a)} and {len(b)} fresh accuracies t should be {expected:.4g}; yours is {result:.4g}.",
    )


def _close(one: float, other: float | Tensor) -> bool:
    return abs(one - float(other)) <= 1e-4 * abs(float(other))
