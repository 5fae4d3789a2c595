"""Checkers of notebooks/extensions/your_own_digit.ipynb."""

import functools
import random

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

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


@checker("Return one number: the confidence below which that share of the digits lies.")
def check_limit(limit_for: object) -> str:
    """A function (confidences (n,), share) -> the confidence below which that share of them lies."""
    cases = [(torch.rand(101) ** 0.1, share) for share in (0.01, 0.05, 0.2)]  # no place between two digits
    expect_rule(limit_for, cases, lambda confidence, share: confidence.quantile(share), [
        (lambda confidence, share: confidence.quantile(1 - share), "From which end?",
         "Below your limit lie nearly all digits. The least sure are to be refused, not the surest kept."),
        ([lambda confidence, share: share, lambda confidence, share: 1 - share],
         "That is a share of the digits, not a confidence.",
         "The limit depends on the confidences: sort them, and see where the share ends."),
        (lambda confidence, share: confidence[int(share * len(confidence))],
         "Are they in order?", "Sort the confidences first."),
        ([lambda confidence, share: confidence.min(), lambda confidence, share: confidence.max()],
         "That depends on a single digit.", "Use `share`: how many of the n digits may lie below the limit?"),
        (When(lambda answer, wanted, confidence, share: answer > wanted), "Too many digits are refused.",
         "With a share of {1} the limit is {wanted:.3f}; yours is {answer:.3f}, and more digits lie below."),
    ], ("Fewer digits could be refused, but so would fewer scrawls.",
        "With a share of {1} the limit is {wanted:.3f}; yours is {answer:.3f}."),
        rtol=0, atol=1e-4, missing="Return one number.")  # fmt: skip
    return "For three shares: the least sure digits lie below the limit, and no others."


# Picture -> the step that it lacks, and a clue to it.
MISSING = {
    "A": ("20 × 20 box", "how many pixels of margin does an image of MNIST have on each side?"),
    "B": ("polarity", "which is brighter, the ink or the paper?"),
    "C": ("centre of mass", "its size is right. Is its place?"),
    "D": ("paper", "what is it, beside the digit, that was taken for ink?"),
    "E": ("crop", "how much of it is empty, and which step removes that?"),
}
NAMES = {
    "polarity": "polar|invert",
    "paper": "paper|shadow|uneven light",
    "crop": "crop",
    "20 × 20 box": r"\b20\b|box|size",
    "centre of mass": r"\bmass\b|centre|center",
}


def unfinished_picture(letter: str) -> NDArray[np.uint8]:
    """Picture A to E of the exercise, (28, 28): a photo prepared without one of the steps. No peeking."""
    without, _ = MISSING[letter]
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
    expect_each(answers, MISSING, "pictures", lambda answer: one_of(answer, NAMES))
    return "All five found by looking. That is how to debug a preparation."
