"""The checkers of common_challenges: right answers in several forms pass, typical mistakes get their hint."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

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

# ------------------------------------------------------------------ name the disease


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


@pytest.mark.parametrize("answer", [diagnose, other_thresholds])
def test_a_sound_diagnosis_passes_every_time(answer, accepted):
    assert all(accepted(check_diagnose, answer) for _ in range(20))


@pytest.mark.parametrize("disease", DISEASES)
def test_made_up_curves_leave_no_doubt(disease):
    for _ in range(100):
        train, val = made_up_curves(disease)
        assert len(train) == len(val) >= 8
        if disease == "diverging":
            assert not train[-1] < 2 * GUESSING
            continue
        assert train[0] < 1.05 * GUESSING + 0.2
        assert (train[-1] > 1) == (disease == "underfitting")
        climb = val[-1] / min(val)
        assert climb > 1.3 if disease == "overfitting" else climb < 1.1


def test_the_same_word_for_all_is_no_diagnosis(hints):
    gentle, concrete = hints(check_diagnose, (diagnose,), lambda train, val: "healthy")
    assert "always says the same" in gentle
    assert "compare" in concrete


def test_a_loss_that_is_no_number_needs_a_look_of_its_own(hints):
    def naive(train, val):
        if train[-1] > GUESSING:
            return "diverging"
        if train[-1] > 1:
            return "underfitting"
        return "overfitting" if val[-1] > 1.2 * min(val) else "healthy"

    gentle, concrete = hints(check_diagnose, (diagnose,), naive)
    assert "break altogether" in gentle
    assert "isfinite" in concrete


@pytest.mark.parametrize(("never", "reason"), [("overfitting", "lowest value"), ("underfitting", "above 1")])
def test_a_missed_disease_is_named(never, reason, hints):
    def answer(train, val):
        word = diagnose(train, val)
        return "healthy" if word == never else word

    gentle, concrete = hints(check_diagnose, (diagnose,), answer)
    assert never in gentle
    assert reason in concrete


def test_a_gap_alone_is_no_overfitting(hints):
    def answer(train, val):
        word = diagnose(train, val)
        if word in ("healthy", "overfitting"):
            return "overfitting" if val[-1] - train[-1] > 0.15 else "healthy"
        return word

    gentle, concrete = hints(check_diagnose, (diagnose,), answer)
    assert "healthy" in gentle
    assert "ends near its lowest value" in concrete


def test_other_words_are_refused(hints):
    gentle, concrete = hints(check_diagnose, (diagnose,), lambda train, val: "ill")
    assert "four words" in gentle
    assert "'ill'" in concrete


# ------------------------------------------------------------------ the least patience


def least_patience(losses):
    records = [k for k, loss in enumerate(losses) if loss == min(losses[: k + 1])]
    return max((later - earlier for earlier, later in pairwise(records)), default=1)


@pytest.mark.parametrize(
    "answer", [least_patience, needed_patience, lambda losses: torch.tensor(float(least_patience(losses)))]
)
def test_a_right_patience_passes(answer, accepted):
    assert accepted(check_least_patience, answer)


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


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda losses: least_patience(losses) - 1, "p epochs old"),
        (lambda losses: least_patience(losses) + 1, "resets"),
        (lambda losses: losses.index(min(losses)) + 1, "begins the count anew"),
        (lambda losses: len(losses), "less is enough"),
        (lambda losses: least_patience(losses) if losses[0] > min(losses) else 0, "is the answer"),
        (lambda losses: 1, "stops before"),
    ],
)
def test_typical_patiences_get_their_hint(answer, word, hints):
    gentle, concrete = hints(check_least_patience, (least_patience,), answer)
    assert word in concrete
    assert gentle != concrete


def test_comparing_with_the_epoch_before_is_recognised(hints):
    def answer(losses):
        longest = rise = 0
        for before, after in pairwise(losses):
            rise = rise + 1 if after > before else 0
            longest = max(longest, rise)
        return longest

    _, concrete = hints(check_least_patience, (least_patience,), answer)
    assert "epoch before" in concrete


# ------------------------------------------------------------------ the rate of a range test


def choose_rate(rates, losses):
    return rates[np.nanargmin(losses)] / 10


def in_plain_python(rates, losses):
    sound = [(loss, rate) for loss, rate in zip(losses, rates, strict=True) if math.isfinite(loss)]
    return torch.tensor(min(sound)[1] / 10)


@pytest.mark.parametrize("answer", [choose_rate, in_plain_python])
def test_a_tenth_of_the_best_rate_passes(answer, accepted):
    assert all(accepted(check_choose_rate, answer) for _ in range(10))


def test_made_up_range_tests_stay_fall_and_explode():
    for _ in range(50):
        rates, losses = made_up_range_test()
        assert len(rates) == len(losses)
        assert abs(losses[0] - GUESSING) < 0.05
        assert losses.min() < 1
        assert losses[-1] > 4
        assert 5 < losses.argmin() < len(losses) - 5


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda rates, losses: rates[np.nanargmin(losses)], "edge of the cliff"),
        (lambda rates, losses: np.nanargmin(losses), "step number"),
        (lambda rates, losses: np.nanmin(losses), "the lowest loss"),
        (lambda rates, losses: 10 * rates[np.nanargmin(losses)], "smaller rates"),
        (lambda rates, losses: rates[0], "lowest loss was at"),
        (lambda rates, losses: [1, 2], "a list"),
    ],
)
def test_typical_rates_get_their_hint(answer, word, hints):
    _, concrete = hints(check_choose_rate, (choose_rate,), answer)
    assert word in concrete


def test_losses_that_are_no_numbers_are_the_last_trap(hints):
    def answer(rates, losses):
        return rates[losses.argmin()] / 10

    gentle, concrete = hints(check_choose_rate, (choose_rate,), answer)
    assert "stays a number" in gentle
    assert "takes nan for the lowest" in concrete
