"""Checkers of step 5: accuracy from logits, the size of a test set, recall, the surest mistakes."""

import numpy as np
import torch
from scipy.stats import norm
from torch import Tensor

from mnist_helpers.exercises.feedback import Hint, call, checker, number

TARGET_ACCURACY, TARGET_MARGIN = 0.98, 0.001


@checker("Which of the ten logits is the answer? And how often is it the label?")
def check_accuracy(accuracy: object) -> str:
    """5.1: the share of right answers, from logits of shape (n, 10) and labels of shape (n,)."""
    logits = torch.randn(50, 10)
    labels = (logits.argmax(dim=1) + (torch.arange(50) >= 20)) % 10  # 20 right answers, 30 wrong ones
    share = number(call(accuracy, logits, labels, missing="Compare the answers with the labels."))
    right = (logits.argmax(dim=1) == labels).sum().item()
    if share == right:
        raise Hint(
            "That is how many. What share is it?", "You counted the right answers: divide by the images."
        )
    if abs(share - 100 * right / 50) < 1e-3:
        raise Hint("As a number between 0 and 1, please.", "Those are per cent: divide by 100.")
    if abs(share - (1 - right / 50)) < 1e-5:
        raise Hint("Of right answers or of wrong ones?", "That is the share of wrong answers.")
    if abs(share - right / 50) > 1e-5:
        raise Hint(
            "On random logits your number is another one.",
            "The answer is the position of the largest logit in its row (argmax), not its value.",
        )
    return "Right, on random logits. No softmax was needed: it does not change which one is largest."


@checker("Solve the formula of the margin for n. What are p and the margin here?")
def check_images_needed(count: object) -> str:
    """5.2: how many test images make the margin of an accuracy of 98% as small as 0.1 points."""
    count = number(count)
    z = norm.ppf(0.975)
    variance = TARGET_ACCURACY * (1 - TARGET_ACCURACY)
    needed = z**2 * variance / TARGET_MARGIN**2
    if _within(count, z**2 * variance / (100 * TARGET_MARGIN) ** 2):
        raise Hint(
            "Mind the units: points or shares?",
            "The accuracy is a share, so is the margin: 0.1 points are 0.001.",
        )
    if _within(count, variance / TARGET_MARGIN**2) or _within(count, z * variance / TARGET_MARGIN**2):
        raise Hint(
            "Part of the formula is missing.",
            "The 1.96 stands outside the root, so it is squared with the rest.",
        )
    if _within(count, z * np.sqrt(variance) / TARGET_MARGIN):
        raise Hint("Your number is far too small.", "That is √n. Square it.")
    if _within(count, 4 * needed):
        raise Hint(
            "Too many.", "The margin is what goes to either side; you took 0.1 points for both together."
        )
    if not _within(count, needed):
        raise Hint(
            "Start from margin = 1.96 · √(p(1 − p)/n).",
            "Square both sides: margin² = 1.96² · p(1 − p)/n. Now solve for n, with p = 0.98.",
        )
    return "Right: half the margin takes four times as many images. Certainty is expensive."


@checker("Recall asks about all images that are this digit. Do they stand in a row or in a column?")
def check_recall(recall: object) -> str:
    """5.3: the recall of one digit, from a confusion matrix of shape (10, 10)."""
    confusion = np.random.default_rng().integers(1, 20, (10, 10)) + np.diag(np.arange(50, 60))
    confusion[0] += 100  # so that no column has the sum of its row
    for digit in (3, 8):
        share = number(call(recall, confusion, digit, missing="A share of a row is wanted."))
        found, row = confusion[digit, digit], confusion[digit].sum()
        if abs(share - found / confusion[:, digit].sum()) < 1e-6:
            raise Hint(
                "You answered the other question.",
                "You divided by the column, all that were called this digit: that is precision.",
            )
        if share == found:
            raise Hint("How many were found; of how many?", "Divide by all images that are this digit.")
        if abs(share - found / confusion.sum()) < 1e-6:
            raise Hint("Of how many?", "You divided by all images. Only those of this digit count.")
        if abs(share - found / row) > 1e-6:
            raise Hint(
                "Not for every matrix.",
                "The right answers stand on the diagonal, all images of a digit in its row. Use `digit`.",
            )
    return "Right, for two digits of a random matrix."


@checker("First find the wrong answers, then sort them by their largest probability.")
def check_surest_mistakes(surest_mistakes: object) -> str:
    """5.4: positions of the wrong answers of highest confidence, from probabilities (n, 10) and labels."""
    probabilities = torch.randn(60, 10).mul(2).softmax(dim=1)
    labels = (probabilities.argmax(dim=1) + (torch.arange(60) >= 20)) % 10  # the first 20 answers are right
    returned = call(surest_mistakes, probabilities, labels, 5, missing="Indices of images are wanted.")
    given = torch.as_tensor(returned).flatten()
    confidence, answers = probabilities.max(dim=1)
    wrong = answers != labels
    expected = torch.where(wrong, confidence, -1.0).argsort(descending=True)[:5]
    if given.is_floating_point():
        raise Hint(
            "Which images are they?",
            "You returned confidences or a mask; return the positions of the images.",
        )
    if given.dtype == torch.bool or len(given) != 5:
        raise Hint("Five are wanted.", f"You returned {len(given)} values; count=5 positions are wanted.")
    if not wrong[given].all():
        raise _right_answers_hint(given, wrong)
    if torch.equal(given, torch.where(wrong, confidence, 2.0).argsort()[:5]):
        raise Hint(
            "These are mistakes, but not the surest.", "You sorted upwards: the least sure come first."
        )
    if not torch.equal(given, expected):
        raise Hint(
            "These are mistakes. Are they the surest, and the surest first?",
            "Sort by the largest probability of each row, downwards.",
        )
    return "Right: on random probabilities you found the same five, in the same order."


def _right_answers_hint(given: Tensor, wrong: Tensor) -> Hint:
    if given.max() < wrong.sum():
        return Hint(
            "Some of these answers are right.",
            "Did you sort only the wrong ones? Then these are positions among them, not among all.",
        )
    return Hint(
        "Some of these answers are right.", "Keep only the images whose answer differs from the label."
    )


def _within(value: float, target: float) -> bool:
    return abs(value - target) < 0.02 * target
