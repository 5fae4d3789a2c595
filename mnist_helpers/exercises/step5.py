"""Checkers of step 5: accuracy from logits, the size of a test set, recall, the surest mistakes."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import norm
from torch import Tensor

from mnist_helpers.exercises.feedback import PER_CENT, When, checker, expect, expect_rule


@checker("Which of the ten logits is the answer? And how often is it the label?")
def check_accuracy(accuracy: object) -> str:
    """5.1: the share of right answers, from logits of shape (n, 10) and labels of shape (n,)."""

    def share(logits: Tensor, labels: Tensor) -> Tensor:
        return (logits.argmax(dim=1) == labels).double().mean()

    expect_rule(accuracy, [_answers(torch.randn(47, 10), 20), _answers(torch.randn(30, 10), 23)], share, [
        (lambda logits, labels: share(logits, labels) * len(labels), "That is how many. What share is it?",
         "You counted the right answers: divide by the images."),
        (lambda logits, labels: 100 * share(logits, labels), *PER_CENT),
        (lambda logits, labels: 1 - share(logits, labels), "Of right answers or of wrong ones?",
         "That is the share of wrong answers."),
        (lambda logits, labels: (logits.argmax(dim=1) == labels[:, None]).double().mean(),
         "Which answers are compared with which labels?",
         "You compare every answer with every label. Mind the shapes: (n,) with (n,), not with (n, 1)."),
    ], ("On random logits your number is another one. What is the answer of a row?",
        "The answer is the position of the largest logit in its row, not its value: argmax(dim=1)."),
        errors=[("size of tensor a|broadcast", "Along which axis is the answer?",
                 "argmax must look along each row, dim=1: along dim=0 it compares the images.")],
        missing="Compare the answers with the labels.")  # fmt: skip
    return "Right, on random logits. No softmax was needed: it does not change which one is largest."


@checker("Solve the formula of the margin for n. What are p and the margin here?")
def check_images_needed(count: object) -> str:
    """5.2: how many test images make the margin of an accuracy of 98% as small as 0.1 points."""
    z, variance, margin = norm.ppf(0.975), 0.98 * 0.02, 0.001
    part = ("Part of the formula is missing.",
            "The 1.96 stands outside the root, so it is squared with the rest.")  # fmt: skip
    expect(count, z**2 * variance / margin**2, [
        (z**2 * variance / (100 * margin) ** 2, "Mind the units: points or shares?",
         "The accuracy is a share, so is the margin: 0.1 points are 0.001."),
        (variance / margin**2, *part),
        (z * variance / margin**2, *part),
        (z * variance**0.5 / margin, "Your number is far too small. Is it n, or its root?",
         "That is √n. Square it."),
        (4 * z**2 * variance / margin**2, "Too many. How far does the margin reach to each side?",
         "The margin is what goes to either side; you took 0.1 points for both together."),
    ], ("Start from margin = 1.96 · √(p(1 − p)/n).",
        "Square both sides: margin² = 1.96² · p(1 − p)/n. Now solve for n, with p = 0.98."),
        rtol=0.02)  # fmt: skip
    return "Right: half the margin takes four times as many images. Certainty is expensive."


@checker("Recall asks about all images that are this digit. Do they stand in a row or in a column?")
def check_recall(recall: object) -> str:
    """5.3: the recall of one digit, from a confusion matrix of shape (10, 10), NumPy's as in `Evaluation`."""
    cases = [
        (torch.randint(1, 20, (10, 10)).add(torch.diag(torch.arange(50, 60))).numpy(), d) for d in (3, 8)
    ]
    expect_rule(recall, cases, lambda confusion, d: confusion[d, d] / confusion[d].sum(), [
        (lambda confusion, d: confusion[d, d] / confusion[:, d].sum(),
         "You answered the other question. Do you divide by the row or by the column?",
         "You divided by the column, all that were called this digit: that is precision."),
        (lambda confusion, d: confusion[d, d], "How many were found; of how many?",
         "Divide by all images that are this digit."),
        (lambda confusion, d: confusion[d, d] / confusion.sum(), "Of how many?",
         "You divided by all images. Only those of this digit count."),
        (lambda confusion, d: 100 * confusion[d, d] / confusion[d].sum(), *PER_CENT),
    ], ("Not for every matrix. Where do the right answers for a digit stand?",
        "The right answers stand on the diagonal, all images of a digit in its row. Use `digit`."),
        errors=[(r"\bdim\b|NumPy boolean|only integer", "Whose matrix is this, PyTorch's or NumPy's?",
                 "The confusion matrix is a NumPy array: its axes are called `axis`, not `dim`.")],
        missing="A share of a row is wanted.")  # fmt: skip
    return "Right, for two digits of a random matrix."


@checker("First find the wrong answers, then sort them by their largest probability.")
def check_surest_mistakes(surest_mistakes: object) -> str:
    """5.4: positions of the wrong answers of highest confidence, from probabilities (n, 10) and labels."""

    def ranked(probabilities: Tensor, labels: Tensor) -> Tensor:
        confidence, answers = probabilities.max(dim=1)
        wrong = (answers != labels).nonzero().flatten()
        return wrong[confidence[wrong].argsort(descending=True)]

    def within_mistakes(probabilities: Tensor, labels: Tensor, count: int) -> Tensor:
        confidence, answers = probabilities.max(dim=1)
        return confidence[answers != labels].argsort(descending=True)[:count]

    def are_right(
        answer: NDArray, wanted: NDArray, probabilities: Tensor, labels: Tensor, count: int
    ) -> bool:
        return answer.shape == wanted.shape and not set(answer) <= set(ranked(probabilities, labels).tolist())

    some = "Some of these answers are right."
    cases = [(*_answers(torch.randn(60, 10).mul(2).softmax(dim=1), 20), count) for count in (5, 3)]
    expect_rule(surest_mistakes, cases, lambda p, labels, count: ranked(p, labels)[:count], [
        (When(lambda answer, *_: answer.dtype != np.int64), "Which images are they?",
         "You returned confidences or a mask; return the positions of the images."),
        (When(lambda answer, *_: answer.size == 60 - 20), "Not all mistakes are wanted.",
         "You returned all of them; `count` positions are wanted."),
        (within_mistakes, some,
         "Did you sort only the wrong ones? Then these are positions among them, not among all."),
        (When(are_right), some, "Keep only the images whose answer differs from the label."),
        (lambda p, labels, count: ranked(p, labels).flip(0)[:count],
         "These are mistakes, but not the surest.", "You sorted upwards: the least sure come first."),
    ], ("These are mistakes. Are they the surest, and the surest first?",
        "Sort by the largest probability of each row, downwards."),
        shape="As many positions as `count` says.", missing="Indices of images are wanted.")  # fmt: skip
    return "Right: on random probabilities you found the same five, in the same order."


def _answers(scores: Tensor, num_right: int) -> tuple[Tensor, Tensor]:
    """Scores of shape (n, 10), and labels to which the answers of `num_right` of the images are right."""
    wrong = torch.randperm(len(scores)) >= num_right
    return scores, (scores.argmax(dim=1) + wrong * torch.randint(1, 10, (len(scores),))) % 10
