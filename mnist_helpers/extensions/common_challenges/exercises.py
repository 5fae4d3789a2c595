"""Checkers of notebooks/extensions/common_challenges.ipynb."""

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mnist_helpers.exercises.feedback import When, checker, expect_rule

DISEASES = ("healthy", "underfitting", "overfitting", "diverging")
IGNORANCE = math.log(10)
REASONS = {
    "diverging": "it ends above ln 10 = 2.303, worse than guessing",
    "overfitting": "the validation loss has left its lowest value far below, the training loss has not",
    "underfitting": "even on the training images the loss is still above 1",
    "healthy": "the training loss is low, and the validation loss ends near its lowest value",
}


@checker("Look at the last training loss, the last validation loss, and the lowest validation loss.")
def check_diagnose(diagnose: object) -> str:
    """A function (train_losses, val_losses) -> one of `DISEASES`, tried on made-up, clear-cut curves."""
    cases = [made_up_curves(disease, kind) for kind in range(10) for disease in DISEASES]
    for (train, val), broken in zip(cases[3::12], (math.nan, math.nan, math.inf, math.inf), strict=True):
        train[-1] = val[-1] = broken
    cases.sort(key=lambda curves: not math.isfinite(curves[0][-1]))  # at last those that break altogether
    where = "You say {answer!r} where the training losses are {0} and the validation losses {1}."
    expect_rule(diagnose, cases, _disease, [
        (When(lambda word, *_: word not in DISEASES), "One of the four words is wanted.",
         f"It returned {{answer!r:.60}}; the words are {', '.join(map(repr, DISEASES))}."),
        ([lambda *curves, word=word: word for word in DISEASES], "It always says the same.",
         "It says {answer!r:.60} to all; compare the curves' last values."),
        (When(lambda word, truth, train, val: not math.isfinite(train[-1])),
         "Almost. Some trainings break altogether.",
         "Where the loss is nan or inf, you do not say 'diverging'. Every comparison with nan is False: "
         "ask math.isfinite first."),
        *((When(lambda word, truth, *_, disease=disease: truth == disease),
           f"You miss some that are {disease}.", f"{where} That is {disease}: {reason}.")
          for disease, reason in REASONS.items()),
    ], ("", ""), missing="It should return one of four words.")  # fmt: skip
    return "Right for forty made-up trainings. Now read the next real one the same way."


def _disease(train: Sequence[float], val: Sequence[float]) -> str:
    if not train[-1] <= IGNORANCE:
        return "diverging"
    if train[-1] > 1:
        return "underfitting"
    return "overfitting" if val[-1] > 1.2 * min(val) else "healthy"


