"""Checkers of notebooks/extensions/error_clinic.ipynb."""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_helpers.exercises.answers import array, truth
from mnist_helpers.exercises.feedback import call, checker, expect, expect_each, one_of, refuse
from mnist_helpers.preprocessing import Split


def _softmax_twice(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits.softmax(dim=1), labels)


# Patient -> what it suffers from, and where to look in its curve.
PATIENTS = {
    "A": ("not shuffled", "it falls and shoots up again, about ten times: what comes in ten blocks?"),
    "B": ("softmax twice",
          "it falls all the time, but where does it come to rest? Compare with the levels."),
    "C": ("healthy", "it falls to a small loss and stays there. What would you wish for more?"),
    "D": ("zero_grad forgotten",
          "it begins like the good one, then comes apart. What piles up step by step?"),
    "E": ("learning rate too high", "one step and it is off the panel; then it stays at guessing."),
}  # fmt: skip
NAMES = {
    "not shuffled": r"\b(not?|un|never|without|forg\w+|missing).*shuf|shuf\w+.*(forg|miss)|\bsorted",
    "softmax twice": r"(twice|double|two|second|2).*softmax|softmax.*(twice|double|two|second|2)",
    "healthy": r"^(it is )?healthy|^nothing|^none\b",
    "zero_grad forgotten": r"(forg|miss|without|\bno ).*(zero|grad)|(zero|grad).*(forg|miss)",
    "learning rate too high": r"\b(rate|lr)\b.*(high|large|big)|(high|large|big).*\b(rate|lr)\b",
}


def patient(letter: str) -> dict[str, Any]:
    """The settings of `fit` for patient A to E. No peeking: the curve is to tell you what they are."""
    settings: dict[str, dict[str, Any]] = {
        "A": {"shuffle": False}, "B": {"loss_of": _softmax_twice}, "C": {}, "D": {"zero_grad": False},
        "E": {"learning_rate": 0.3},
    }  # fmt: skip
    return settings[letter]


@checker("Write one of the five names, in quotes, for each of the curves.")
def check_diagnosis(*diagnoses: object) -> str:
    """One name for each of the patients A to E, in that order."""
    expect_each(diagnoses, PATIENTS, "curves", lambda answer: one_of(answer, NAMES))
    return "All five diagnosed from their curves alone."


class _Witness(nn.Module):
    """A linear model that remembers which batches it was shown."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)
        self.batches: list[Tensor] = []

    def forward(self, images: Tensor) -> Tensor:
        self.batches.append(images.detach().clone())
        return self.layer(images)


@checker("Put the repaired one_epoch in: a function of model, split and optimizer.")
def check_training_loop(one_epoch: Any) -> str:
    """A function (model, split, optimizer) that trains one epoch; two epochs are replayed by an oracle."""
    split, model = Split(torch.rand(100, 784), torch.randint(10, (100,))), _Witness()
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
        replay = copy.deepcopy(untrained)
        optimizer = torch.optim.SGD(replay.parameters(), lr=0.05)
        for batch in first + second:
            if zero_grad:
                optimizer.zero_grad()
            loss_of(replay(split.images[batch]), split.labels[batch]).backward()
            optimizer.step()
        return _parameters(replay)

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
    batches = [
        [places.get(image.numpy().tobytes(), -1) for image in batch.flatten(1)] for batch in model.batches
    ]
    model.batches.clear()
    order = [place for batch in batches for place in batch]
    refuse(
        (-1 in order, "The model is shown other images.",
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


def _parameters(model: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


# Mistake -> whether a network that makes it fails to learn twenty images by heart, and the hint if you err.
ONE_BATCH = {
    "zero_weights": (True, "which weights move at all, and can these tell 20 images apart?"),
    "softmax_twice": (True, "how low can its loss get, on however few images?"),
    "old_model": (True, "which model does the optimiser move, and which one is measured?"),
    "unpaired": (False, "the labels are wrong, but they are the same wrong ones in every step."),
    "not_shuffled": (False, "there is only one batch: what could its order do?"),
    "leakage": (False, "what is measured here, training images or new ones?"),
}  # fmt: skip


@checker("Write True or False for each of the six mistakes.")
def check_one_batch(*caught: object) -> str:
    """Whether the check with one batch catches each mistake of `ONE_BATCH`, in that order."""
    expect_each(caught, ONE_BATCH, "mistakes", truth)
    return "It finds what cannot learn at all. It is blind to wrong data, which can be learnt by heart, too."


@checker("Put your validation_copies in: a function of source.")
def check_validation_copies(validation_copies: object) -> str:
    """A function: source (n,), the original of every copy -> bool (n,), True for about a fifth of the copies.

    No original may have copies on both sides.
    """
    for originals, copies in (60, 10), (50, 7):
        names = torch.randperm(1000)[:originals]  # the originals need not be numbered from 0
        source = names.repeat(copies)[torch.randperm(originals * copies)]
        given = call(validation_copies, source.clone(), missing="A mask of shape (n,) is wanted.")
        mask = array(given)
        refuse(
            (mask.shape != (len(source),), "One True or False for every copy is wanted.",
             f"For {len(source)} copies a mask of shape ({len(source)},) is wanted, not {mask.shape}."),
            (not set(np.unique(mask).tolist()) <= {0, 1}, "True or False is wanted.",
             "Return a mask: True where a copy is for validation."),
        )  # fmt: skip
        chosen = torch.from_numpy(mask.astype(bool))
        torn = set(source[chosen].tolist()) & set(source[~chosen].tolist())
        share = chosen.double().mean().item()
        refuse(
            (not 0 < share < 1, "One side is empty.", f"{share:.0%} of the copies are for validation."),
            (torn, "Some originals have copies on both sides.",
             f"{len(torn)} of {originals} originals are torn apart: draw originals, not copies. "
             "`source.unique()` names them, and `torch.isin` finds their copies."),
            (not 0.1 <= share <= 0.3, "About a fifth was asked for.",
             f"Nothing leaks, but {share:.0%} of the copies are for validation."),
        )  # fmt: skip
    return "All copies of an original stand on one side, in whatever order they come."
