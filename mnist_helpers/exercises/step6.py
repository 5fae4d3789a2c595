"""Checkers of step 6: answers from logits, the second guess, a threshold that holds a limit, the frame."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_helpers.digits import centre_in_frame, crop_to_ink
from mnist_helpers.exercises.answers import same
from mnist_helpers.exercises.feedback import When, checker, expect_rule


@checker("Three lines: softmax, then the largest value of each row, and where it stands.")
def check_answers(answers_of: object) -> str:
    """6.1: the answers and confidences, each of shape (n,), from logits of shape (n, 10)."""
    expect_rule(answers_of, [(2 * torch.randn(40, 10),), (2 * torch.randn(10, 10),)],
                lambda x: (x.argmax(dim=1), x.softmax(dim=1).amax(dim=1)), [
        (lambda x: (x.softmax(dim=1).amax(dim=1), x.argmax(dim=1)), "Which comes first?",
         "`max` returns values first, positions second. The answers come first here."),
        (When(lambda answer, _, x: [np.shape(part) for part in answer] != [(len(x),)] * 2),
         "Look at the shapes.", "Both should be (40,) for 40 rows: the largest value along dim=1."),
        (When(lambda answer, wanted, x: not same(answer[0], wanted[0])),
         "The answers differ on random logits. What is the answer of a row?",
         "The answer of a row is the position of its largest value, along dim=1."),
        (lambda x: (x.argmax(dim=1), x.amax(dim=1)),
         "The answers are right. Are the confidences between 0 and 1?", "These are logits: softmax first."),
        (lambda x: (x.argmax(dim=1), x.softmax(dim=0).amax(dim=1)),
         "The confidences are off. Which ten numbers have to add up to 1?",
         "Your softmax runs over the images; it belongs along dim=1."),
    ], ("The answers are right, the confidences are not.", "The confidence is the largest probability."),
        form="a pair (answers, confidences)", missing="A pair is wanted: answers, confidences.")  # fmt: skip
    return "Right, on random logits. This is all that `predict` does."


@checker("Sorting helps, and so does torch.topk.")
def check_top_two(top_two: object) -> str:
    """6.2: the two likeliest digits of each row, likelier first, from probabilities of shape (n, 10)."""

    def both(p: Tensor) -> Tensor:
        return p.argsort(dim=1, descending=True)[:, :2]

    expect_rule(top_two, [(torch.randn(n, 10).softmax(dim=1),) for n in (30, 10)], both, [
        (When(lambda answer, *_: (answer % 1).any()), "Which digits are they?",
         "You returned probabilities; return the positions (indices)."),
        (lambda p: both(p).flip(1), "The right digits. In which order?", "The likelier digit comes first."),
        (lambda p: both(p).sort(dim=1).values, "The right digits. In which order?",
         "You sorted by the digits; the likelier digit comes first."),
        (lambda p: both(-p), "At which end did you look?", "These are the two least likely digits."),
    ], ("Not for every row. Work one out by hand.",
        "Row by row: the position of the largest value, then of the second largest."),
        shape="Mind the dim.", missing="Digits of shape (n, 2) are wanted.")  # fmt: skip
    return "Right for every row."


@checker("Sort by confidence, count mistakes from the surest down, and see how far you may go.")
def check_share_to_keep(share_to_keep: object) -> str:
    """6.3: the largest share of images, surest first, of which at most a limit is wrong."""

    def within(confidence: Tensor, right: Tensor, limit: float) -> NDArray:
        mistakes = (~right[confidence.argsort(descending=True)]).numpy().cumsum()
        return np.append(mistakes <= limit * np.arange(1, len(right) + 1) + 1e-9, False)

    def share(*model: Any) -> float:
        return (np.flatnonzero(within(*model)).max(initial=-1) + 1) / len(model[1])

    models = [(*_made_up_model(), limit) for limit in (0.005, 0.05, 0.2)]
    exact = torch.tensor([0.9, 0.6, 0.8, 0.7]), torch.tensor([True, False, True, True]), 0.25
    expect_rule(share_to_keep, [*models, exact], share, [
        (lambda *model: share(*model) * len(model[1]), "That is how many. What share is it?",
         "Divide by the number of images."),
        (lambda *model: 100 * share(*model), "As a number between 0 and 1, please.",
         "Those are per cent: leave out the factor 100."),
        (lambda *model: 1 - share(*model), "Kept or given away?",
         "That is the share that a person has to read."),
        (lambda *model: within(*model).argmin() / len(model[1]),
         "You stopped too early. Can the share of wrong ones fall again?",
         "After a mistake the share of wrong ones falls again: look for the last place in the limit."),
    ], ("Not for a limit of {2}.",
        "Sort by confidence, surest first; mistakes so far divided by answers so far; the last place "
        "where that is at most the limit."), missing="A share is wanted.")  # fmt: skip
    nothing = ("And if the surest answer is wrong?", "If nothing stays within the limit, the share is 0.")
    hopeless = torch.tensor([0.9, 0.8]), torch.tensor([False, False]), 0.1
    expect_rule(share_to_keep, [hopeless], share, [], nothing, errors=[("", *nothing)],
                missing="A share is wanted.")  # fmt: skip
    return "Right, for three made-up models, and for one that may keep nothing."


@checker("Find the rows and columns with ink, cut them out, and place them by their centre of mass.")
def check_frame(crop_and_centre: object) -> str:
    """6.4: an ink array of shape (h, w) cropped and centred by mass in 28x28, within the frame."""

    def framed(ink: NDArray) -> NDArray:
        return centre_in_frame(crop_to_ink(ink))

    def by_box(ink: NDArray) -> NDArray:
        height, width = crop_to_ink(ink).shape
        return np.roll(np.pad(crop_to_ink(ink), ((0, 28 - height), (0, 28 - width))),
                       ((28 - height) // 2, (28 - width) // 2), axis=(0, 1))  # fmt: skip

    missing = "A 28 × 28 array is wanted."
    expect_rule(crop_and_centre, [(_blob(),) for _ in range(5)], framed, [
        (When(lambda answer, wanted, ink: answer.shape == (28, 28) and not same(answer.sum(), ink.sum())),
         "Ink got lost, or appeared. Compare the sums before and after.",
         "The sum over all pixels changed: cut only empty margins, and do not scale."),
        (by_box, "Centred, but by what?",
         "You put the middle of the box into the middle. It is the centre of mass that belongs there."),
    ], ("Not quite in its place. By how much does the digit have to move?",
        "Shift by round(14 − centre), for rows and columns; take the centre of the cropped digit."),
        missing=missing)  # fmt: skip
    lopsided = np.zeros((40, 40), dtype=np.uint8)
    lopsided[5:25, 9:29] = np.pad(np.full((20, 2), 250), ((0, 0), (18, 0)), constant_values=1)
    edge = ("It works for five random blobs. And for a digit with nearly all its ink at one edge?",
            "A 20 × 20 digit whose mass lies at its right edge would leave the frame: move it as far as the "
            "frame allows, with its first row and column between 0 and 28 − its size.")  # fmt: skip
    expect_rule(crop_and_centre, [(lopsided,), (lopsided.T,), (lopsided[:, ::-1],)], framed, [], edge,
                errors=[("", *edge)], missing=missing)  # fmt: skip
    return "Right for five random blobs. That is how all 70,000 images of MNIST were placed."


def _made_up_model() -> tuple[Tensor, Tensor]:
    """Confidences without ties and whether the answers are right; mistakes among the surest ones, too."""
    confidence = torch.rand(500)
    right = torch.rand(500) < 0.6 + 0.4 * confidence
    order = confidence.argsort(descending=True)
    right[order[:300]] = True
    right[order[[2, 280]]] = False  # the third surest is wrong: whoever stops there stops too early
    return confidence, right


def _blob() -> NDArray:
    """A patch of ink that is heavier on one side, 20 rows high or less, in a larger empty picture."""
    height, width, top, left = (
        int(torch.randint(*ends, ())) for ends in ((10, 20), (10, 20), (2, 38), (2, 38))
    )
    ink = np.zeros((60, 70), dtype=np.uint8)
    weight = np.linspace(20, 255, width) * np.linspace(1, 0.3, height)[:, None]
    ink[top : top + height, left : left + width] = np.maximum(weight, 1)
    return ink