def made_up_curves(disease: str, kind: int) -> tuple[list[float], list[float]]:
    """Training and validation loss of 8 to 15 epochs that leave no doubt about the disease.

    The even kinds are traps for rules of thumb: healthy ones with a wide gap, overfitting with a narrow one
    or with a validation loss above ln 10, diverging ones that fall, healthy ones with one epoch above ln 10.
    """
    trap, epochs = kind % 2 == 0, np.arange(random.randint(8, 15))
    noise = np.exp(np.random.default_rng(kind).normal(0, 0.01, (2, len(epochs))))
    if disease == "diverging":
        train = random.uniform(0.8, 2.0) * random.uniform(1.4, 1.6) ** epochs
        train = 2.7 + 40 * np.exp(-epochs) if trap else train
        val = train * random.uniform(1.0, 1.3)
    elif disease == "underfitting":
        train = np.linspace(2.9 if trap else IGNORANCE, random.uniform(1.2, 1.8), len(epochs))
        val = train * random.uniform(1.0, 1.05) + trap * 0.6
    else:
        train = random.choice([0.002, 0.02, 0.15]) + 2.6 * np.exp(-epochs * random.uniform(0.9, 1.1))
        val = train + (random.uniform(0.6, 0.9) if trap else random.uniform(0, 0.05))  # a gap, but no climb
        if disease == "overfitting":
            floor = (0.04, 0.9)[kind // 2 % 2] if trap else random.uniform(0.2, 0.4)
            val = floor + 2.6 * np.exp(-epochs * 2.0)
            val = val * (1 + random.uniform(0.25, 0.35) * np.maximum(epochs - 3, 0))
            train = train - train[-1] + random.choice([0.002, 0.02])
    return tuple(curve.round(4).tolist() for curve in (train * noise[0], val * noise[1]))


@checker("When was the lowest loss so far set, and how long did the next lower one take?")
def check_least_patience(least_patience: object) -> str:
    """A function (val_losses) -> smallest patience that still reaches the lowest loss of all."""
    lists = [[0.5, 0.4, 0.3, 0.2], [0.5, 0.4, 0.45, 0.43, 0.3, 0.35], [0.2, 0.3, 0.4, 0.5]]
    for _ in range(60):
        lists.append([k / 100 for k in random.sample(range(10, 100), random.randint(5, 14))])
    given = "For {0} you return {answer:g}"
    expect_rule(least_patience, [(losses,) for losses in lists], needed_patience, [
        (lambda losses: needed_patience(losses) - 1, "One too small. In which epoch would training stop?",
         f"{given}. With a patience of p, training stops as soon as the lowest loss is p epochs old."),
        (lambda losses: needed_patience(losses) + 1, "It works, but one less would do.",
         f"{given}: a loss that falls in the very epoch in which patience would end resets the count."),
        ([lambda losses: losses.index(min(losses)), lambda losses: losses.index(min(losses)) + 1],
         "That is when the lowest loss comes. How long is the wait for it?",
         f"{given}, the epoch of the lowest loss; every lower loss on the way there begins the count anew."),
        (_longest_rise, "Lowest so far, or lower than the one before?",
         f"{given}: you compare with the epoch before; the count goes on until the loss is lower than the "
         "lowest so far."),
        (When(lambda answer, *_: answer < 1), "The smallest patience there is is 1.",
         f"{given}; where no wait is needed, 1 is the answer."),
        (When(lambda answer, needed, _: answer > needed),
         "Too patient for some trainings. Which waits count?",
         f"{given}, and less is enough. What comes after the lowest loss of all does not matter."),
    ], ("Too impatient for some trainings. Which wait is the longest?",
        f"{given}: that stops before the lowest loss."),
        missing="It should return a number of epochs.")  # fmt: skip
    return (
        "Right for sixty random trainings. But it takes hindsight: choose some more than you think you need."
    )


def needed_patience(losses: Sequence[float]) -> int:
    """The longest wait from a loss that was the lowest so far to the next one."""
    records = [epoch for epoch, loss in enumerate(losses) if loss == min(losses[: epoch + 1])]
    return max((later - earlier for earlier, later in pairwise(records)), default=1)


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

    def best(rates: np.ndarray, losses: np.ndarray) -> float:
        return rates[np.nanargmin(losses)]

    cases = [(*made_up_range_test(), broken) for broken in (None, math.inf, math.nan) for _ in range(7)]
    for _, losses, broken in cases:
        if broken is not None:
            losses[-random.randint(1, 5) :] = broken
    expect_rule(choose_rate, [case[:2] for case in cases], lambda *test: best(*test) / 10, [
        (When(lambda answer, _, rates, losses: np.isnan(losses).any()),
         "Right, as long as the loss stays a number.",
         "At the end of a range test losses can be nan, and np.argmin takes nan for the lowest. "
         "NumPy has a relative of argmin that skips them."),
        (best, "There the loss is about to explode. What does the rule do next?",
         "You return the rate of the lowest loss itself: the edge of the cliff. Keep a distance."),
        ([lambda _, losses: np.nanargmin(losses) * 1.0, lambda _, losses: np.nanargmin(losses) / 10],
         "A position is no rate. Where do you look up what stands there?",
         "You return the step number; rates[position] is its rate."),
        ([lambda _, losses: np.nanmin(losses), lambda _, losses: np.nanmin(losses) / 10],
         "That is a loss. Which rate went with it?",
         "You return the lowest loss; the rate that went with it is wanted."),
        (lambda *test: 10 * best(*test), "Which way is the safe side?",
         "You multiply by ten; smaller rates are the safer ones."),
    ], ("Not the rate that the rule gives. Which loss does the rule look for?",
        "A tenth of the rate at the lowest loss is {wanted:.2g}, and you return {answer:.2g}."),
        rtol=0.01, atol=0, missing="It should return a rate.")  # fmt: skip
    return "Right for 21 made-up range tests, those that ended in nan among them."


def made_up_range_test() -> tuple[np.ndarray, np.ndarray]:
    """Rates that rise, and smoothed losses that stay, fall and explode: two arrays of shape (steps,)."""
    steps = random.randint(100, 300)
    rates = np.logspace(-6, 0, steps)
    turning = random.uniform(-3.5, -1.5)
    decades = np.log10(rates) - turning
    losses = IGNORANCE - 2 / (1 + np.exp(-3 * (decades + 1))) + 0.3 * np.exp(3 * decades)
    return rates, losses
