"""Checkers of notebooks/extensions/common_challenges.ipynb."""

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from mnist_helpers.exercises.feedback import Hint, call, checker, number

DISEASES = ("healthy", "underfitting", "overfitting", "diverging")
IGNORANCE = math.log(10)


@checker("Look at the last training loss, the last validation loss, and the lowest validation loss.")
def check_diagnose(diagnose: object) -> str:
    """A function (train_losses, val_losses) -> one of `DISEASES`, tried on made-up, clear-cut curves."""
    cases = [(disease, *made_up_curves(disease)) for disease in DISEASES for _ in range(10)]
    for (_, train, val), broken in zip(cases[-4:], (math.nan, math.nan, math.inf, math.inf), strict=True):
        train[-1] = val[-1] = broken  # the last cases are those that diverge
    random.shuffle(cases)
    given = [
        call(diagnose, list(train), list(val), missing="It should return one of four words.")
        for _, train, val in cases
    ]
    unknown = next((word for word in given if word not in DISEASES), None)
    if unknown is not None:
        raise Hint(
            "One of the four words is wanted.",
            f"It returned {unknown!r}; the words are {', '.join(map(repr, DISEASES))}.",
        )
    wrong = [(truth, word, train, val) for (truth, train, val), word in zip(cases, given, strict=True)
             if word != truth]  # fmt: skip
    if wrong:
        raise _diagnosis_hint(wrong, given)
    return "Right for forty made-up trainings. Now read the next real one the same way."


def made_up_curves(disease: str) -> tuple[list[float], list[float]]:
    """Training and validation loss of 8 to 15 epochs that leave no doubt about the disease."""
    epochs = np.arange(random.randint(8, 15))
    noise = np.exp(np.random.default_rng(random.getrandbits(32)).normal(0, 0.01, (2, len(epochs))))
    if disease == "diverging":
        train = 2.2 * random.uniform(1.2, 1.6) ** epochs
        train[0] = random.uniform(0.8, 2.0)
        val = train * random.uniform(1.0, 1.3)
    elif disease == "underfitting":
        train = np.linspace(IGNORANCE, random.uniform(1.2, 1.8), len(epochs))
        val = train * random.uniform(1.0, 1.05)
    else:
        final = random.uniform(0.05, 0.15) if disease == "healthy" else random.uniform(0.001, 0.02)
        train = final + 2 * np.exp(-epochs * random.uniform(0.8, 1.0))
        val = train + random.uniform(0, 0.3)  # a gap, but no climb
        if disease == "overfitting":
            val = random.uniform(0.2, 0.4) + 2 * np.exp(-epochs * 1.2)
            val = val * (1 + random.uniform(0.2, 0.3) * np.maximum(epochs - 3, 0))
    return (train * noise[0]).tolist(), (val * noise[1]).tolist()


def _diagnosis_hint(wrong: Sequence[tuple], given: Sequence[str]) -> Hint:
    truth, word, train, val = wrong[0]
    ends = (
        f"the training loss ends at {train[-1]:.3f}, the validation loss at {val[-1]:.3f}, "
        f"its lowest was {min(val):.3f}"
    )
    if len(set(given)) == 1:
        return Hint("It always says the same.", f"It says {word!r} to all; compare the curves' last values.")
    if all(row[0] == "diverging" and not math.isfinite(row[2][-1]) for row in wrong):
        return Hint(
            "Almost. Some trainings break altogether.",
            "Where the loss is nan or inf, you do not say 'diverging'. Every comparison with nan is False: "
            "ask math.isfinite first.",
        )
    reasons = {
        "diverging": "it ends above ln 10 = 2.303, worse than guessing",
        "overfitting": "the validation loss has left its lowest value far below, the training loss has not",
        "underfitting": "even on the training images the loss is still above 1",
        "healthy": "both losses are low, and the validation loss ends near its lowest value",
    }
    return Hint(
        f"You miss some that are {truth}.",
        f"You say {word!r} where {ends}. That is {truth}: {reasons[truth]}.",
    )


@checker("When was the lowest loss so far set, and how long did the next lower one take?")
def check_least_patience(least_patience: object) -> str:
    """A function (val_losses) -> smallest patience that still reaches the lowest loss of all."""
    lists = [[0.5, 0.4, 0.3, 0.2], [0.5, 0.4, 0.45, 0.43, 0.3, 0.35], [0.2, 0.3, 0.4, 0.5]]
    for _ in range(60):
        lists.append([k / 100 for k in random.sample(range(10, 100), random.randint(5, 14))])
    answers = [
        number(call(least_patience, list(losses), missing="It should return a number of epochs."))
        for losses in lists
    ]
    for losses, answer in zip(lists, answers, strict=True):
        if answer != needed_patience(losses):
            raise _patience_hint(lists, answers, losses, answer)
    return (
        "Right for sixty random trainings. But it takes hindsight: choose some more than you think you need."
    )


def needed_patience(losses: Sequence[float]) -> int:
    """Found by trying: the first patience with which early stopping sees the lowest loss."""
    best = losses.index(min(losses))
    return next(patience for patience in range(1, len(losses) + 1) if _reaches(losses, patience, best))


