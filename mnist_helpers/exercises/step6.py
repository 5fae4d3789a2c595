"""Checkers of step 6: answers from logits, the second guess, a threshold that holds a limit, the frame."""

import numpy as np
import torch
from torch import Tensor

from mnist_helpers.digits import centre_in_frame, crop_to_ink
from mnist_helpers.exercises.feedback import Hint, call, checker, number


@checker("Three lines: softmax, then the largest value of each row, and where it stands.")
def check_answers(answers_of: object) -> str:
    """6.1: the answers and confidences, each of shape (n,), from logits of shape (n, 10)."""
    logits = torch.randn(40, 10) * 2
    confidence, digit = logits.softmax(dim=1).max(dim=1)
    returned = call(answers_of, logits, missing="A pair is wanted: answers, confidences.")
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise Hint("Two things are wanted.", "Return a pair: `return answers, confidences`.")
    answers, sure = (torch.as_tensor(part) for part in returned)
    if answers.shape != (40,) or sure.shape != (40,):
        raise Hint(
            "Look at the shapes.",
            f"Both should be (40,) for 40 rows, not {tuple(answers.shape)} and {tuple(sure.shape)}.",
        )
    if torch.equal(sure.long(), digit) and answers.is_floating_point():
        raise Hint(
            "Which comes first?", "`max` returns values first, positions second. The answers come first here."
        )
    if not torch.equal(answers.long(), digit):
        raise Hint(
            "The answers differ on random logits.",
            "The answer of a row is the position of its largest value, along dim=1.",
        )
    if torch.allclose(sure.float(), logits.max(dim=1).values):
        raise Hint(
            "The answers are right. Are the confidences between 0 and 1?", "These are logits: softmax first."
        )
    if torch.allclose(sure.float(), logits.softmax(dim=0).max(dim=1).values):
        raise Hint("The confidences are off.", "Your softmax runs over the images; it belongs along dim=1.")
    if not torch.allclose(sure.float(), confidence, atol=1e-5):
        raise Hint(
            "The answers are right, the confidences are not.", "The confidence is the largest probability."
        )
    return "Right, on random logits. This is all that `predict` does."


@checker("Sorting helps, and so does torch.topk.")
def check_top_two(top_two: object) -> str:
    """6.2: the two likeliest digits of each row, likelier first, from probabilities of shape (n, 10)."""
    probabilities = torch.rand(30, 10).softmax(dim=1)
    expected = probabilities.argsort(dim=1, descending=True)[:, :2]
    given = torch.as_tensor(call(top_two, probabilities, missing="Digits of shape (n, 2) are wanted."))
    if given.is_floating_point():
        raise Hint("Which digits are they?", "You returned probabilities; return the positions (indices).")
    if given.shape != (30, 2):
        raise Hint(
            "Look at the shape.",
            f"For 30 rows it should be (30, 2); yours is {tuple(given.shape)}. Mind the dim.",
        )
    if torch.equal(given, expected.flip(1)):
        raise Hint("The right digits. In which order?", "The likelier digit comes first.")
    if torch.equal(given.sort(dim=1).values, probabilities.argsort(dim=1)[:, :2].sort(dim=1).values):
        raise Hint("At which end did you look?", "These are the two least likely digits.")
    if not torch.equal(given, expected):
        raise Hint(
            "Not for every row.", "Row by row: the position of the largest value, then of the second largest."
        )
    return "Right for every row."


@checker("Sort by confidence, count mistakes from the surest down, and see how far you may go.")
def check_share_to_keep(share_to_keep: object) -> str:
    """6.3: the largest share of images, surest first, of which at most a limit is wrong."""
    for limit in (0.005, 0.05, 0.2):
        confidence, right = _made_up_model()
        share = number(call(share_to_keep, confidence, right, limit, missing="A share is wanted."))
        order = confidence.argsort(descending=True)
        wrong_shares = (~right[order]).cumsum(dim=0) / torch.arange(1, len(right) + 1)
        allowed = (wrong_shares <= limit).nonzero().flatten()
        largest, first_break = (allowed.max().item() + 1), (wrong_shares > limit).nonzero()[0].item()
        if _is(share, largest):
            raise Hint("That is how many. What share is it?", "Divide by the number of images.")
        if _is(share, 1 - largest / len(right)):
            raise Hint("Kept or given away?", "That is the share that a person has to read.")
        if _is(share, first_break / len(right)) and not _is(share, largest / len(right)):
            raise Hint(
                "You stopped too early.",
                "After a mistake the share of wrong ones falls again: look for the last place in the limit.",
            )
        if not _is(share, largest / len(right)):
            raise Hint(
                f"Not for a limit of {limit}.",
                "Sort by confidence, surest first; mistakes so far divided by answers so far; the last place "
                "where that is within the limit.",
            )
    confidence, right = torch.tensor([0.9, 0.8]), torch.tensor([False, False])
    if not _is(number(call(share_to_keep, confidence, right, 0.1, missing="A share is wanted.")), 0):
        raise Hint("And if the surest answer is wrong?", "If nothing stays within the limit, the share is 0.")
    return "Right, for three made-up models, and for one that may keep nothing."


@checker("Find the rows and columns with ink, cut them out, and place them by their centre of mass.")
def check_frame(crop_and_centre: object) -> str:
    """6.4: an ink array of shape (h, w) cropped and centred by mass in 28x28."""
    for _ in range(5):
        ink = _random_blob()
        given = np.asarray(call(crop_and_centre, ink, missing="A 28 × 28 array is wanted."))
        if given.shape != (28, 28):
            raise Hint("Look at the shape.", f"It should be (28, 28); yours is {given.shape}.")
        if not np.isclose(given.sum(), ink.sum()):
            raise Hint(
                "Ink got lost, or appeared.",
                "The sum over all pixels changed: cut only empty margins, and do not scale.",
            )
        digit = crop_to_ink(ink)
        if np.array_equal(given, _box_centred(digit)) and not np.array_equal(given, centre_in_frame(digit)):
            raise Hint(
                "Centred, but by what?",
                "You put the middle of the box into the middle. It is the centre of mass that belongs there.",
            )
        if not np.array_equal(given, centre_in_frame(digit)):
            raise Hint(
                "Not quite in its place.",
                "Shift by round(14 − centre), for rows and columns; take the centre of the cropped digit.",
            )
    return "Right for five random blobs. That is how all 70,000 images of MNIST were placed."


def _made_up_model() -> tuple[Tensor, Tensor]:
    """Confidences without ties and whether the answers are right; mistakes among the surest ones, too."""
    confidence = torch.rand(500)
    right = torch.rand(500) < 0.6 + 0.4 * confidence
    order = confidence.argsort(descending=True)
    right[order[:300]] = True
    right[order[[2, 280]]] = False  # the third surest is wrong: whoever stops there stops too early
    return confidence, right


def _random_blob() -> np.ndarray:
    """A lopsided patch of ink, 20 rows high or less, in a larger empty picture."""
    random = np.random.default_rng()
    height, width = random.integers(10, 20, 2)
    ink = np.zeros((60, 70), dtype=np.uint8)
    top, left = random.integers(2, 38, 2)
    weight = np.linspace(20, 255, width) * np.linspace(1, 0.3, height)[:, None]  # heavier on one side
    ink[top : top + height, left : left + width] = np.maximum(weight, 1)
    return ink


def _box_centred(digit: np.ndarray) -> np.ndarray:
    frame = np.zeros((28, 28), dtype=digit.dtype)
    top, left = ((28 - length) // 2 for length in digit.shape)
    frame[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return frame


def _is(value: float, target: float) -> bool:
    return abs(value - target) < 1e-6
