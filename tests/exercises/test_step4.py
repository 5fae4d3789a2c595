"""The checkers of step 4: right answers in every form pass, typical wrong ones get the hint that fits."""

import math
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mnist_helpers.exercises.step4 import (
    check_diverging_rate,
    check_early_stop,
    check_steps,
    check_train_step,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)
    random.seed(0)


@pytest.mark.parametrize("answer", [3910, 3910.0, np.int64(3910), torch.tensor([3910])])
def test_the_number_of_steps_is_accepted(accepted, answer):
    assert accepted(check_steps, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (3905, "every image", "smaller batch"),
        (3906, "Very close", "within each epoch"),
        (3907, "Very close", "into the next"),
        (3906.25, "Half a step", "Round up"),
        (782, "How many epochs", "a single epoch"),
        (781, "How many epochs", "without its last"),
        (250_000, "per image", "per batch"),
        (1500, "Begin with one epoch", "round up"),
    ],
)
def test_wrong_numbers_of_steps_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_steps, (3910,), answer)
    assert gentle in first
    assert concrete in second


def loss_of(model, images, labels):
    return F.cross_entropy(model(images), labels)


def step(model, optimizer, images, labels):
    loss = loss_of(model, images, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def step_by_hand(model, optimizer, images, labels):
    model.zero_grad()
    log_probabilities = model(images).log_softmax(dim=1)
    loss = -log_probabilities[torch.arange(len(labels)), labels].mean()
    loss.backward()
    optimizer.step()
    return loss.item()


def zero_grad_first(model, optimizer, images, labels):
    optimizer.zero_grad(set_to_none=False)
    loss = loss_of(model, images, labels)
    loss.backward()
    optimizer.step()
    return loss.detach().numpy()


@pytest.mark.parametrize("answer", [step, step_by_hand, zero_grad_first])
def test_every_right_step_is_accepted(accepted, answer):
    for _ in range(10):
        assert accepted(check_train_step, answer)


def forgets_zero_grad(model, optimizer, images, labels):
    loss = loss_of(model, images, labels)
    loss.backward()
    optimizer.step()
    return loss


def forgets_step(model, optimizer, images, labels):
    loss = loss_of(model, images, labels)
    optimizer.zero_grad()
    loss.backward()
    return loss


def clears_too_late(model, optimizer, images, labels):
    loss = loss_of(model, images, labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss


def steps_too_early(model, optimizer, images, labels):
    loss = loss_of(model, images, labels)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return loss


def steps_twice(model, optimizer, images, labels):
    loss = step(model, optimizer, images, labels)
    optimizer.step()
    return loss


def softmax_twice(model, optimizer, images, labels):
    loss = F.cross_entropy(model(images).softmax(dim=1), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def returns_loss_after(model, optimizer, images, labels):
    step(model, optimizer, images, labels)
    return loss_of(model, images, labels)


def returns_sum(model, optimizer, images, labels):
    return step(model, optimizer, images, labels) * len(labels)


def returns_logits(model, optimizer, images, labels):
    step(model, optimizer, images, labels)
    return model(images)


def returns_nothing(model, optimizer, images, labels):
    step(model, optimizer, images, labels)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (forgets_zero_grad, "not only by the slopes", "Which line forgets"),
        (forgets_step, "did not move", "optimizer.step()"),
        (clears_too_late, "did not move", "still there"),
        (steps_too_early, "earlier batch", "came before backward()"),
        (steps_twice, "elsewhere", "second step"),
        (softmax_twice, "elsewhere", "softmax of your own"),
        (returns_loss_after, "Which loss", "after the step"),
        (returns_sum, "Is that the loss", "mean cross-entropy"),
        (returns_logits, "What should come back", "Return the loss"),
    ],
)
def test_wrong_steps_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_train_step, (step,), answer)
    assert gentle in first
    assert concrete in second


def test_a_step_that_raises_becomes_a_hint(hints):
    first, _ = hints(check_train_step, (step,), lambda model: None)
    assert "TypeError" in first


@pytest.mark.parametrize("answer", [1.0, 10, np.float32(30), torch.tensor(1e3), 1e30])
def test_rates_that_do_harm_are_accepted(accepted, tiny_splits, answer):
    assert accepted(check_diverging_rate, answer, tiny_splits)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (0.001, "Not yet worse", "Multiply the rate by ten"),
        (0.01, "Not yet worse", "above ln 10 = 2.303"),
        (0.0001, "harms nothing", "larger"),
        (0, "positive", "above 0"),
        (-1.0, "positive", "above 0"),
        (math.nan, "positive", "above 0"),
        ("high", "One plain number", "a str"),
    ],
)
def test_rates_that_do_no_harm_get_their_hint(hints, tiny_splits, answer, gentle, concrete):
    first, second = hints(check_diverging_rate, (10.0, tiny_splits), answer, tiny_splits)
    assert gentle in first
    assert concrete in second


def test_a_rate_without_splits_is_told_so(hints, tiny_splits):
    first, second = hints(check_diverging_rate, (10.0, tiny_splits), 10.0, "subset")
    assert "Which images" in first
    assert "`subset`" in second


def stop(losses, patience):
    for epoch in range(1, len(losses) + 1):
        seen = losses[:epoch]
        if epoch - 1 - seen.index(min(seen)) >= patience:
            return epoch
    return len(losses)


def stop_late(losses, patience):
    return stop(losses, patience + 1)


def stop_after_rises(losses, patience):
    rises = 0
    for epoch in range(1, len(losses)):
        rises = rises + 1 if losses[epoch] > losses[epoch - 1] else 0
        if rises == patience:
            return epoch + 1
    return len(losses)


@pytest.mark.parametrize("form", [int, float, np.int64, torch.tensor])
def test_every_early_stop_is_accepted(accepted, form):
    for _ in range(10):
        assert accepted(check_early_stop, lambda losses, patience: form(stop(losses, patience)))


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda losses, patience: stop(losses, patience) - 1, "One off", "counted from 1"),
        (stop_late, "waits too long", "one epoch late"),
        (lambda losses, patience: 1 + losses.index(min(losses)), "best epoch", "see the future"),
        (lambda losses, patience: len(losses), "never stops", "to the very end"),
        (stop_after_rises, "one before", "lowest so far"),
        (lambda losses, patience: 3, "not for all", "on paper"),
        (4, "function itself", "without brackets"),
    ],
)
def test_wrong_early_stops_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_early_stop, (stop,), answer)
    assert gentle in first
    assert concrete in second
