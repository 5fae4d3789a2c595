"""Checkers of notebooks/extensions/your_own_digit.ipynb."""

import functools
import random
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits import (
    Grey,
    Photo,
    centre_in_frame,
    crop_to_ink,
    draw_photo,
    fit_to_box,
    remove_paper,
    to_grey,
    to_ink,
)
from mnist_helpers.exercises.feedback import When, checker, expect_each, expect_rule, one_of

# (brightness of the paper, brightness of the ink): in good light, in dim light, and on boards.
LIGHT_PAPER = [(230, 60), (200, 90), (105, 15), (120, 40)]
DARK_BOARD = [(40, 220), (70, 240), (60, 115), (150, 250)]


@checker("Return True where the ink is darker than the paper, and False where it is brighter.")
def check_dark_on_light(dark_on_light: object) -> str:
    """A function from (h, w) uint8 grey levels to whether the ink is darker than the paper."""

    def is_dark(grey: Grey) -> bool:
        return bool(np.median(grey) > (int(grey.min()) + int(grey.max())) / 2)

    expect_rule(dark_on_light, [(grey_photo(*pair),) for pair in LIGHT_PAPER + DARK_BOARD], is_dark, [
        (lambda grey: not is_dark(grey), "Exactly the wrong way round.",
         "True means that the ink is darker than the paper."),
        ([lambda grey: True, lambda grey: False], "It says the same of every photo.",
         "It says {answer} of blackboards and of white paper alike."),
    ], ("It works for some photos. Think of dim light, and of grey boards in bright light.",
        "On one photo you say {answer}, and {wanted} is right. Compare the ink with the paper of the same "
        "photo, not with a fixed number: which of the two has far more pixels?"),
        missing="Return True or False.")  # fmt: skip
    return "White paper, dim light, blackboards: it knows the ink from the paper on all of them."


@functools.cache
def grey_photo(paper: int, ink: int) -> Grey:
    """A photo of the exercise, as grey levels, of shape (120, 160)."""
    drawn = random.Random(paper + ink)
    photo = Photo(
        drawn.choice([2, 3, 5]), size=(160, 120), centre=(drawn.uniform(0.42, 0.58), 0.5),
        height=drawn.uniform(0.4, 0.65), pen=0.06, ink=(ink,) * 3, paper=(paper,) * 3,
        shadow=drawn.uniform(0, 0.1),
    )  # fmt: skip
    return np.asarray(draw_photo(photo, seed=paper).convert("L"))


@checker("Return a part of `ink`: the box around all that is not 0, and `margin` pixels more on each side.")
def check_crop_with_margin(crop: object) -> str:
    """A function (ink (h, w), margin) -> the box around the ink, enlarged within the picture."""

    def boxed(ink: Grey, margin: int) -> Grey:
        rows, columns = np.nonzero(ink)
        top, left = max(rows.min() - margin, 0), max(columns.min() - margin, 0)
        return ink[top : rows.max() + 1 + margin, left : columns.max() + 1 + margin]

    def lost(answer: NDArray, wanted: NDArray) -> list[int]:
        return [more - less for more, less in zip(wanted.shape, answer.shape, strict=True)]

    cases = [(ink, margin) for ink in (_random_ink(8), _random_ink(0)) for margin in (0, 3)]
    expect_rule(crop, cases, boxed, [
        (When(lambda answer, *_: answer.ndim != 2), "A picture has rows and columns.",
         "Return a part of the picture, of shape (h, w)."),
        (lambda ink, margin: boxed(ink, 0), "The margin is missing.",
         "Go `margin` pixels further on each of the four sides."),
        (When(lambda answer, wanted, ink, _: not ink[0].any() and max(lost(answer, wanted)) == 1
              and min(lost(answer, wanted)) >= 0), "Something at the end is cut off.",
         "A slice stops before its end: to keep row 17, the slice has to end at 18."),
        (When(lambda answer, wanted, ink, _: ink[0].any()),
         "It works in the middle of a picture, but not at its edge.",
         "Near the edge the first row less the margin is below 0, and a negative start counts from the end; "
         "and beyond the edge there is nothing to add."),
        (lambda ink, margin: boxed(ink, margin).T, "Rows or columns?",
         "Rows come first: picture[rows, columns]."),
    ], ("That is not the box around the ink yet.",
        "The shape is right, the pixels are not: cut them out as they are."),
        shape="It is the box around all that is not 0, with the margin on each side.",
        missing="Return a part of the picture.")  # fmt: skip
    return "All ink, the margin around it, and never beyond the edge of the picture."


