"""Exercises of common_challenges: wrong answers earn the right hint, right ones in any form pass."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from verdicts import right, wrong

from mnist_helpers.extensions.common_challenges.exercises import (
    DISEASES,
    check_choose_rate,
    check_diagnose,
    check_least_patience,
    made_up_curves,
    made_up_range_test,
    needed_patience,
)

GUESSING = math.log(10)


def diagnose(train, val):
    if not math.isfinite(train[-1]) or train[-1] > GUESSING:
        return "diverging"
    if train[-1] > 1:
        return "underfitting"
    return "overfitting" if val[-1] > 1.2 * min(val) else "healthy"


def other_thresholds(train, val):
    """Nobody is asked for exactly these numbers."""
    if not train[-1] < 2.35:
        return "diverging"
    if train[-1] > 0.6:
        return "underfitting"
    return "overfitting" if val[-1] / np.min(val) > 1.15 else "healthy"


def by_rule(*, diverging=None, underfitting=None, overfitting=None):
    """The right diagnosis, but for the rules that are given."""

    def rule(train, val):
        if (diverging or (lambda t, v: not t[-1] <= GUESSING))(train, val):
            return "diverging"
        if (underfitting or (lambda t, v: t[-1] > 1))(train, val):
            return "underfitting"
        climbed = (overfitting or (lambda t, v: v[-1] > 1.2 * min(v)))(train, val)
        return "overfitting" if climbed else "healthy"

    return rule


def never(disease):
    return lambda *curves: "healthy" if diagnose(*curves) == disease else diagnose(*curves)


def least_patience(losses):
    records = [k for k, loss in enumerate(losses) if loss == min(losses[: k + 1])]
    return max((later - earlier for earlier, later in pairwise(records)), default=1)


def longest_rise(losses):
    longest = rise = 0
    for before, after in pairwise(losses):
        rise = rise + 1 if after > before else 0
        longest = max(longest, rise)
    return longest


def choose_rate(rates, losses):
    return rates[np.nanargmin(losses)] / 10


def in_plain_python(rates, losses):
    sound = [(loss, rate) for loss, rate in zip(losses, rates, strict=True) if math.isfinite(loss)]
    return torch.tensor(min(sound)[1] / 10)


ANSWERS = {
    check_diagnose: [
        *map(right, (diagnose, other_thresholds, by_rule())),
        *(wrong(by_rule(overfitting=lambda t, v, gap=gap: v[-1] - t[-1] > gap), gentle="You miss")
          for gap in (0.05, 0.1, 0.15, 0.2, 0.4, 0.8)),
        wrong(by_rule(overfitting=lambda t, v: v[-1] > 1.2 * t[-1]), gentle="healthy"),
        wrong(by_rule(overfitting=lambda t, v: v[-1] > v[-2]), gentle="You miss"),
        wrong(by_rule(overfitting=lambda t, v: v[-1] > 0.5), gentle="You miss"),
        wrong(by_rule(overfitting=lambda t, v: t[-1] < 0.05), gentle="healthy"),
        wrong(by_rule(underfitting=lambda t, v: v[-1] > 1), gentle="overfitting"),
        wrong(by_rule(diverging=lambda t, v: not v[-1] <= GUESSING), gentle="You miss"),
        wrong(by_rule(diverging=lambda t, v: not max(t) <= GUESSING), gentle="You miss"),
        wrong(by_rule(diverging=lambda t, v: not t[-1] <= t[0]), gentle="diverging"),
        wrong(by_rule(diverging=lambda t, v: t[-1] > GUESSING), gentle="break", concrete="isfinite"),
        wrong(lambda train, val: "healthy", gentle="always says the same", concrete="compare"),
        wrong(never("overfitting"), gentle="overfitting", concrete="lowest value"),
        wrong(never("underfitting"), gentle="underfitting", concrete="above 1"),
        wrong(lambda train, val: "ill", gentle="four words", concrete="'ill'"),
        wrong(lambda train, val: 3, gentle="four words", concrete="3"),
    ],
    check_least_patience: [
        *map(right, (least_patience, needed_patience)),
        right(lambda losses: torch.tensor(float(least_patience(losses)))),
        wrong(lambda losses: least_patience(losses) - 1, gentle="too small", concrete="p epochs old"),
        wrong(lambda losses: least_patience(losses) + 1, gentle="one less", concrete="resets"),
        wrong(lambda losses: losses.index(min(losses)) + 1, concrete="begins the count anew"),
        wrong(lambda losses: losses.index(min(losses)), concrete="begins the count anew"),
        wrong(longest_rise, gentle="than the one before", concrete="epoch before"),
        wrong(len, gentle="Too patient", concrete="less is enough"),
        wrong(lambda losses: least_patience(losses) if losses[0] > min(losses) else 0, gentle="is 1"),
        wrong(lambda losses: 1, gentle="impatient", concrete="stops before"),
        wrong(lambda losses: min(least_patience(losses), 3), gentle="impatient"),
        wrong(lambda losses: losses.sort() or 1, gentle="impatient"),
    ],
    check_choose_rate: [
        *map(right, (choose_rate, in_plain_python)),
        wrong(lambda rates, losses: rates[np.nanargmin(losses)], concrete="edge of the cliff"),
        wrong(lambda rates, losses: np.nanargmin(losses), concrete="step number"),
        wrong(lambda rates, losses: np.nanmin(losses), concrete="the lowest loss"),
        wrong(lambda rates, losses: 10 * rates[np.nanargmin(losses)], concrete="smaller rates"),
        wrong(lambda rates, losses: rates[losses.argmin()] / 10, gentle="stays", concrete="takes nan for"),
        wrong(lambda rates, losses: rates[np.nanargmin(np.diff(losses))], concrete="you return"),
        wrong(lambda rates, losses: rates[-20] / 10, concrete="you return"),
        wrong(lambda rates, losses: rates[0], concrete="lowest loss is"),
        wrong(lambda rates, losses: 3e-4, concrete="lowest loss is"),
        wrong(lambda rates, losses: [1, 2], concrete="a list"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("disease", DISEASES)
def test_made_up_curves_leave_no_doubt(disease):
    for kind in range(100):
        train, val = made_up_curves(disease, kind)
        assert len(train) == len(val) >= 8
        assert (train[-1] > 1.1 * GUESSING) == (disease == "diverging")
        if disease != "diverging":
            assert (train[-1] > 1) == (disease == "underfitting")
            climb = val[-1] / min(val)
            assert climb > 1.3 if disease == "overfitting" else climb < 1.1


def test_the_oracle_agrees_with_the_training_loop_of_the_course(monkeypatch, tiny_splits):
    """`train` itself, told what it measures, stops before the best epoch with one less and not with it."""
    from mnist_helpers import training
    from mnist_helpers.networks import linear

    losses = [0.5, 0.4, 0.45, 0.43, 0.3, 0.35, 0.36, 0.37, 0.38]
    for patience, last in ((needed_patience(losses), 0.3), (needed_patience(losses) - 1, 0.4)):
        measured = iter([value for loss in losses for value in ((0.1, 0.9), (loss, 0.9))])
        monkeypatch.setattr(training, "loss_and_accuracy", lambda model, split, m=measured: next(m))
        history = training.train(
            linear(),
            tiny_splits,
            num_epochs=len(losses),
            batch_size=1024,
            extras=training.Extras(patience=patience),
            progress=False,
        )
        assert min(history.val_loss) == last


def test_made_up_range_tests_stay_fall_and_explode():
    for _ in range(50):
        rates, losses = made_up_range_test()
        assert len(rates) == len(losses)
        assert abs(losses[0] - GUESSING) < 0.05
        assert losses.min() < 1
        assert losses[-1] > 4
        assert 5 < losses.argmin() < len(losses) - 5
