"""The checkers of step 3: right answers in every form pass, typical wrong ones get the hint that fits."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mnist_helpers.exercises.step3 import (
    check_letter_losses,
    check_neuron,
    check_parameters,
    check_pocket_network,
    check_softmax,
)

LN26, FLOOR26 = math.log(26), math.log(1 + 25 / math.e)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("answer", [0, 0.0, np.float32(0), torch.tensor(0.0), torch.zeros(1), -0.0])
def test_the_silent_neuron_is_accepted(accepted, answer):
    assert accepted(check_neuron, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (-0.5, "first half", "weighted sum. ReLU"),
        (-0.6, "first half", "and the bias belongs into it"),
        (0.5, "negative number, and when", "finished sum"),
        (2.2, "three products", "that is a negative number"),
        (torch.zeros(3), "One plain number", "a Tensor"),
    ],
)
def test_wrong_neurons_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_neuron, (0,), answer)
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize("answer", [210_042, 210_042.0, np.int64(210_042), torch.tensor(210_042)])
def test_the_number_of_parameters_is_accepted(accepted, answer):
    assert accepted(check_parameters, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (784 * 256 + 256 * 32 + 32 * 26, "small is missing", "Every neuron has a bias"),
        (784 * 256 + 256 + 256 * 32 + 32 + 32 * 10 + 10, "How many letters", "there are 26"),
        (784 * 256 + 256 + 256 * 32 + 32, "One layer is missing", "output layer"),
        (109_386, "digits' network", "256 and 32"),
        (784 + 256 + 32 + 26, "neurons", "multiply"),
        (4 * 210_042, "bytes", "4 per parameter"),
        (7, "layer by layer", "One line per layer"),
    ],
)
def test_wrong_numbers_of_parameters_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_parameters, (210_042,), answer)
    assert gentle in first
    assert concrete in second


def shifted(logits):
    powers = (logits - logits.max(dim=1, keepdim=True).values).exp()
    return powers / powers.sum(dim=1, keepdim=True)


def through_logsumexp(logits):
    return (logits.double() - logits.double().logsumexp(1, keepdim=True)).exp()


def with_numpy(logits):
    powers = np.exp(logits.numpy() - logits.numpy().max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("answer", [shifted, through_logsumexp, with_numpy])
def test_every_safe_softmax_is_accepted(accepted, answer):
    for _ in range(20):
        assert accepted(check_softmax, answer)


def naive(logits, dim=1):
    return logits.exp() / logits.exp().sum(dim=dim, keepdim=True)


def global_maximum(logits):
    return naive(logits - logits.max())


def clamped(logits):
    return naive(logits.clamp(-80, 80))


def in_place(logits):
    logits -= logits.max(dim=1, keepdim=True).values
    return naive(logits)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (naive, "Small scores work", "no score is above 0"),
        (global_maximum, "One row works", "each needs its own"),
        (clamped, "large ones change", "Cutting scores off"),
        (lambda logits: naive(logits, dim=0), "Who shares", "dim=1"),
        (lambda logits: logits.exp() / logits.exp().sum(), "Who shares", "each row should"),
        (lambda logits: logits / logits.sum(dim=1, keepdim=True), "never negative", "powers of e"),
        (lambda logits: shifted(2 * logits), "shares are wrong", "e to the power"),
        (torch.exp, "add up to 1", "sum of its own row"),
        (in_place, "changes the scores", "logits -= …"),
        (lambda logits: shifted(logits).sum(dim=1), "went in", "keepdim=True"),
        (shifted(torch.zeros(1, 3)), "function itself", "without brackets"),
    ],
)
def test_wrong_softmaxes_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_softmax, (shifted,), answer)
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize(
    "answers",
    [
        (LN26, FLOOR26),
        (3.26, 2.32),
        (np.float64(LN26), torch.tensor(FLOOR26)),
        (torch.tensor([LN26 + 0.05]), F.cross_entropy(torch.eye(26), torch.arange(26))),
    ],
)
def test_both_letter_losses_are_accepted_computed_or_measured(accepted, answers):
    assert accepted(check_letter_losses, *answers)


@pytest.mark.parametrize(
    ("first_loss", "stuck_loss", "gentle", "concrete"),
    [
        (FLOOR26, LN26, "Which is which", "swapped"),
        (math.log(10), FLOOR26, "ten classes", "ln 10 belongs to ten digits"),
        (math.log2(26), FLOOR26, "other unit", "log2"),
        (math.log10(26), FLOOR26, "other unit", "log10"),
        (1 / 26, FLOOR26, "a probability", "−ln of it"),
        (-LN26, FLOOR26, "negative", "sign"),
        (26, FLOOR26, "first_loss again", "each of 26"),
        (LN26, 1.461, "ten classes", "and for letters"),
        (LN26, math.log(1 + 26 / math.e), "very close", "how many zeros"),
        (LN26, math.e / (math.e + 25), "a probability", "−ln of it"),
        (LN26, 0, "one softmax", "go through a softmax again"),
        (LN26, LN26, "stuck_loss again", "one-hot rows"),
    ],
)
def test_wrong_letter_losses_get_their_hint(hints, first_loss, stuck_loss, gentle, concrete):
    first, second = hints(
        check_letter_losses,
        (
            LN26,
            FLOOR26,
        ),
        first_loss,
        stuck_loss,
    )
    assert gentle in first
    assert concrete in second


def pocket(*last, bend=nn.ReLU, hidden=(50, 30), outputs=10):
    return nn.Sequential(
        nn.Linear(784, hidden[0]), bend(), nn.Linear(hidden[0], hidden[1]), bend(),
        nn.Linear(hidden[1], outputs), *last,
    )  # fmt: skip


class WithDropout(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = pocket(hidden=(20, 20))
        self.drop = nn.Dropout(0.5)

    def forward(self, images):
        return self.layers(self.drop(images))


@pytest.mark.parametrize(
    "network", [pocket(), pocket(bend=nn.Tanh), pocket(hidden=(16, 16)), WithDropout()], ids=repr
)
def test_every_network_that_fits_is_accepted_and_keeps_its_mode(accepted, network):
    for mode in (True, False):
        network.train(mode)
        assert accepted(check_pocket_network, network)
        assert network.training is mode


class MixesImages(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = pocket()

    def forward(self, images):
        return self.layers(images - images.mean(dim=0))


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (pocket(hidden=(128, 64)), "Too large: 109,386", "437,544 bytes"),
        (pocket(nn.Softmax(dim=1)), "Are these logits", "a softmax in forward"),
        (pocket(nn.LogSoftmax(dim=1)), "Are these logits", "log-softmax"),
        (pocket(nn.ReLU()), "every score be reached", "without an activation function"),
        (pocket(bend=nn.Identity), "collapse", "no bend"),
        (pocket(outputs=26), "Ten logits", "not (200, 26)"),
        (nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10)), "Two hidden layers", "2 layers"),
        (MixesImages(), "images mix", "batch axis"),
        (MixesImages, "not its class", "brackets"),
        (42, "no network", "a int"),
    ],
)
def test_wrong_networks_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_pocket_network, (pocket(),), answer)
    assert gentle in first
    assert concrete in second