def _reaches(losses: Sequence[float], patience: int, epoch: int) -> bool:
    """Whether a training with that patience sees the loss of `epoch`, counted from 0."""
    lowest = 0
    for current in range(epoch):
        if losses[current] < losses[lowest]:
            lowest = current
        if current - lowest >= patience:
            return False
    return True


def _patience_hint(lists, answers, losses: list[float], answer: float) -> Hint:
    def explains(rule: Callable[[list[float]], float]) -> bool:
        return all(rule(case) == given for case, given in zip(lists, answers, strict=True))

    example = f"For {losses}"
    if explains(lambda losses: needed_patience(losses) - 1):
        return Hint(
            "One too small.",
            f"{example} you return {answer:g}. With a patience of p, training stops as soon as the lowest "
            "loss is p epochs old.",
        )
    if explains(lambda losses: needed_patience(losses) + 1):
        return Hint(
            "It works, but one less would do.",
            f"{example} you return {answer:g}: a loss that falls in the very epoch in which patience would "
            "end resets the count.",
        )
    if explains(lambda losses: losses.index(min(losses)) + 1) or explains(
        lambda losses: losses.index(min(losses))
    ):
        return Hint(
            "That is when the lowest loss comes. How long is the wait for it?",
            f"{example} you return the epoch of the lowest loss; every lower loss on the way there "
            "begins the count anew.",
        )
    if explains(_longest_rise):
        return Hint(
            "Lowest so far, or lower than the one before?",
            f"{example} you compare with the epoch before; the count goes on until the loss is lower than "
            "the lowest so far.",
        )
    if answer < 1:
        return Hint(
            "The smallest patience there is is 1.",
            f"{example} you return {answer:g}; where no wait is needed, 1 is the answer.",
        )
    if needed_patience(losses) < answer:
        return Hint(
            "Too patient for some trainings.",
            f"{example} you return {answer:g}, and less is enough. What comes after the lowest loss of all "
            "does not matter.",
        )
    return Hint(
        "Too impatient for some trainings.",
        f"{example} a patience of {answer:g} stops before the lowest loss.",
    )


def _longest_rise(losses: list[float]) -> int:
    """A common mistake: the longest row of epochs that were worse than the one before."""
    longest = rise = 0
    for before, after in pairwise(losses):
        rise = rise + 1 if after > before else 0
        longest = max(longest, rise)
    return longest


@checker("Find the position of the lowest loss; the rate at this position, divided by ten, is the answer.")
def check_choose_rate(choose_rate: object) -> str:
    """A function (rates, losses) -> a tenth of the rate with the lowest loss, tried on made-up tests."""
    cases = [(*made_up_range_test(), broken) for broken in (None, math.inf, math.nan) for _ in range(7)]
    for rates, losses, broken in cases:
        if broken is not None:
            losses[-random.randint(1, 5) :] = broken
        answer = number(call(choose_rate, rates.copy(), losses.copy(), missing="It should return a rate."))
        lowest = int(np.nanargmin(losses))
        right = rates[lowest] / 10
        if not math.isclose(answer, right, rel_tol=0.01):
            raise _rate_hint(answer, rates, losses, lowest)
    return "Right for 21 made-up range tests, those that ended in nan among them."


def made_up_range_test() -> tuple[np.ndarray, np.ndarray]:
    """Rates that rise, and smoothed losses that stay, fall and explode: two arrays of shape (steps,)."""
    steps = random.randint(100, 300)
    rates = np.logspace(-6, 0, steps)
    turning = random.uniform(-3.5, -1.5)
    decades = np.log10(rates) - turning
    losses = IGNORANCE - 2 / (1 + np.exp(-3 * (decades + 1))) + 0.3 * np.exp(3 * decades)
    return rates, losses


def _rate_hint(answer: float, rates: np.ndarray, losses: np.ndarray, lowest: int) -> Hint:
    if math.isnan(answer) or (
        not np.isfinite(losses).all() and _is(answer, rates[int(np.argmin(losses))] / 10)
    ):
        return Hint(
            "Right, as long as the loss stays a number.",
            "At the end of a range test losses can be nan, and np.argmin takes nan for the lowest. "
            "NumPy has a relative of argmin that skips them.",
        )
    if _is(answer, rates[lowest]):
        return Hint(
            "There the loss is about to explode.",
            "You return the rate of the lowest loss itself: the edge of the cliff. Keep a distance.",
        )
    if _is(answer, lowest) or _is(answer, lowest / 10):
        return Hint("A position is no rate.", "You return the step number; rates[position] is its rate.")
    if _is(answer, losses[lowest]) or _is(answer, losses[lowest] / 10):
        return Hint("That is a loss.", "You return the lowest loss; the rate that went with it is wanted.")
    if _is(answer, 10 * rates[lowest]):
        return Hint("Which way is the safe side?", "You multiply by ten; smaller rates are the safer ones.")
    return Hint(
        "Not the rate that the rule gives.",
        f"The lowest loss was at the rate {rates[lowest]:.2g}, and you return {answer:.2g}.",
    )


def _is(answer: float, value: float) -> bool:
    return math.isclose(answer, value, rel_tol=0.01)
