"""Checkers of notebooks/extensions/augmentation_and_regularization.ipynb."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from scipy.stats import ttest_ind
from torch import Tensor, nn

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.exercises.answers import Hint, array, number
from mnist_helpers.exercises.feedback import When, call, checker, expect, expect_rule, refuse
from mnist_helpers.extensions.augmentation_and_regularization.shifts import offsets_of, require_fair

# Which of the eight changes make labels false, for each of the three kinds of pictures.
SPOILED = {"digits": {2, 3, 4, 6}, "arrows": {2, 3, 6}, "cells": {6}}
WHY: dict[float, str] = {
    1: "If it leans by 10°, does it mean anything else?",
    5: "2 pixels out of 28 hide nothing: MNIST's digits, for one, keep a margin of 4.",
    6: "The picture has 28 columns: how much is left after 20?",
    7: "A tenth larger or smaller, it means the same.",
    8: "Through a little dust you still see what it is.",
}
WHY_OF: dict[str, dict[float, str]] = {
    "digits": {
        2: "By any angle: how far must you turn a 6 until it is something else?",
        3: "Write a 2 or a 7 on glass, and look at it from behind: is that a digit?",
        4: "Hold a 2 or a 7 over still water: is what you see in it a digit?",
    },
    "arrows": {
        2: "By any angle: where does an arrow point after half a turn?",
        3: "Hold an arrow in front of a mirror: where does it point?",
        4: "An arrow to the left, reflected in still water: does it point elsewhere?",
    },
    "cells": dict.fromkeys((2, 3, 4), "Under the microscope nobody knows which way up a cell lies."),
}


@checker("Put your function in: it gets images (n, 28, 28), a largest shift in pixels, and a generator.")
def check_random_shift(random_shift: object) -> str:
    """A function (images, pixels, generator) -> images, each shifted by whole pixels of its own."""
    images = torch.rand(300, IMAGE_SIZE, IMAGE_SIZE) * 0.9 + 0.1  # ink everywhere: nothing can hide

    def shifted(pixels: int, seed: int) -> Tensor:
        handed, generator = images.clone(), torch.Generator().manual_seed(seed)
        result = call(random_shift, handed, pixels, generator, missing="Return the shifted images.")
        result = torch.from_numpy(array(result))
        refuse(
            (result.shape != images.shape, "The result should look like what went in.",
             f"In went a tensor of shape {tuple(images.shape)}; out came {tuple(result.shape)}."),
            (not torch.equal(handed, images), "Your function changes the images it was given.",
             "Work on a copy: images.clone()."),
        )  # fmt: skip
        return result

    for pixels in 3, 2:
        result = shifted(pixels, 0)
        require_fair(offsets_of(result, images.double(), pixels), pixels)
        refuse(
            (not torch.equal(result, shifted(pixels, 0)), "The same seed should give the same shifts.",
             "Hand the generator on: torch.randint(..., generator=generator)."),
            (torch.equal(result, shifted(pixels, 1)), "Another seed should give other shifts.",
             "Do not set a seed of your own inside."),
        )  # fmt: skip
    return f"300 fresh images, each shifted by up to {pixels} pixels of its own, black where nothing was."


@checker("For each kind of picture: the set of all numbers whose change makes labels false.")
def check_false_labels(digits: object, arrows: object, cells: object) -> str:
    """Three sets of the numbers 1 to 8: the changes that make labels false."""
    for kind, answer in (("digits", digits), ("arrows", arrows), ("cells", cells)):
        chosen = _numbers(answer, kind)
        missing, surplus = SPOILED[kind] - chosen, chosen - SPOILED[kind]
        for numbers, gentle in ((missing, "lacks a change"), (surplus, "has a change too many")):
            if numbers:
                raise Hint(f"The set for the {kind} {gentle}.", (WHY | WHY_OF[kind])[min(numbers)])
    return "Whether a change keeps the label depends on what the label means, not on the change."


def _numbers(answer: Any, kind: str) -> set[float]:
    if isinstance(answer, dict | str | bytes) or np.ndim(answer) > 1 or not isinstance(answer, Iterable):
        raise Hint("Three sets are wanted.", f"For the {kind} give a set of numbers, such as {{1, 5}}.")
    chosen = {number(item) for item in answer}
    if not chosen <= set(range(1, 9)):
        raise Hint("The changes are numbered from 1 to 8.", f"In the set for the {kind} there is another.")
    return chosen


@checker("Put your function in: it gets a model and a strength, and returns the penalty.")
def check_l1_penalty(l1_penalty: object) -> str:
    """A function (model, strength) -> strength times the sum of all |weight|, with its gradient."""
    for widths, strength in (((9, 5, 14, 3), 0.3), ((6, 11, 4), 0.7)):
        model = _random_model(widths)
        result = call(l1_penalty, model, strength, missing="Return the penalty, one number.")
        layers = [layer for layer in model if isinstance(layer, nn.Linear)]
        weights = [layer.weight.detach() for layer in layers]
        sizes = [weight.abs().sum().item() for weight in weights]
        squares = sum(weight.square().sum().item() for weight in weights)
        biases = sum(layer.bias.abs().sum().item() for layer in layers)
        expect(number(result), strength * sum(sizes), [
            (strength * (sum(sizes) + biases), "You punish too much. Which parameters are left out?",
             "Leave the biases out: only weight matrices, which have two axes, are penalised."),
            (strength * sum(weight.sum().item() for weight in weights),
             "Weights of 3 and -3 should not cancel.",
             "What is summed is the size of each weight, without its sign: .abs()."),
            ([strength * squares, strength * squares / 2], "That is another penalty. What does L1 sum?",
             "The sum of squares belongs to L2. L1 sums the sizes."),
            (strength / 2 * sum(sizes), "You punish by half. Which of the two penalties has a factor 1/2?",
             "The factor 1/2 belongs to L2; L1 has none."),
            (sum(sizes), "What is the strength for?", "Multiply the sum by the strength."),
            ([strength * sum(sizes) / sum(weight.numel() for weight in weights),
              strength * sum(weight.abs().mean().item() for weight in weights)],
             "A sum is wanted, not a mean.", "You divide by the number of weights."),
            ([strength * sizes[0], strength * sizes[-1]],
             "Some layers are left out. Over which ones do you sum?",
             "Your penalty is that of one layer alone; add them up."),
        ], ("That is not the penalty yet.",
            "On a fresh network it should be {wanted:.4g}; yours is {answer:.4g}."), rtol=1e-4)  # fmt: skip
        if not isinstance(result, Tensor) or not result.requires_grad:
            raise Hint("The number is right, but no gradient flows through it.",
                       "Leave out .item(), .detach() and float(): training needs the tensor.")  # fmt: skip
        result.sum().backward()
        for layer, weight in zip(layers, weights, strict=True):
            gradient = 0.0 if layer.weight.grad is None else layer.weight.grad
            expect(gradient, strength * weight.sign(), [], (
                "The gradient is not right. Does the penalty reach the weights themselves?",
                "Use the layers' weights themselves, not copies of them."
            ))  # fmt: skip
    return "The penalty and its gradient are right, on a fresh random network."


def _random_model(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with a ReLU between them; random weights, most of them below 0, and random biases."""
    layers = [layer for sizes in pairwise(widths) for layer in (nn.Linear(*sizes), nn.ReLU())]
    model = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(mean=-0.3)
    return model


