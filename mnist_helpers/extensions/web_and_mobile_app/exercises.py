"""Checkers of notebooks/extensions/web_and_mobile_app.ipynb."""

import math
import random
import warnings

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits import BOX_SIZE
from mnist_helpers.exercises.feedback import Hint, When, checker, expect_each, expect_rule, same, truth

Shapes = list[list[int]]


@checker("Return a list with one place per array, and the bytes of all arrays together.")
def check_lay_out(lay_out: object) -> str:
    """A function from the shapes of arrays to the places of their first values and the file's length."""

    def sizes(shapes: Shapes) -> list[int]:
        return [math.prod(shape) for shape in shapes]

    def places(sizes: list[int]) -> NDArray:
        return np.cumsum([0, *sizes])[:-1]

    def right(shapes: Shapes) -> tuple[NDArray, int]:
        return places(sizes(shapes)), 4 * sum(sizes(shapes))

    def mistake(which: int, rule: object) -> When:
        return When(lambda answer, _, shapes: same(answer[which], rule(shapes)))

    cases = [(_random_shapes(axes),) for axes in ([2, 1, 4], [2, 1], [3, 1, 2, 2, 1])]
    correct, last = "The places are right", "The last array belongs to it, too."
    short = f"{correct}, the file is too short."
    expect_rule(lay_out, cases, right, [
        (When(lambda answer, wanted, shapes: np.shape(answer[0]) != (len(shapes),)),
         "One place for every array.", "The shapes {0} are given; you return the places {answer[0]}."),
        (mistake(0, lambda shapes: 4 * places(sizes(shapes))), "In which unit?",
         "The JSON file counts values, not bytes, up to the first of the array."),
        (mistake(0, lambda shapes: np.cumsum(sizes(shapes))), "These are the ends.",
         "The first array begins at 0; each later one where the last ended."),
        (mistake(0, sizes), "That is how long each array is.",
         "An array begins after all the arrays before it together."),
        (mistake(0, lambda shapes: places([sum(shape) for shape in shapes])), "How many values has an array?",
         "An array of shape (3, 4) has 3 times 4 values, not 3 plus 4."),
        (When(lambda answer, wanted, _: not same(answer[0], wanted[0])), "The places are not right yet.",
         "For the shapes {0} the second array begins at {wanted[0][1]}; you say {answer[0][1]:g}."),
        (mistake(1, lambda shapes: sum(sizes(shapes))), f"{correct}. And the unit of the length?",
         "That many values; float32 means …?"),
        (mistake(1, lambda shapes: 8 * sum(sizes(shapes))), f"{correct}, the file is too long.",
         "32 bits are four bytes; float64 would take eight."),
        (mistake(1, lambda shapes: sum(sizes(shapes)[:-1])), short, last),
        (mistake(1, lambda shapes: 4 * sum(sizes(shapes)[:-1])), short, last),
    ], (f"{correct}, the length is not.",
        "For the shapes {0} the file holds {wanted[1]} bytes; you say {answer[1]:g}."),
        form="a pair (places, num_bytes)", missing="Return two things: the places, and the bytes.",
        )  # fmt: skip
    return "Places and length agree, for three sets of arrays made up on the spot."


def _random_shapes(axes: list[int]) -> Shapes:
    """One shape for each number of axes; products differ from sums."""
    return [[random.randint(3, 12) for _ in range(number)] for number in axes]


