"""The checkers of scaling out: right answers in every form pass, wrong ones get the hint that fits."""

import math

import pytest
import torch

from mnist_helpers.extensions.scaling_out.exercises import (
    check_best_ranks,
    check_gradient_of_shares,
    check_ring_bytes,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def weighted(gradients, counts):
    return sum(count * gradient for gradient, count in zip(gradients, counts, strict=True)) / sum(counts)


def by_matrix(gradients, counts):
    return torch.tensor(counts).float() @ torch.stack(gradients) / sum(counts)


@pytest.mark.parametrize("answer", [weighted, by_matrix])
def test_the_weighted_mean_is_accepted(accepted, answer):
    assert accepted(check_gradient_of_shares, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda g, n: sum(g) / 3, "every image count alike", "small share"),
        (lambda g, n: sum(g), "A mean", "add the gradients up"),
        (lambda g, n: weighted(g, n) * sum(n), "Almost", "images of all shares"),
        (lambda g, n: weighted(g, n) * sum(n) / 3, "By what", "number of ranks"),
        (lambda g, n: g[0], "a mean of", "Add those sums"),
        (lambda g, n: 5, "shape of one gradient", "int"),
        (lambda g, n: torch.stack(g), "shape of one gradient", "(3, 4)"),
        (7, "function itself", "7"),
    ],
)
def test_other_means_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_gradient_of_shares, (weighted,), answer)
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize("answer", [765_702, 765_702.0, torch.tensor(765_702), 2 * 7 / 8 * 437_544])
def test_the_bytes_of_a_ring_are_accepted(accepted, answer):
    assert accepted(check_ring_bytes, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (7 * 54_693, "one round", "7 more"),
        (54_693, "one piece", "both rounds"),
        (875_088, "Very close", "7 messages"),
        (437_544, "Two ranks", "8 ranks"),
        (7 * 437_544, "to everybody", "an eighth"),
        (14 * 437_544, "all of them", "14 messages"),
        (1, "Messages, times", "8 pieces"),
    ],
)
def test_other_bytes_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_ring_bytes, (765_702,), answer)
    assert gentle in first
    assert concrete in second


def by_trying(compute, transfer, latency):
    def seconds(ranks):
        return compute / ranks + 2 * (ranks - 1) * (latency + transfer / ranks)

    return min(range(1, 513), key=seconds)


def by_formula(compute, transfer, latency):
    return max(1, round(math.sqrt(max(compute - 2 * transfer, 0) / (2 * latency))))


@pytest.mark.parametrize("answer", [by_trying, by_formula])
def test_the_best_number_of_ranks_is_accepted(accepted, answer):
    assert accepted(check_best_ranks, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda c, t, s: 512, "faster number", "you say 512"),
        (lambda c, t, s: 1, "faster number", "is shortest with 3 ranks"),
        (lambda c, t, s: 2.5, "Half a rank", "whole number"),
        (lambda c, t, s: 0, "Fewer than one", "Somebody has to compute"),
        (lambda c, t, s: math.sqrt(-1), "ValueError", "ValueError"),
    ],
)
def test_other_numbers_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_best_ranks, (by_trying,), answer)
    assert gentle in first
    assert concrete in second
