"""Checkers of notebooks/extensions/your_own_digit.ipynb."""

import math
import random
from collections.abc import Callable

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
from mnist_helpers.exercises.feedback import Hint, call, checker

# ------------------------------------------------------------------ dark on light?

# (brightness of the paper, brightness of the ink): in good light, in dim light, and on boards.
LIGHT_PAPER = [(230, 60), (200, 90), (105, 15), (120, 40)]
DARK_BOARD = [(40, 220), (70, 240), (60, 115), (150, 250)]


@checker("Return True where the ink is darker than the paper, and False where it is brighter.")
def check_dark_on_light(dark_on_light: Callable[[Grey], bool]) -> str:
    """A function from (h, w) uint8 grey levels to whether the ink is darker than the paper."""
    verdicts = {}
    for paper, ink in LIGHT_PAPER + DARK_BOARD:
        answer = call(dark_on_light, _grey_photo(paper, ink), missing="Return True or False.")
        if np.ndim(answer) != 0 or answer not in (True, False):
            what = repr(answer) if np.ndim(answer) == 0 else f"an array of shape {np.shape(answer)}"
            raise Hint("A yes or a no is wanted.", f"Return True or False; yours returns {what}.")
        verdicts[paper, ink] = bool(answer)
    wrong = [(paper, ink) for (paper, ink), says in verdicts.items() if says != (paper > ink)]
    if not wrong:
        return "White paper, dim light, blackboards: it knows the ink from the paper on all of them."
    if len(wrong) == len(verdicts):
        raise Hint("Exactly the wrong way round.", "True means that the ink is darker than the paper.")
    if len(set(verdicts.values())) == 1:
        raise Hint(
            "It says the same of every photo.",
            f"It says {next(iter(verdicts.values()))} of blackboards and of white paper alike.",
        )
    paper, ink = wrong[0]
    raise Hint(
        "It works for some photos. Think of dim light, and of grey boards in bright light.",
        f"On one photo the paper is about {paper} and the ink about {ink}, and you say {paper <= ink}. "
        "Compare the ink with the paper of the same photo, not with a fixed number: which of the two has "
        "far more pixels?",
    )


def _grey_photo(paper: int, ink: int) -> Grey:
    centre = random.uniform(0.42, 0.58), random.uniform(0.42, 0.58)
    photo = Photo(
        random.choice([2, 3, 5]), size=(160, 120), centre=centre, height=random.uniform(0.4, 0.65), pen=0.06,
        ink=(ink,) * 3, paper=(paper,) * 3, shadow=random.uniform(0, 0.1),
    )  # fmt: skip
    return np.asarray(draw_photo(photo, seed=random.getrandbits(16)).convert("L"))


# ------------------------------------------------------------------ crop with a margin


@checker("Return a part of `ink`: the box around all that is not 0, and `margin` pixels more on each side.")
def check_crop_with_margin(crop: Callable[[Grey, int], Grey]) -> str:
    """A function (ink (h, w), margin) -> the box around the ink, enlarged within the picture."""
    inside, at_edge = _random_ink(room=8), _random_ink(room=0)
    margin = random.randint(2, 5)
    for ink, margins in ((inside, (0, margin)), (at_edge, (0, margin))):
        for pixels in margins:
            _check_crop(crop, ink, pixels, touches=ink is at_edge)
    return "All ink, the margin around it, and never beyond the edge of the picture."


def _random_ink(room: int) -> Grey:
    """A blob of ink, no two rows or columns alike; `room` pixels of paper on every side at least."""
    rng = np.random.default_rng(random.getrandbits(32))
    height, width = rng.integers(6, 12), rng.integers(13, 20)
    blob = rng.integers(1, 256, (height, width), dtype=np.uint8)
    top, left, bottom, right = room + rng.integers(0, 2, 4) * bool(room)
    return np.pad(blob, ((top, bottom), (left, right)))


