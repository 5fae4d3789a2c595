"""Checkers of notebooks/extensions/error_clinic.ipynb."""

import copy
from collections import Counter
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_helpers.exercises.feedback import (
    Hint,
    call,
    checker,
    expect,
    expect_each,
    expect_rule,
    number,
    one_of,
    refuse,
)
from mnist_helpers.preprocessing import Split

PER_CENT = ("That is a number of per cent.", "Return a share between 0 and 1: leave out the factor 100.")
FRESH_SHARE = (
    "On fresh random logits the accuracy is not the share of right answers.",
    "On one fresh set {wanted:.1%} of the answers are right; your function says {answer:.1%}.",
)


@checker("Put your safe_accuracy in: a function of logits and labels.")
def check_safe_accuracy(safe_accuracy: object) -> str:
    """A function (logits (n, 10), labels (n,)) -> accuracy that raises for labels of any other shape."""

    def accuracy(logits: Tensor, labels: Tensor) -> Tensor:
        return (logits.argmax(dim=1) == labels).double().mean()

    cases = []
    for count in 37, 10:
        logits, labels = torch.randn(count, 10), torch.randint(10, (count,))
        labels[::2] = logits.argmax(dim=1)[::2]  # at least half of the answers are right
        cases.append((logits, labels))
    expect_rule(safe_accuracy, cases, accuracy, [(lambda *case: 100 * accuracy(*case), *PER_CENT)],
                FRESH_SHARE, missing="It should return the accuracy.")  # fmt: skip
    for others in (
        labels[:, None], labels[None], labels[:1], labels[0], labels.repeat(count, 1), labels[:, None, None]
    ):  # fmt: skip
        if _answers(safe_accuracy, logits, others):
            raise Hint(f"It still gives a number for labels of shape {tuple(others.shape)}.",
                       "Before you compare the digits, test that labels.shape is the one good one, whatever "
                       "n is; which statement stops a function with a message?")  # fmt: skip
    return "Right labels get their number, and every other shape gets a message instead of a wrong number."


def _answers(function: Callable, *arguments: object) -> bool:
    try:
        function(*arguments)
    except Exception:
        return False
    return True


def _softmax_twice(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits.softmax(dim=1), labels)


# Patient -> what it suffers from, and the settings of the notebook's `fit` that give it that.
PATIENTS = {
    "A": ("not shuffled", {"shuffle": False}),
    "B": ("softmax twice", {"loss_of": _softmax_twice}),
    "C": ("healthy", {}),
    "D": ("zero_grad forgotten", {"zero_grad": False}),
    "E": ("learning rate too high", {"learning_rate": 0.3}),
}
NAMES = {
    "not shuffled": r"\b(not?|un|never|without|forg\w+|missing).*shuf|shuf\w+.*(forg|miss)|\bsorted",
    "softmax twice": r"(twice|double|two|second|2).*softmax|softmax.*(twice|double|two|second|2)",
    "healthy": r"^(it is )?healthy|^nothing|^none\b",
    "zero_grad forgotten": r"(forg|miss|without|\bno ).*(zero|grad)|(zero|grad).*(forg|miss)",
    "learning rate too high": r"\b(rate|lr)\b.*(high|large|big)|(high|large|big).*\b(rate|lr)\b",
}
CLUES = {
    "A": "it falls and shoots up again, about ten times: what comes in ten blocks?",
    "B": "it falls all the time, but where does it come to rest? Compare with the levels.",
    "C": "it falls to a small loss and stays there. What would you wish for more?",
    "D": "it begins like the good one, then comes apart. What piles up step by step?",
    "E": "one step and it is off the panel; then it stays at guessing.",
}


def patient(letter: str) -> dict[str, object]:
    """The settings of `fit` for patient A to E. No peeking: the curve is to tell you what they are."""
    return dict(PATIENTS[letter][1])


@checker("Write one of the five names, in quotes, for each of the curves.")
def check_diagnosis(*diagnoses: object) -> str:
    """One name for each of the patients A to E, in that order."""
    truths = {letter: truth for letter, (truth, _) in PATIENTS.items()}
    expect_each(diagnoses, truths, CLUES, "curves", lambda answer: one_of(answer, NAMES))
    return "All five diagnosed from their curves alone."


class _Witness(nn.Module):
    """A linear model that remembers which batches it was shown, and whether it was in training mode."""

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(784, 10))
        self.batches: list[Tensor] = []
        self.modes: list[bool] = []

    def forward(self, images: Tensor) -> Tensor:
        self.batches.append(images.detach().clone())
        self.modes.append(self.training)
        return self.layers(images)


def _random_split(num_images: int) -> Split:
    return Split(torch.rand(num_images, 784), torch.randint(10, (num_images,)))


