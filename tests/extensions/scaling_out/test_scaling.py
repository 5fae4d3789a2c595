"""The model of a step's time, against closed formulas."""

import math

import numpy as np
import pytest

from mnist_helpers.extensions.scaling_out.scaling import (
    Compute,
    Network,
    best_ranks,
    fit_compute,
    fit_network,
    step_seconds,
)

COMPUTE = Compute(fixed=4e-4, per_image=5e-6)
NETWORK = Network(latency=1e-4, bandwidth=1e9)
GRADIENTS = 437_544


def test_two_ranks_of_a_ring_send_every_byte_once():
    assert NETWORK.all_reduce_seconds(1e6, ranks=2) == pytest.approx(2 * 1e-4 + 1e6 / 1e9)


@pytest.mark.parametrize(("ranks", "times"), [(2, 1), (4, 1.5), (8, 1.75), (1000, 1.998)])
def test_a_rank_of_a_ring_sends_almost_twice_the_bytes(ranks, times):
    assert Network(0, 1).all_reduce_seconds(1, ranks) == pytest.approx(times)


def test_one_rank_talks_to_nobody():
    assert NETWORK.all_reduce_seconds(1e9, ranks=1) == 0
    assert step_seconds(COMPUTE, NETWORK, GRADIENTS, 32, 1) == COMPUTE.seconds(32)


def test_fits_find_what_made_the_numbers():
    images = np.array([8, 32, 128, 512])
    assert fit_compute(images, COMPUTE.seconds(images)) == Compute(pytest.approx(4e-4), pytest.approx(5e-6))
    sizes = np.array([4, 4e3, 4e5, 4e7])
    for ranks in (2, 4):
        seconds = [NETWORK.all_reduce_seconds(size, ranks) for size in sizes]
        fitted = fit_network(sizes, seconds, ranks)
        assert fitted == Network(pytest.approx(1e-4), pytest.approx(1e9))


def test_fits_bear_noise_and_never_go_below_zero():
    sizes = np.array([4, 4e3, 4e4, 4e5, 4e6, 4e7])
    noise = np.array([1.1, 0.9, 1.05, 0.95, 1.1, 0.9])
    seconds = [NETWORK.all_reduce_seconds(size, 2) for size in sizes] * noise
    fitted = fit_network(sizes, seconds, 2)
    assert fitted.latency == pytest.approx(1e-4, rel=0.15)
    assert fitted.bandwidth == pytest.approx(1e9, rel=0.15)
    assert fit_compute([8, 64], [1e-5, 1e-3]).fixed == 0


def test_times_that_do_not_grow_have_no_bandwidth():
    with pytest.raises(ValueError, match="do not grow with the bytes"):
        fit_network([4, 4e3, 4e6], [2e-4, 1e-4, 1e-4], 2)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 32, 128, 512, 2048, 8192])
@pytest.mark.parametrize("latency", [0, 1e-6, 3e-5, 1e-4, 1e-2])
@pytest.mark.parametrize("bandwidth", [1e7, 1e9, 1e11])
def test_the_best_number_of_ranks_is_beside_the_root_of_a_formula(batch_size, latency, bandwidth):
    """A step takes (c - 2t) / ranks + 2 · latency · ranks and something that is the same for all ranks.

    Here c = per_image · batch and t = bytes / bandwidth.
    """
    gain = COMPUTE.per_image * batch_size - 2 * GRADIENTS / bandwidth
    root = math.sqrt(max(gain, 0) / (2 * latency)) if latency else batch_size * (gain > 0)
    best = best_ranks(COMPUTE, Network(latency, bandwidth), GRADIENTS, batch_size)
    assert abs(best - min(max(root, 1), batch_size)) < 1


def test_larger_batches_and_faster_networks_let_more_ranks_pay():
    assert best_ranks(COMPUTE, NETWORK, GRADIENTS, 32) == 1
    by_batch = [best_ranks(COMPUTE, NETWORK, GRADIENTS, b) for b in (32, 512, 2048, 8192)]
    assert by_batch == sorted(set(by_batch))
    faster = Network(latency=1e-6, bandwidth=1e11)
    assert best_ranks(COMPUTE, faster, GRADIENTS, 512) > best_ranks(COMPUTE, NETWORK, GRADIENTS, 512)


def test_a_wire_adds_to_the_softwares_latency_and_never_lets_more_ranks_pay():
    wired = NETWORK.with_wire(latency=5e-5, bandwidth=0.125e9)
    assert wired == Network(pytest.approx(1.5e-4), 0.125e9)
    assert NETWORK.with_wire(latency=0, bandwidth=1e12) == NETWORK
    for batch_size in (32, 512, 8192, 65536):
        pays = [best_ranks(COMPUTE, network, GRADIENTS, batch_size) for network in (wired, NETWORK)]
        assert pays == sorted(pays)