def _box(ink: Grey, margin: int) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of the enlarged box, the ends exclusive."""
    (rows, columns), (height, width) = np.nonzero(ink), ink.shape
    top, left = max(rows.min() - margin, 0), max(columns.min() - margin, 0)
    return top, min(rows.max() + 1 + margin, height), left, min(columns.max() + 1 + margin, width)


def _check_crop(crop: Callable, ink: Grey, margin: int, touches: bool) -> None:
    top, bottom, left, right = _box(ink, margin)
    expected = ink[top:bottom, left:right]
    given = ink.copy()
    result = np.asarray(call(crop, given, margin, missing="Return a part of the picture."))
    if result.shape == expected.shape and np.array_equal(result, expected):
        if not np.array_equal(given, ink):
            raise Hint(
                "The result is right, but the picture has changed.", "Cut a part out; do not write into it."
            )
        return
    if result.ndim != 2:
        raise Hint(
            "A picture has rows and columns.",
            f"Return a part of the picture, of shape (h, w); yours has the shape {result.shape}.",
        )
    tight = ink[slice(*_box(ink, 0)[:2]), slice(*_box(ink, 0)[2:])]
    if margin and np.array_equal(result, tight):
        raise Hint("The margin is missing.", "Go `margin` pixels further on each of the four sides.")
    lost = [wanted - got for wanted, got in zip(expected.shape, result.shape, strict=True)]
    if not touches and max(lost) == 1 and min(lost) >= 0:
        raise Hint(
            "Something at the end is cut off.",
            "A slice stops before its end: to keep row 17, the slice has to end at 18.",
        )
    if touches and margin:
        raise Hint(
            "It works in the middle of a picture, but not at its edge.",
            "Near the edge the first row less the margin is below 0, and a negative start counts from the "
            f"end: your part has the shape {result.shape} instead of {expected.shape}.",
        )
    if result.shape == expected.T.shape and result.shape != expected.shape:
        raise Hint("Rows or columns?", "Rows come first: picture[rows, columns].")
    raise Hint(
        "That is not the box around the ink yet.",
        f"A picture of {ink.shape} whose ink fills {tight.shape}, with margin {margin}, should give "
        f"{expected.shape}; yours gives {result.shape}.",
    )


# ------------------------------------------------------------------ centre of mass


@checker("Weigh every row by the ink in it: where is the average?")
def check_centre_of_mass(centre_of_mass: Callable[[Grey], tuple[float, float]]) -> str:
    """A function from (h, w) uint8 ink to its centre of mass as (row, column)."""
    for _ in range(3):
        ink = _lopsided_ink()
        result = call(centre_of_mass, ink.copy(), missing="Return two numbers: row and column.")
        try:
            row, column = (float(value) for value in result)
        except (TypeError, ValueError):
            raise Hint("Two numbers are wanted.", "End with `return row, column`.") from None
        _check_centre(ink, row, column)
    return "The same as scipy's, on three fresh random pictures."


def _lopsided_ink() -> Grey:
    """Ink that is heavy in one corner, in a picture that is not square."""
    rng = np.random.default_rng(random.getrandbits(32))
    height, width = int(rng.integers(15, 20)), int(rng.integers(25, 32))
    weight = np.linspace(0, 1, height)[:, None] ** 2 * np.linspace(1, 0, width) ** 2
    ink = rng.integers(60, 256, (height, width)) * weight * (rng.random((height, width)) < 0.7)
    return ink.round().astype(np.uint8)


def _check_centre(ink: Grey, row: float, column: float) -> None:
    def near(point: tuple[float, float], tolerance: float = 0.01) -> bool:
        return math.dist((row, column), point) < tolerance

    true = ndimage.center_of_mass(ink)
    rows, columns = np.nonzero(ink)
    if near(true):
        return
    if near(true[::-1]):
        raise Hint("Look at the order.", "Row first (how far down), then column (how far to the right).")
    if near((rows.mean(), columns.mean())):
        raise Hint(
            "That is the average place of the ink, but bright pixels weigh more.",
            "You count every pixel that is not 0 alike; weigh each with its brightness.",
        )
    height, width = ink.shape
    middles = ((height - 1) / 2, (width - 1) / 2), (height / 2, width / 2)
    boxes = tuple(
        ((rows.min() + rows.max() + d) / 2, (columns.min() + columns.max() + d) / 2) for d in (0, 1)
    )
    if any(near(middle) for middle in middles + boxes):
        raise Hint(
            "That is the middle of the picture or of the box around the ink.",
            "A 7 has most of its ink at the top. Let every pixel pull with its brightness.",
        )
    if near((true[0] + 1, true[1] + 1)):
        raise Hint("One off.", "Rows and columns are counted from 0.")
    if row > height or column > width:
        raise Hint(
            "That lies outside of the picture.",
            "Divide the sum of brightness × position by the sum of the brightness. "
            "(And does a sum of uint8 fit where you keep it?)",
        )
    raise Hint(
        "That is not the centre of mass yet.",
        f"On a picture of {height} × {width} it lies at ({true[0]:.2f}, {true[1]:.2f}); "
        f"you say ({row:.2f}, {column:.2f}).",
    )


# ------------------------------------------------------------------ which step is missing?

MISSING = {
    "A": "20 × 20 box",
    "B": "polarity",
    "C": "centre of mass",
    "D": "paper",
    "E": "crop",
}
KEYWORDS = {
    "polarity": ("polar", "invert"),
    "paper": ("paper", "shadow", "light"),
    "crop": ("crop",),
    "20 × 20 box": ("20", "box", "size"),
    "centre of mass": ("mass", "centre", "center"),
}
CLUES = {
    "polarity": "which is brighter, the ink or the paper?",
    "paper": "what is it, beside the digit, that was taken for ink?",
    "crop": "how much of it is empty, and which step removes that?",
    "20 × 20 box": "how many pixels of margin does an image of MNIST have on each side?",
    "centre of mass": "its size is right. Is its place?",
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
def check_missing_steps(*answers: str) -> str:
    """The step that each of the pictures A to E lacks, in that order."""
    if len(answers) != len(MISSING):
        raise Hint(
            f"There are {len(MISSING)} pictures, and you gave {len(answers)} answers.",
            "Hand over five names, for A to E.",
        )
    named = {letter: _named(letter, answer) for letter, answer in zip(MISSING, answers, strict=True)}
    wrong = [letter for letter, name in named.items() if name != MISSING[letter]]
    if wrong:
        right = f"{len(MISSING) - len(wrong)} of {len(MISSING)} are right."
        letter = wrong[0]
        raise Hint(f"{right} Look at {letter} again.", f"{right} Picture {letter}: {CLUES[MISSING[letter]]}")
    return "All five found by looking. That is how to debug a preparation."


def _named(letter: str, answer: object) -> str:
    text = str(answer).casefold()
    names = [name for name, words in KEYWORDS.items() if any(word in text for word in words)]
    if len(names) != 1:
        raise Hint(
            f"I do not know the step you name for picture {letter}.",
            f"Picture {letter}: write exactly one of {', '.join(map(repr, KEYWORDS))}.",
        )
    return names[0]
