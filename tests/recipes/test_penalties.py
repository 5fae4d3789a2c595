"""Penalties: closed formulas, gradients, and torch's own L2; and how weight decay differs from it."""

import math

import pytest
import torch
from torch import nn

from mnist_helpers.recipes import L1, L2, weight_matrices


@pytest.fixture
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4))


def values(model):
    return torch.cat([model[0].weight.flatten(), model[3].weight.flatten()]).detach().double()


def test_weights_are_those_of_linear_and_convolutional_layers_only(model):
    assert [id(weight) for weight in weight_matrices(model)] == [id(model[0].weight), id(model[3].weight)]


@pytest.mark.parametrize("strength", [0, 1e-4, 2.5])
def test_penalties_are_their_formulas(model, strength):
    w = values(model)
    assert L1(strength)(model).item() == pytest.approx(strength * w.abs().sum().item(), rel=1e-5)
    assert L2(strength)(model).item() == pytest.approx(strength * (w**2).sum().item() / 2, rel=1e-5)


@pytest.mark.parametrize(("penalty", "slope"), [(L1(0.3), torch.sign), (L2(0.3), lambda w: w)])
def test_gradients_are_strength_times_sign_or_weight_and_spare_the_rest(model, penalty, slope):
    penalty(model).backward()
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            torch.testing.assert_close(parameter.grad, 0.3 * slope(parameter.detach()))
        else:
            assert parameter.grad is None, name


@pytest.mark.parametrize("penalty", [L1, L2])
@pytest.mark.parametrize("strength", [-1e-9, math.nan, math.inf])
def test_a_strength_out_of_range_is_told(penalty, strength):
    with pytest.raises(ValueError, match="at least 0, not"):
        penalty(strength)


def trained(optimizer, penalty=None, steps=50):
    """The weights after some steps on random data; the model has no biases, so that all weights decay."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = nn.Linear(6, 3, bias=False)
        images, labels = torch.randn(40, 6), torch.randint(3, (40,))
    stepper = optimizer(model.parameters())
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(images), labels)
        if penalty is not None:
            loss = loss + penalty(model)
        stepper.zero_grad()
        loss.backward()
        stepper.step()
    return model.weight.detach()


def adam(parameters, **settings):
    return torch.optim.Adam(parameters, lr=0.01, **settings)


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1)


def sgd(parameters, **settings):
    return torch.optim.SGD(parameters, lr=0.1, **settings)


@pytest.mark.parametrize("optimizer", [adam, sgd])
def test_l2_is_torchs_weight_decay_under_sgd_and_adam(optimizer):
    decayed = trained(lambda parameters: optimizer(parameters, weight_decay=0.1))
    torch.testing.assert_close(trained(optimizer, L2(0.1)), decayed, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(trained(optimizer), decayed, atol=1e-2)


def test_adamw_decays_the_weights_outside_the_gradient_which_is_not_l2_under_adam():
    def shrinking_adam(parameters):
        parameters = list(parameters)
        stepper = adam(parameters)

        def shrink(*_):
            with torch.no_grad():
                for parameter in parameters:
                    parameter.mul_(1 - 0.01 * 0.1)

        stepper.register_step_pre_hook(shrink)
        return stepper

    torch.testing.assert_close(trained(adamw), trained(shrinking_adam), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(trained(adamw), trained(adam, L2(0.1)), atol=1e-2)


def test_l1_makes_weights_that_nothing_needs_vanish_and_l2_only_makes_them_smaller():
    """A weight without a loss: L1 brings it to 0 in finite time, L2 never."""
    sizes = {}
    for penalty in (L1(0.1), L2(0.1)):
        model = nn.Linear(1, 1, bias=False)
        nn.init.ones_(model.weight)
        stepper = sgd(model.parameters())
        for _ in range(110):
            stepper.zero_grad()
            penalty(model).backward()
            stepper.step()
        sizes[type(penalty)] = abs(model.weight.item())
    assert sizes[L1] <= 0.0101
    assert sizes[L2] == pytest.approx(0.99**110, rel=1e-4)
