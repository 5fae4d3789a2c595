"""Checkers of notebooks/extensions/web_and_mobile_app.ipynb."""

import math
import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits import BOX_SIZE
from mnist_helpers.exercises.answers import same, truth
from mnist_helpers.exercises.feedback import When, checker, expect_each, expect_rule


@checker("Return two things: the whole numbers, and the scale.")
def check_quantise(quantise: object) -> str:
    """A function from weights to whole numbers from -127 to 127, in the same shape, and their scale."""

    def by(scale: float, weights: NDArray, whole: Callable = np.rint) -> tuple[NDArray, float]:
        return whole(weights / scale), scale

    def right(weights: NDArray, whole: Callable = np.rint) -> tuple[NDArray, float]:
        return by(abs(weights).max() / 127, weights, whole)

    cases = [(_random_weights(*case),) for case in (((5, 8), -1), ((12,), 1), ((4, 3, 2), -1))]
    expect_rule(quantise, cases, right, [
        (lambda w: by(w.max() / 127, w), "Weights have two signs. Which one is furthest from 0?",
         "The weight furthest from 0 may lie below it, and then your numbers go beyond -127."),
        (lambda w: by(abs(w).max() / 128, w), "Does the largest number fit?",
         "An int8 ends at 127: with your scale a weight can become 128."),
        (lambda w: by(np.ptp(w) / 255, w), "Where does 0 go, and the weight furthest from it?",
         "Divide by the scale with which the weight furthest from 0 becomes 127 or -127."),
        ([lambda w: right(w, np.trunc), lambda w: right(w, np.floor)], "Mind the rounding.",
         "Some numbers are one off: `int` cuts off; np.rint goes to the nearest."),
        (When(lambda answer, *_: (answer[0] % 1 != 0).any()),
         "A byte holds a whole number. What is left to do after dividing?",
         "Round after dividing by the scale."),
        (When(lambda answer, wanted, _: same(answer[1], 1 / wanted[1], 1e-4)), "Which way does it scale?",
         "Numbers times scale give the weights again; yours turns weights into numbers."),
    ], ("Numbers times scale are not as near to the weights as they can be.",
        "One scale for the whole array: the weight furthest from 0 becomes 127 or -127."),
        form="a pair (numbers, scale)", rtol=1e-4, missing="A pair is wanted: numbers, scale.")  # fmt: skip
    return "No weight has moved by more than half a step, in three arrays made up on the spot."


def _random_weights(shape: tuple[int, ...], sign: int) -> NDArray[np.float32]:
    """Weights of which the one furthest from 0 has this sign; no rounding of them is a close call."""
    steps = np.random.randint(-120, 121, shape) + np.random.uniform(-0.4, 0.4, shape)  # noqa: NPY002
    steps.flat[0] = sign * 127
    return (steps * np.random.uniform(0.001, 0.02)).astype(np.float32)  # noqa: NPY002


@checker("Return one whole number: the row of the frame in which the picture begins.")
def check_start(start: object) -> str:
    """A function (centre of mass, length) -> first pixel, so that the centre comes to 14 in 0..27."""

    def inside(centre: float, length: int) -> int:
        return min(max(round(IMAGE_SIZE / 2 - centre), 0), IMAGE_SIZE - length)

    missing = "Return one number."
    half = (When(lambda answer, *_: answer % 1 != 0),
            "There is no shift by half a pixel. What has to be done with the number?",
            "For the centre {0:.2f} you return {answer:g}; round it to a whole number.")  # fmt: skip
    expect_rule(start, [_random_place() for _ in range(20)], inside, [
        half,
        (lambda centre, length: math.floor(IMAGE_SIZE / 2 - centre), "Up to a pixel too high, at times.",
         "The middle is pixel 14, not 13.5; and int and // cut off, while round goes to the nearest."),
        ([lambda centre, length: (IMAGE_SIZE - length) // 2, lambda centre, length: (29 - length) // 2],
         "That centres the box, not the ink.", "Use the centre of mass: it is what has to come to 14."),
        (lambda centre, length: round(centre - IMAGE_SIZE / 2),
         "The wrong direction. Which way does a digit move whose centre is too high?",
         "A centre at 10 has to move down by 4, so the picture begins at row 4."),
    ], ("Not the right row yet. Where does the centre of mass end up?",
        "{1} rows with their centre of mass at {0:.2f}: begun at {answer:g}, they do not have it at 14; "
        "begun at {wanted} they do, as nearly as may be."), missing=missing)  # fmt: skip
    leaves = "It works for most digits. A very lopsided one leaves the frame."
    digit = "{1} rows with their centre of mass at {0:.1f} would"
    keep = "Keep the start between the two ends that it may have."
    lopsided = [(17.3, BOX_SIZE), (15.8, BOX_SIZE), (0.2, BOX_SIZE), (3.1, BOX_SIZE), (1.2, 12), (0.4, 5)]
    expect_rule(start, lopsided, inside, [
        half,
        (When(lambda answer, *_: answer < 0), leaves, f"{digit} begin above row 0. {keep}"),
        (When(lambda answer, _, centre, length: answer + length > IMAGE_SIZE), leaves,
         f"{digit} end below row 27. {keep}"),
    ], (leaves, f"{digit} lie inside, but begin at {{answer:g}} where {{wanted}} is closer to the middle. "
        f"{keep}"), missing=missing)  # fmt: skip
    return "In the middle by its mass, whatever the digit, and never outside the frame."


def _random_place() -> tuple[float, int]:
    """A centre of mass and a length that fit the frame; the start is no matter of rounding."""
    length = random.randint(12, BOX_SIZE)
    whole = random.randint(7, min(length - 3, 13))
    return whole + random.choice([-1, 1]) * random.uniform(0.1, 0.4), length


INSTALLABLE = {
    "a": (True, "the browser and the server are the same machine, so nobody can listen in between."),
    "b": (False, "the phone's browser reaches the laptop through the air, and without encryption."),
    "c": (True, "look at the first letters."),
    "d": (False, "look at the first letters, and at whose machine it is."),
    "e": (False, "a service worker stands between a page and its server. Is there one?"),
}


@checker("A yes or a no for each of the five addresses.")
def check_installable(*answers: object) -> str:
    """Whether the app can be installed from each of the addresses a to e, in that order."""
    expect_each(answers, INSTALLABLE, "addresses", truth)
    return "All five: encryption, or your own machine; and there has to be a server."
