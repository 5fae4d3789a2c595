"""Exercises of scaling out: wrong answers earn the right hint, every form of a right one is accepted."""

import math

import torch
from verdicts import assert_verdict, each_answer, right, wrong

from mnist_helpers.extensions.scaling_out.exercises import (
    check_best_ranks,
    check_gradient_of_shares,
    check_ring_bytes,
)


def weighted(gradients, counts):
    return sum(count * gradient for gradient, count in zip(gradients, counts, strict=True)) / sum(counts)


def by_matrix(gradients, counts):
    return torch.tensor(counts).float() @ torch.stack(gradients) / sum(counts)


def in_place(gradients, counts):
    for gradient, count in zip(gradients, counts, strict=True):
        gradient *= count
    return sum(gradients) / sum(counts)


def by_trying(compute, transfer, latency):
    def seconds(ranks):
        return compute / ranks + 2 * (ranks - 1) * (latency + transfer / ranks)

    return min(range(1, 513), key=seconds)


def by_formula(compute, transfer, latency):
    return max(1, round(math.sqrt(max(compute - 2 * transfer, 0) / (2 * latency))))


ANSWERS = {
    check_gradient_of_shares: [
        *map(right, (weighted, by_matrix, lambda g, n: weighted(g, n).numpy())),
        right(lambda g, n: weighted(g, n).tolist()),
        wrong(lambda g, n: sum(g) / len(g), gentle="every image count alike", concrete="small share"),
        wrong(lambda g, n: sum(g), gentle="A mean", concrete="add the gradients up"),
        wrong(lambda g, n: weighted(g, n) * sum(n), gentle="Almost", concrete="images of all shares"),
        wrong(lambda g, n: weighted(g, n) * sum(n) / len(n), gentle="By what", concrete="number of ranks"),
        wrong(lambda g, n: weighted(g, n) * sum(n) / 16, gentle="a mean of", concrete="Add those sums"),
        wrong(lambda g, n: g[0], gentle="a mean of", concrete="Add those sums"),
        wrong(lambda g, n: weighted(g, n[::-1]), gentle="a mean of"),
        wrong(in_place, gentle="changes what it was given", concrete="work on a copy"),
        wrong(lambda g, n: 5, gentle="shape ()", concrete="(4,) is wanted"),
        wrong(lambda g, n: torch.stack(g), gentle="shape (3, 4)", concrete="one gradient"),
        wrong(7, gentle="function itself", concrete="7"),
    ],
    check_ring_bytes: [
        *map(right, (765_702, 765_702.0, torch.tensor(765_702), 2 * 7 / 8 * 437_544)),
        wrong(7 * 54_693, gentle="one round", concrete="7 more"),
        wrong(54_693, gentle="one piece", concrete="both rounds"),
        wrong(875_088, gentle="Very close", concrete="7 messages"),
        wrong(437_544, gentle="Two ranks", concrete="8 ranks"),
        wrong(7 * 437_544, gentle="to everybody", concrete="an eighth"),
        wrong(14 * 437_544, gentle="all of them", concrete="14 messages"),
        wrong(765_703, gentle="Messages, times", concrete="8 pieces"),
        wrong(float("nan"), gentle="Messages, times", concrete="8 pieces"),
    ],
    check_best_ranks: [
        *map(right, (by_trying, lambda *times: min(by_formula(*times), 512))),
        right(lambda *times: torch.tensor(float(by_trying(*times)))),
        wrong(lambda c, t, s: 512, gentle="faster number", concrete="you say 512"),
        wrong(lambda c, t, s: 1, gentle="faster number", concrete="is shortest with 3 ranks"),
        wrong(lambda c, t, s: min(512, max(1, round((c / (2 * s)) ** 0.5))), gentle="faster number"),
        wrong(lambda *times: max(2, by_trying(*times)), gentle="faster number", concrete="with 1 ranks"),
        wrong(by_formula, gentle="So many", concrete="512 is the most"),
        wrong(lambda c, t, s: 2.5, gentle="Half a rank", concrete="whole number"),
        wrong(lambda c, t, s: float("inf"), gentle="Half a rank"),
        wrong(lambda c, t, s: 0, gentle="Fewer than one", concrete="Somebody has to compute"),
        wrong(lambda c, t, s: math.sqrt(-1), gentle="ValueError", concrete="math.sqrt(-1)"),
    ],
}


@each_answer(ANSWERS)
def test_verdict(check, first, answer, capsys):
    assert_verdict(capsys, check, first, answer)
