"""Exercises of step 4: wrong answers earn the right hint, every form of a right one is accepted."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from verdicts import right, wrong

from mnist_helpers import History, Split, Splits, load_embedded_digits, preprocess
from mnist_helpers.exercises import step4
from mnist_helpers.exercises.step4 import (
    check_chain_rule,
    check_diverging_rate,
    check_early_stop,
    check_steps,
    check_train_step,
)

TINY = preprocess(load_embedded_digits())
FEW = Splits(*(Split(split.images[:200], split.labels[:200]) for split in (TINY.train, TINY.val, TINY.test)))


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


def in_order(*lines, loss_of=loss_of):
    """A step with these lines in this order, after the loss."""

    def train_step(model, optimizer, images, labels):
        loss = loss_of(model, images, labels)
        for line in lines:
            loss.backward() if line == "backward" else getattr(optimizer, line)()
        return loss

    return train_step


def softmax_twice(model, images, labels):
    return F.cross_entropy(model(images).softmax(dim=1), labels)


def after_the_step(function):
    def train_step(model, optimizer, images, labels):
        loss = step(model, optimizer, images, labels)
        return function(loss, model, images, labels)

    return train_step


def stop(losses, patience):
    for epoch in range(1, len(losses) + 1):
        seen = losses[:epoch]
        if epoch - 1 - seen.index(min(seen)) >= patience:
            return epoch
    return len(losses)


def stop_after_rises(losses, patience):
    rises = 0
    for epoch in range(1, len(losses)):
        rises = rises + 1 if losses[epoch] > losses[epoch - 1] else 0
        if rises == patience:
            return epoch + 1
    return len(losses)


def sorts_first(losses, patience):
    answer = stop(losses, patience)
    losses.sort()
    return answer


def best(losses):
    return 1 + losses.index(min(losses))


def p_of(w, b, x):
    return 1 / (1 + math.exp(-(w * x + b)))


def squared_error(w, b, x):
    return (1 - p_of(w, b, x)) ** 2


def slope_of_w(w, b, x):
    p = p_of(w, b, x)
    return -2 * (1 - p) * p * (1 - p) * x


def slope_by_nudge(w, b, x):
    return (squared_error(w + 1e-4, b, x) - squared_error(w - 1e-4, b, x)) / 2e-4


def slope_by_backward(w, b, x):
    w = torch.tensor(w, requires_grad=True)
    ((1 - torch.sigmoid(w * x + b)) ** 2).backward()
    return w.grad


ANSWERS = {
    check_chain_rule: [
        *map(right, (slope_of_w, slope_by_nudge, slope_by_backward)),
        wrong(lambda w, b, x: -slope_of_w(w, b, x), gentle="Which way", concrete="sign"),
        wrong(lambda w, b, x: slope_of_w(w, b, x) / 2, gentle="first link", concrete="factor of 2"),
        wrong(lambda w, b, x: slope_of_w(w, b, x) / x, gentle="along b", concrete="if w rises"),
        wrong(lambda w, b, x: -2 * (1 - p_of(w, b, x)) * x, gentle="missing", concrete="between p and z"),
        wrong(lambda w, b, x: slope_of_w(w, b, x) / x * w, gentle="last link", concrete="x, not w"),
        wrong(lambda w, b, x: -(1 - p_of(w, b, x)) * x, gentle="−ln p", concrete="(1 − p)²"),
        wrong(
            lambda w, b, x: -2 * (1 - p_of(w, b, x)) + p_of(w, b, x) * (1 - p_of(w, b, x)) + x,
            gentle="with the slopes",
            concrete="multiply",
        ),
        wrong(lambda w, b, x: -1.4621, gentle="Not yet the slope", concrete="Nudge w"),
        wrong(squared_error, gentle="Not yet the slope", concrete="Nudge w"),
        wrong(0.5, gentle="function itself", concrete="without brackets"),
    ],
    check_steps: [
        *map(right, (3910, 3910.0, np.int64(3910), torch.tensor([3910]))),
        wrong(3905, gentle="every image", concrete="smaller batch"),
        wrong(3906, gentle="Very close", concrete="within each epoch"),
        wrong(3907, gentle="Very close", concrete="into the next"),
        wrong(3906.25, gentle="the last images of an epoch", concrete="Round up"),
        wrong(782, gentle="How many epochs", concrete="a single epoch"),
        wrong(781, gentle="How many epochs", concrete="without its last"),
        wrong(250_000, gentle="per image", concrete="per batch"),
        wrong(1500, gentle="Begin with one epoch", concrete="round up"),
        wrong("3910", gentle="plain number"),
    ],
    check_train_step: [
        *map(right, (step, step_by_hand, zero_grad_first)),
        wrong(in_order("backward", "step"), gentle="Which others are", concrete="Which line forgets"),
        wrong(in_order("backward", "step", "zero_grad"), gentle="not only by the slopes"),
        wrong(in_order("zero_grad", "backward"), gentle="did not move", concrete="optimizer.step()"),
        wrong(in_order("backward", "zero_grad", "step"), gentle="did not move", concrete="still there"),
        wrong(
            in_order("step", "zero_grad", "backward"), gentle="earlier batch", concrete="before backward()"
        ),
        wrong(in_order("zero_grad", "backward", "step", "step"), gentle="elsewhere", concrete="second step"),
        wrong(
            in_order("zero_grad", "backward", "step", loss_of=softmax_twice),
            gentle="elsewhere",
            concrete="softmax of your own",
        ),
        wrong(
            after_the_step(lambda loss, *batch: loss_of(*batch)), gentle="Which loss", concrete="after the"
        ),
        wrong(
            after_the_step(lambda loss, *batch: 8 * loss), gentle="Is that the loss", concrete="mean cross"
        ),
        wrong(
            after_the_step(lambda loss, model, images, labels: model(images)), gentle="What should come back"
        ),
        wrong(lambda model: None, gentle="TypeError"),
    ],
    check_diverging_rate: [
        *(right(rate, FEW) for rate in (10, np.float32(30), torch.tensor(1e3), 1e30)),
        wrong(0.001, FEW, gentle="Not yet worse", concrete="Multiply the rate by ten"),
        wrong(0.01, FEW, gentle="Not yet worse", concrete="above ln 10 = 2.303"),
        *(wrong(r, FEW, gentle="harms nothing", concrete="larger") for r in (1e-4, 1e-7, 1e-12, 1e-30)),
        *(wrong(rate, FEW, gentle="positive", concrete="above 0") for rate in (0, -1.0, math.nan, math.inf)),
        wrong("high", FEW, gentle="One plain number", concrete="a str"),
        wrong(10.0, "subset", gentle="Which images", concrete="`subset`"),
    ],
    check_early_stop: [
        *(right(lambda *a, kind=kind: kind(stop(*a))) for kind in (int, float, np.int64, torch.tensor)),
        wrong(lambda *a: stop(*a) - 1, gentle="One off", concrete="counted from 1"),
        wrong(
            lambda losses, patience: stop(losses, patience + 1), gentle="waits too long", concrete="one epoch"
        ),
        wrong(lambda losses, patience: best(losses), gentle="best epoch", concrete="see the future"),
        wrong(lambda losses, patience: len(losses), gentle="never stops", concrete="to the very end"),
        wrong(stop_after_rises, gentle="one before", concrete="lowest so far"),
        wrong(
            lambda losses, p: min(best(losses) + p, len(losses)), gentle="not for all", concrete="on paper"
        ),
        wrong(lambda losses, patience: stop(losses, 2), gentle="not for all"),
        wrong(lambda losses, patience: 3, gentle="not for all", concrete="on paper"),
        wrong(sorts_first, gentle="changes what it was given"),
        wrong(4, gentle="function itself", concrete="without brackets"),
    ],
}


def test_half_a_training_is_not_judged(monkeypatch):
    monkeypatch.setattr(step4, "train", lambda *_, **settings: History(interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        check_diverging_rate(10, FEW)