@checker("Put your function in: it gets two lists of accuracies, and returns one number.")
def check_t_value(t_value: object) -> str:
    """A function (first, second) -> (mean of second - mean of first) / standard error of the difference."""

    def right(a: list[float], b: list[float]) -> float:
        return ttest_ind(b, a, equal_var=False).statistic

    def by(error: Callable) -> Callable:
        """The rule that divides by the `error` that is made of two standard deviations and two counts."""
        return lambda a, b, ddof=1: (
            (np.mean(b) - np.mean(a)) / error(np.std(a, ddof=ddof), np.std(b, ddof=ddof), len(a), len(b))
        )

    first = (0.97 + 0.004 * torch.rand(4, dtype=torch.float64)).tolist()
    second = (0.972 + 0.008 * torch.rand(7, dtype=torch.float64)).tolist()
    expect_rule(t_value, [(first, second), (second, first)], right, [
        ([lambda a, b: right(b, a), lambda a, b: abs(right(a, b))], "Which of the two is better?",
         "t is above 0 where the second recipe is better, and below 0 where the first one is."),
        (by(lambda *_: 1), "How large is that, compared with luck?",
         "Divide the difference by its standard error."),
        (lambda a, b: by(lambda s, z, n, m: (s**2 / n + z**2 / m) ** 0.5)(a, b, ddof=0),
         "Nearly: look at the standard deviations.",
         "Divide the squared distances by n - 1, not by n: with three seeds it matters."),
        (by(lambda s, z, n, m: (s**2 + z**2) ** 0.5), "What did the number of seeds do?",
         "A mean of n values is surer than a single one: each s² is divided by its n."),
        ([by(lambda s, z, n, m: s / n**0.5 + z / m**0.5), by(lambda s, z, n, m: s**2 / n + z**2 / m)],
         "Two uncertainties do not simply add up.",
         "Add s²/n of the one and of the other, and then take the square root."),
        (lambda a, b: ttest_ind(b, a).statistic, "Which standard deviation do you divide by?",
         "You throw both lists together into one standard deviation; each has its own s²/n."),
        (When(lambda answer, *_: not np.isfinite(answer)), "That is no number.",
         "Is a standard error 0? Each list has more than one accuracy."),
    ], ("That is not t yet.", "For {0} and {1} t should be {wanted:.4g}; yours is {answer:.4g}."),
        rtol=1e-4, missing="Return t, one number.")  # fmt: skip
    return "As scipy has it, on fresh random accuracies."