@checker("Put the repaired one_epoch in: a function of model, split and optimizer.")
def check_training_loop(one_epoch: object) -> str:
    """A function (model, split, optimizer) that trains one epoch; two epochs are replayed by an oracle."""
    split, model = _random_split(100), _Witness()
    untrained = copy.deepcopy(model)
    if not callable(one_epoch):
        call(one_epoch, missing="")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    one_epoch(model, split, optimizer)
    first = _batches_shown(model, split)
    one_epoch(model, split, optimizer)
    second = _batches_shown(model, split)
    _require_mixed(first, second)

    def replayed(zero_grad: bool, loss_of: Callable) -> Tensor:
        return _replay(copy.deepcopy(untrained), split, first + second, zero_grad, loss_of)

    expect(_parameters(model), replayed(True, F.cross_entropy), [
        (_parameters(untrained), "After your epoch the weights are what they were before it.",
         "Is the gradient still there when optimizer.step() needs it? Check the order of the lines."),
        (replayed(False, F.cross_entropy), "The loss is right now. The steps are not.",
         "Each step still follows the sum of all gradients so far: what is missing before backward()?"),
        (replayed(True, _softmax_twice), "The gradients are fresh now. The loss is not right yet.",
         "cross_entropy applies a softmax itself: what should it be given?"),
        (replayed(False, _softmax_twice), "The images come mixed. Two mistakes sit inside the loop.",
         "One sits in what the loss is given, the other is a line that is not there."),
    ], ("The weights end somewhere else than after one correct epoch.",
        "Use the optimizer you are given, cross_entropy on the logits, and the labels of the same batch."),
        rtol=1e-3, atol=1e-5)  # fmt: skip
    return "Shuffled, one softmax, fresh gradients: every step is the one it should be."


def _batches_shown(model: _Witness, split: Split) -> list[list[int]]:
    """The numbers of the images in every batch of the epoch that was just trained, each image once."""
    places = {image.numpy().tobytes(): place for place, image in enumerate(split.images)}
    batches = [[places.get(image.numpy().tobytes()) for image in batch.flatten(1)] for batch in model.batches]
    model.batches.clear()
    order = [place for batch in batches for place in batch]
    refuse(
        (None in order, "The model is shown other images.",
         "Hand split.images[batch] to the model, unchanged."),
        (Counter(order) != Counter(range(len(split))), "In one epoch the model should see every image once.",
         f"Of {len(split)} images the model saw {len(set(order))}, in {len(order)} showings."),
    )  # fmt: skip
    return batches


def _require_mixed(first: list[list[int]], second: list[list[int]]) -> None:
    """Raise a hint unless two epochs form their batches anew, each from images of the whole file."""
    orders = [[place for batch in batches for place in batch] for batches in (first, second)]
    meetings = [{frozenset(batch) for batch in batches} for batches in (first, second)]
    trends = [np.corrcoef(order, range(len(order)))[0, 1] for order in orders]
    refuse(
        (orders[0] == sorted(orders[0]), "One mistake sits before the first batch is even formed.",
         "The images come in the order of the file. Which function gives the numbers 0 to n-1 mixed?"),
        (len(first) == 1, "Where are the batches?",
         "All images make one single step; an epoch takes a step for every 32 of them or so."),
        (orders[0] == orders[1], "Look at two epochs, one after the other.",
         "The images come in the same order each time. Mix them anew in every epoch, without a fixed seed."),
        (meetings[0] == meetings[1] and len(first) < len(orders[0]), "The order changes. Do the batches?",
         "The same images meet in the same batch in every epoch: mix all of them before you cut batches."),
        (max(map(abs, trends)) > 0.4, "Mixed, but not well.",
         "Images from the same part of the file still come together: mix all of them at once."),
    )  # fmt: skip


def _replay(model: nn.Module, split: Split, batches: list, zero_grad: bool, loss_of: Callable) -> Tensor:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for batch in batches:
        if zero_grad:
            optimizer.zero_grad()
        loss_of(model(split.images[batch]), split.labels[batch]).backward()
        optimizer.step()
    return _parameters(model)


def _parameters(model: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


@checker("Put the repaired share_right in: a function of model and split.")
def check_share_right(share_right: object) -> str:
    """A function (model, split) -> accuracy that evaluates in batches, whatever the model and the number."""
    for count in 107, 101:  # no batch size divides them
        split, model = _random_split(count), _Witness(dropout=0.5)
        with torch.no_grad():
            labels = model.layers.eval()(split.images).argmax(dim=1)
        right = torch.arange(count) < count - count // 3  # mistakes at the end, where the last batch is small
        split = Split(split.images, torch.where(right, labels, (labels + 1) % 10))
        given = call(share_right, model.train(), split, missing="It should return the accuracy.")
        if any(model.modes):
            raise Hint("While you evaluate, the model still behaves as in training.",
                       "Dropout was still switching inputs off: which method of the model ends its "
                       "training mode?")  # fmt: skip
        size = max((len(batch) for batch in model.batches[1:]), default=count)
        share = right.double().mean().item()
        expect(number(given), share, [
            (100 * share, *PER_CENT),
            (torch.stack([part.double().mean() for part in right.split(size)]).mean().item(),
             "The dropout is cured. Each batch still counts the same, whatever its size.",
             f"With {count} images in batches of {size} the last batch holds {count % size}: count right "
             "answers instead, and divide once, at the end."),
        ], FRESH_SHARE)  # fmt: skip
    return "The accuracy no longer depends on dropout or on the size of the last batch."