def _random_ink(room: int) -> Grey:
    """Ink in two parts, faint at its ends, no two rows or columns alike; `room` pixels of paper around it."""
    ink = np.random.default_rng(room).integers(1, 256, (9, 16), dtype=np.uint8)
    ink[[0, -1]], ink[:, [0, -1]], ink[:, 6] = 0, 0, 0
    ink[[0, -1], [3, 4]] = ink[[2, 5], [0, -1]] = 1
    return np.pad(ink, ((room, room and room + 1), (room and room + 2, room)))


@checker("Weigh every row by the ink in it: where is the average?")
def check_centre_of_mass(centre_of_mass: object) -> str:
    """A function from (h, w) uint8 ink to its centre of mass as (row, column)."""

    def middle(ink: Grey, of_box: bool, extra: int) -> tuple[float, float]:
        places = np.nonzero(ink) if of_box else np.indices(ink.shape)
        return tuple((axis.min() + axis.max() + extra) / 2 for axis in places)

    mass = ndimage.center_of_mass
    expect_rule(centre_of_mass, [(_lopsided_ink(),) for _ in range(3)], mass, [
        (lambda ink: mass(ink)[::-1], "Look at the order.",
         "Row first (how far down), then column (how far to the right)."),
        (lambda ink: mass(ink > 0), "That is the average place of the ink, but bright pixels weigh more.",
         "You count every pixel that is not 0 alike; weigh each with its brightness."),
        ([lambda ink, ways=ways: middle(ink, *ways) for ways in product((False, True), (0, 1))],
         "That is the middle of the picture or of the box around the ink.",
         "A 7 has most of its ink at the top. Let every pixel pull with its brightness."),
        (lambda ink: tuple(1 + place for place in mass(ink)), "One off.",
         "Rows and columns are counted from 0."),
        (When(lambda answer, _, ink: any(np.greater(answer, ink.shape))), "That lies outside of the picture.",
         "Divide the sum of brightness × position by the sum of the brightness. "
         "(And does a sum of uint8 fit where you keep it?)"),
    ], ("That is not the centre of mass yet.",
        "On one picture it lies at ({wanted[0]:.2f}, {wanted[1]:.2f}); "
        "you say ({answer[0]:.2f}, {answer[1]:.2f})."),
        form="a pair (row, column)", rtol=0, atol=0.01,
        missing="Return two numbers: row and column.")  # fmt: skip
    return "The same as scipy's, on three fresh random pictures."


def _lopsided_ink() -> Grey:
    """Ink that is heavy in one corner, in a picture that is not square."""
    rng = np.random.default_rng(random.getrandbits(32))
    height, width = int(rng.integers(15, 20)), int(rng.integers(25, 32))
    weight = np.linspace(0, 1, height)[:, None] ** 2 * np.linspace(1, 0, width) ** 2
    ink = rng.integers(60, 256, (height, width)) * weight * (rng.random((height, width)) < 0.7)
    return ink.round().astype(np.uint8)


MISSING = {"A": "20 × 20 box", "B": "polarity", "C": "centre of mass", "D": "paper", "E": "crop"}
NAMES = {
    "polarity": "polar|invert",
    "paper": "paper|shadow|uneven light",
    "crop": "crop",
    "20 × 20 box": r"\b20\b|box|size",
    "centre of mass": r"\bmass\b|centre|center",
}
CLUES = {
    "A": "how many pixels of margin does an image of MNIST have on each side?",
    "B": "which is brighter, the ink or the paper?",
    "C": "its size is right. Is its place?",
    "D": "what is it, beside the digit, that was taken for ink?",
    "E": "how much of it is empty, and which step removes that?",
}


def unfinished_picture(letter: str) -> NDArray[np.uint8]:
    """Picture A to E of the exercise, (28, 28): a photo prepared without one of the steps. No peeking."""
    without = MISSING[letter]
    digit = {"A": 5, "B": 3, "C": 2, "D": 3, "E": 5}[letter]
    grey = to_grey(draw_photo(Photo(digit, centre=(0.4, 0.45), height=0.55, ink=(35, 60, 150), shadow=0.6)))
    clean = remove_paper(255 - grey if without == "paper" else to_ink(grey))
    cropped = crop_to_ink(clean) if without != "crop" else clean
    if without == "20 × 20 box":
        return np.asarray(Image.fromarray(cropped).resize((IMAGE_SIZE, IMAGE_SIZE)))
    if without == "centre of mass":
        frame = np.zeros((IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
        boxed = fit_to_box(cropped)
        frame[-boxed.shape[0] :, : boxed.shape[1]] = boxed
        return frame
    framed = centre_in_frame(fit_to_box(cropped))
    return 255 - framed if without == "polarity" else framed


@checker("Write one of the five names, in quotes, for each of the pictures.")
def check_missing_steps(*answers: object) -> str:
    """The step that each of the pictures A to E lacks, in that order."""
    expect_each(answers, MISSING, CLUES, "pictures", lambda answer: one_of(answer, NAMES))
    return "All five found by looking. That is how to debug a preparation."