@checker("Return an array of the same shape as `logits`, in which each row adds up to 1.")
def check_softmax(softmax: object) -> str:
    """A function from logits (n, k), float32, to probabilities (n, k), for logits of any size."""

    def right(logits: NDArray) -> NDArray:
        return special.softmax(logits.astype(np.float64), axis=1)

    def naive(logits: NDArray) -> NDArray:
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    borrowed = ("Can you do it without a ready-made one?", "Write it with exp, max and sum: no softmax.")
    if any("softmax" in name for name in getattr(getattr(softmax, "__code__", None), "co_names", ())):
        raise Hint(*borrowed)
    common = {
        "missing": "Return the probabilities.",
        "shape": "One probability for every logit.",
        "without": ("softmax", *borrowed),
    }
    rng = np.random.default_rng(0)
    ordinary = [(rng.normal(0, 3, shape).astype(np.float32),) for shape in ((7, 10), (10, 10), (1, 10))]
    large = np.float32(
        [[1000, 0, 0], [0, 1000, -1000], [-1000, -1000, -999], [-1000, -998, -999], [998, 999, 1000]]
    )
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what overflows is said in words
        expect_rule(softmax, ordinary, right, [
            (lambda logits: right(logits.T).T, "Each column adds up to 1.",
             "It is each row, the ten digits of one image: axis=1."),
            (When(lambda answer, *_: answer.ndim == 2 and same(answer.sum(), 1.0, 1e-4)),
             "All rows together add up to 1.",
             "Divide each row by its own sum: axis=1, keepdims=True."),
            (When(lambda answer, wanted, _: answer.shape == wanted.shape and (answer >= 0).all()
                  and same(answer / answer.max(axis=1, keepdims=True),
                           wanted / wanted.max(axis=1, keepdims=True), 1e-4)),
             "Nearly: the ratios are right, the sums are not.",
             "Your rows do not add up to 1; divide each row by its sum."),
        ], ("That is no softmax yet.",
            "e to the power of each logit, divided by the sum of these powers in the same row."),
            rtol=1e-4, atol=1e-5, **common)  # fmt: skip
        expect_rule(softmax, [(large[i : i + 1],) for i in range(len(large))] + [(large,)], right, [
            (When(lambda answer, wanted, logits: len(logits) > 1),
             "Large logits work, but not when rows of very different sizes come together.",
             "Each row has a largest logit of its own: subtract that (axis=1, keepdims=True), not the "
             "largest of the whole array."),
            (When(lambda answer, *_: np.isfinite(answer).all() and (answer.sum(axis=1) > 0.5).all()),
             "No overflow, but the probabilities of large logits are wrong.",
             "Logits of thousands that differ by 1 must still give different probabilities. Shift them all "
             "by the same amount; do not cut them off."),
            (naive, "It works for ordinary logits. Now try logits of 1,000, and of -1,000.",
             "Logits of 1,000 give nan. Adding the same number to all logits of a row changes no "
             "probability. Which number makes the largest power harmless?"),
        ], ("It works for ordinary logits. Now try rows like 1000, 0, 0 and 0, 1000, -1000.",
            "For the logits {0} you return {answer}: what you subtract leaves a logit far above 0, or all "
            "of them far below. Which logit of its row must become 0?"),
            rtol=1e-3, atol=1e-4, **common)  # fmt: skip
    return "The same as torch's on ordinary logits, and nothing overflows at 1,000 or -1,000."


@checker("Return one whole number: the row of the frame in which the picture begins.")
def check_start(start: object) -> str:
    """A function (centre of mass, length) -> first pixel, so that the centre comes to 14 in 0..27."""

    def inside(centre: float, length: int) -> int:
        return min(max(round(IMAGE_SIZE / 2 - centre), 0), IMAGE_SIZE - length)

    common = {"missing": "Return one number."}
    half = (When(lambda answer, *_: answer % 1 != 0), "Half a pixel cannot be shifted.",
            "For the centre {0:.2f} you return {answer:g}; round it to a whole number.")  # fmt: skip
    expect_rule(start, [_random_place() for _ in range(20)], inside, [
        half,
        (lambda centre, length: math.floor(IMAGE_SIZE / 2 - centre), "Up to a pixel too high, at times.",
         "The middle is pixel 14, not 13.5; and int and // cut off, while round goes to the nearest."),
        *((lambda centre, length, whole=whole: whole((IMAGE_SIZE - length) / 2),
           "That centres the box, not the ink.", "Use the centre of mass: it is what has to come to 14.")
          for whole in (math.floor, math.ceil, round)),
        (lambda centre, length: round(centre - IMAGE_SIZE / 2), "The wrong direction.",
         "A centre at 10 has to move down by 4, so the picture begins at row 4."),
    ], ("Not the right row yet.",
        "{1} rows with their centre of mass at {0:.2f}: begun at {answer:g}, they do not have it at 14; "
        "begun at {wanted} they do, as nearly as may be."), **common)  # fmt: skip
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
        f"{keep}"), **common)  # fmt: skip
    return "In the middle by its mass, whatever the digit, and never outside the frame."


def _random_place() -> tuple[float, int]:
    """A centre of mass and a length that fit the frame; the start is no matter of rounding."""
    length = random.randint(12, BOX_SIZE)
    whole = random.randint(7, min(length - 3, 13))
    return whole + random.choice([-1, 1]) * random.uniform(0.1, 0.4), length


ADDRESSES = {
    "a": ("http://localhost:8010/", True),
    "b": ("http://192.168.1.20:8010/", False),
    "c": ("https://ada.github.io/digits/", True),
    "d": ("http://www.example.org/digits/", False),
    "e": ("file:///digits.html", False),
}
CLUES = {
    "a": "the browser and the server are the same machine, so nobody can listen in between.",
    "b": "the phone's browser reaches the laptop through the air, and without encryption.",
    "c": "look at the first letters.",
    "d": "look at the first letters, and at whose machine it is.",
    "e": "a service worker stands between a page and its server. Is there one?",
}


@checker("A yes or a no for each of the five addresses.")
def check_installable(*answers: object) -> str:
    """Whether the app can be installed from each of the addresses a to e, in that order."""
    right = {letter: installable for letter, (_, installable) in ADDRESSES.items()}
    expect_each(answers, right, CLUES, "addresses", truth)
    return "All five: encryption, or your own machine; and there has to be a server."
