"""Checkers of notebooks/extensions/error_clinic.ipynb."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_helpers.exercises.feedback import Hint, call, checker
from mnist_helpers.preprocessing import Split


@checker("Put your safe_accuracy in: a function of logits and labels.")
def check_safe_accuracy(safe_accuracy) -> str:
    """A function (logits (n, 10), labels (n,)) -> accuracy that raises for labels of any other shape."""
    num_images = int(torch.randint(30, 60, ()))
    logits, labels = torch.randn(num_images, 10), torch.randint(10, (num_images,))
    labels[::2] = logits.argmax(dim=1)[::2]  # at least half of the answers are right
    expected = (logits.argmax(dim=1) == labels).double().mean().item()
    given = float(call(safe_accuracy, logits, labels, missing="It should return the accuracy."))
    _check_share(given, expected)
    if _answers(safe_accuracy, logits, labels[:, None]):
        raise Hint(
            "It still gives a number for labels of shape (n, 1).",
            "Compare the shapes before you compare the digits: what must labels.shape be, "
            "and which statement stops a function with a message?",
        )
    if _answers(safe_accuracy, logits, labels[None]):
        raise Hint(
            "It refuses (n, 1), but still gives a number for labels of shape (1, n).",
            "Do not test for one bad shape: test that the shape is the one good one.",
        )
    return "Right labels get their number, and every other shape gets a message instead of a wrong number."


def _answers(function, *arguments) -> bool:
    try:
        function(*arguments)
    except Exception:
        return False
    return True


def _check_share(given: float, expected: float) -> None:
    if abs(given - 100 * expected) < 1e-3 and expected > 0.01:
        raise Hint(
            "That is a number of per cent.", "Return a share between 0 and 1: leave out the factor 100."
        )
    if abs(given - expected) > 1e-5:
        raise Hint(
            "On fresh random logits the accuracy is not the share of right answers.",
            f"On one fresh set {expected:.1%} of the answers are right; your function says {given:.1%}.",
        )


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
KEYWORDS = {
    "not shuffled": ("shuff", "sort"),
    "softmax twice": ("softmax",),
    "healthy": ("health", "none", "nothing"),
    "zero_grad forgotten": ("zero", "grad"),
    "learning rate too high": ("rate", "lr"),
}
CLUES = {
    "not shuffled": "it falls and shoots up again, about ten times: what comes in ten blocks?",
    "softmax twice": "it falls all the time, but where does it come to rest? Compare with the levels.",
    "healthy": "it falls to a small loss and stays there. What would you wish for more?",
    "zero_grad forgotten": "it begins like the good one, then comes apart. What piles up step by step?",
    "learning rate too high": "one step and it is off the panel; then it stays at guessing.",
}


def patient(letter: str) -> dict[str, object]:
    """The settings of `fit` for patient A to E. No peeking: the curve is to tell you what they are."""
    return dict(PATIENTS[letter][1])


@checker("Write one of the five names, in quotes, for each of the curves.")
def check_diagnosis(*diagnoses) -> str:
    """One name for each of the patients A to E, in that order."""
    if len(diagnoses) != len(PATIENTS):
        raise Hint(
            f"There are {len(PATIENTS)} patients, and you diagnosed {len(diagnoses)}.",
            f"Hand over {len(PATIENTS)} names, for A to E.",
        )
    wrong = []
    for (letter, (truth, _)), diagnosis in zip(PATIENTS.items(), diagnoses, strict=True):
        if _named(letter, diagnosis) != truth:
            wrong.append((letter, truth))
    if wrong:
        letter, truth = wrong[0]
        right = len(PATIENTS) - len(wrong)
        raise Hint(
            f"{right} of {len(PATIENTS)} diagnoses are right. Look at curve {letter} again.",
            f"{right} of {len(PATIENTS)} are right. Curve {letter}: {CLUES[truth]}",
        )
    return "All five diagnosed from their curves alone."


def _named(letter: str, diagnosis: object) -> str:
    text = str(diagnosis).casefold().replace("_", " ")
    names = [name for name, words in KEYWORDS.items() if any(word in text for word in words)]
    if len(names) != 1:
        raise Hint(
            f"I do not know the diagnosis for curve {letter}.",
            f"Curve {letter}: write exactly one of {', '.join(map(repr, KEYWORDS))}.",
        )
    return names[0]


PRIMES = (101, 103, 107, 109, 113)  # numbers of images that no batch size divides


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
def check_training_loop(one_epoch) -> str:
    """A function (model, split, optimizer) that trains one epoch; its batches are replayed by an oracle."""
    split, model = _random_split(150), _Witness()
    untrained = copy.deepcopy(model)
    if not callable(one_epoch):
        call(one_epoch, missing="")
    one_epoch(model, split, torch.optim.SGD(model.parameters(), lr=0.5))
    indices = _check_batches(model.batches, split)
    _check_steps(_parameters(model), untrained, split, indices)
    return "Shuffled, one softmax, fresh gradients: every step is the one it should be."


def _check_batches(batches: list[Tensor], split: Split) -> list[Tensor]:
    """Indices of the images in every batch, if each image was shown once, in mixed order."""
    indices = []
    for batch in batches:
        same = (batch.flatten(1)[:, None] == split.images[None]).all(dim=2)
        if not same.any(dim=1).all():
            raise Hint(
                "The model is shown other images.", "Hand split.images[batch] to the model, unchanged."
            )
        indices.append(same.int().argmax(dim=1))
    order = torch.cat(indices) if indices else torch.tensor([])
    if sorted(order.tolist()) != list(range(len(split))):
        raise Hint(
            "In one epoch the model should see every image once.",
            f"Of {len(split)} images the model saw {len(order.unique())}, in {len(order)} showings.",
        )
    if order.tolist() == list(range(len(split))):
        raise Hint(
            "One mistake sits before the first batch is even formed.",
            "The images come in the order of the file. Which function gives the numbers 0 to n-1 mixed?",
        )
    return indices


def _check_steps(given: Tensor, untrained: nn.Module, split: Split, indices: list[Tensor]) -> None:
    def is_replay(zero_grad: bool, loss_of) -> bool:
        replayed = _replay(copy.deepcopy(untrained), split, indices, zero_grad, loss_of)
        return torch.allclose(given, replayed, rtol=1e-3, atol=1e-5)

    if is_replay(True, F.cross_entropy):
        return
    if torch.equal(given, _parameters(untrained)):
        raise Hint(
            "After your epoch the weights are what they were before it.",
            "Is the gradient still there when optimizer.step() needs it? Check the order of the lines.",
        )
    if is_replay(False, F.cross_entropy):
        raise Hint(
            "The loss is right now. The steps are not.",
            "Each step still follows the sum of all gradients so far: what is missing before backward()?",
        )
    if is_replay(True, _softmax_twice):
        raise Hint(
            "The gradients are fresh now. The loss is not right yet.",
            "cross_entropy applies a softmax itself: what should it be given?",
        )
    if is_replay(False, _softmax_twice):
        raise Hint(
            "The images come mixed. Two mistakes sit inside the loop.",
            "One sits in what the loss is given, the other is a line that is not there.",
        )
    raise Hint(
        "The weights end somewhere else than after one correct epoch.",
        "Use the optimizer you are given, cross_entropy on the logits, and the labels of the same batch.",
    )


def _replay(model: nn.Module, split: Split, indices: list[Tensor], zero_grad: bool, loss_of) -> Tensor:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for batch in indices:
        if zero_grad:
            optimizer.zero_grad()
        loss_of(model(split.images[batch]), split.labels[batch]).backward()
        optimizer.step()
    return _parameters(model)


def _parameters(model: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


@checker("Put the repaired share_right in: a function of model and split.")
def check_share_right(share_right) -> str:
    """A function (model, split) -> accuracy that evaluates in batches, whatever the model and the number."""
    split, model = _random_split(PRIMES[int(torch.randint(len(PRIMES), ()))]), _Witness(dropout=0.5)
    with torch.no_grad():
        answers = model.eval()(split.images).argmax(dim=1)
    labels = answers.clone()
    labels[-(len(labels) // 3) :] += 1  # every mistake stands at the end, where the last batch is small
    split, right = Split(split.images, labels % 10), answers == labels % 10
    model.train()
    model.modes.clear()
    given = float(call(share_right, model, split, missing="It should return the accuracy."))
    if any(model.modes):
        raise Hint(
            "While you evaluate, the model still behaves as in training.",
            "Dropout was still switching inputs off: which method of the model ends its training mode?",
        )
    expected = right.double().mean().item()
    size = max((len(batch) for batch in model.batches[1:]), default=len(right))
    means = torch.stack([part.double().mean() for part in right.split(size)])
    if abs(given - expected) > 1e-5 and abs(given - means.mean().item()) < 1e-5:
        raise Hint(
            "The dropout is cured. Each batch still counts the same, whatever its size.",
            f"With {len(right)} images in batches of {size} the last batch holds "
            f"{len(right) % size}: count right answers instead, and divide once, at the end.",
        )
    _check_share(given, expected)
    return "The accuracy no longer depends on dropout or on the size of the last batch."
