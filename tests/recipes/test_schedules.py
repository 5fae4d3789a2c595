"""Learning rates that change: against torch's own schedules, and inside a training."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, OneCycleLR

from mnist_helpers import Extras, train
from mnist_helpers.networks import linear
from mnist_helpers.recipes import cool_down, learning_rate_ramp, rates_of, warm_up


def exponential(optimizer, total_steps):
    return ExponentialLR(optimizer, gamma=1000 ** (1 / (total_steps - 1)))


def cosine(optimizer, total_steps):
    return CosineAnnealingLR(optimizer, T_max=total_steps)


def linear_rise(optimizer, total_steps):
    return LinearLR(optimizer, start_factor=1 / 25, total_iters=24)


def test_the_ramp_is_torchs_exponential_schedule():
    ramp = rates_of(partial(learning_rate_ramp, lowest=1e-4, highest=0.1), 50, learning_rate=7.0)
    assert np.allclose(ramp, rates_of(exponential, 50, learning_rate=1e-4))
    assert (ramp[0], ramp[-1]) == (pytest.approx(1e-4), pytest.approx(0.1))


def test_the_ramp_takes_the_place_of_every_groups_rate():
    weights = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    optimizer = torch.optim.SGD(
        [{"params": weights[:1], "lr": 1.0}, {"params": weights[1:], "lr": 5.0}], lr=1
    )
    LinearLR(optimizer)  # an earlier schedule leaves its traces in the optimiser
    scheduler = learning_rate_ramp(optimizer, total_steps=3, lowest=0.01, highest=1)
    seen = []
    for _ in range(3):
        seen.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    assert np.allclose(seen, [[0.01, 0.01], [0.1, 0.1], [1, 1]])


def test_a_ramp_of_one_step_stays_at_its_foot():
    assert rates_of(partial(learning_rate_ramp, lowest=0.1, highest=1), 1) == [pytest.approx(0.1)]


@pytest.mark.parametrize(("lowest", "highest"), [(0, 1), (-1, 1), (1, 1), (1, 0.1)])
def test_a_ramp_that_does_not_rise_is_refused(lowest, highest):
    with pytest.raises(ValueError, match="lowest"):
        rates_of(partial(learning_rate_ramp, lowest=lowest, highest=highest), 10)


def test_the_warm_up_is_torchs_linear_schedule():
    rates = rates_of(partial(warm_up, share=0.25), 100, learning_rate=0.3)
    assert np.allclose(rates, rates_of(linear_rise, 100, learning_rate=0.3))
    assert rates[24:] == [pytest.approx(0.3)] * 76
    assert rates[23] < 0.3


def test_the_cool_down_is_torchs_cosine_schedule():
    rates = rates_of(cool_down, 40, learning_rate=0.3)
    assert np.allclose(rates, rates_of(cosine, 40, learning_rate=0.3))
    assert rates[0] == 0.3
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        rates_of(partial(warm_up, share=share), 10)


def test_rates_without_a_schedule_are_constant():
    assert rates_of(None, 3, learning_rate=0.5) == [0.5] * 3


def test_rates_of_torchs_one_cycle_are_what_torch_says_step_by_step():
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=20)
    expected = []
    for _ in range(20):
        expected += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    assert np.allclose(rates_of(partial(OneCycleLR, max_lr=0.1), 20), expected)


def test_looking_at_rates_warns_of_nothing(recwarn):
    rates_of(warm_up, 5)
    assert not recwarn.list


def test_a_training_runs_through_the_whole_ramp(tiny_splits):
    used = []

    def noted(optimizer, total_steps):
        scheduler = learning_rate_ramp(optimizer, total_steps, lowest=1e-5, highest=1e-2)
        optimizer.register_step_pre_hook(lambda *_: used.append(optimizer.param_groups[0]["lr"]))
        return scheduler

    torch.manual_seed(0)
    history = train(
        linear(), tiny_splits, num_epochs=2, batch_size=64, extras=Extras(schedule=noted), progress=False
    )
    assert len(used) == len(history.step_loss)
    assert np.allclose(used, np.logspace(-5, -2, len(used)))
