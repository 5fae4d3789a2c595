"""Exercises of architectures: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import torch
from verdicts import right, wrong

from mnist_helpers.extensions.architectures.exercises import (
    check_conv_parameters,
    check_pareto_front,
    check_residual_block,
)

PARAMETERS = sum(p.numel() for p in torch.nn.Conv2d(16, 32, 3).parameters())


def block(x, first, second):
    return torch.relu(x + second(torch.relu(first(x))))


def block_in_steps(x, first, second):
    change = first(x).clamp(min=0)
    change = second(change)
    change += x
    return torch.nn.functional.relu(change)


def in_place(x, first, second):
    x += second(torch.relu(first(x)))
    return torch.relu(x)


def front(costs, accuracies):
    models = list(zip(costs, accuracies, strict=True))
    return [not any(c <= k and a >= s and (c, a) != (k, s) for c, a in models) for k, s in models]


def front_by_sorting(costs, accuracies):
    """Walk from the cheapest up; stay if better than all that were cheaper, and best of one's price."""
    models = list(zip(costs, accuracies, strict=True))
    best = {cost: max(a for c, a in models if c == cost) for cost in costs}
    return np.array([a == best[c] and all(best[k] < a for k in best if k < c) for c, a in models])


def beaten_if(beats):
    """The front of those that no model beats, where `beats(c, a, k, s)`: (c, a) beats (k, s)."""

    def on_front(costs, accuracies):
        models = list(zip(costs, accuracies, strict=True))
        return [not any(beats(c, a, k, s) for c, a in models) for k, s in models]

    return on_front


def beaten_by_equals(costs, accuracies):
    models = list(enumerate(zip(costs, accuracies, strict=True)))
    return [not any(j != i and c <= k and a >= s for j, (c, a) in models) for i, (k, s) in models]


ANSWERS = {
    check_conv_parameters: [
        *map(right, (PARAMETERS, 4_640.0, np.int64(4_640), torch.tensor(4_640))),
        wrong(16 * 32 * 9, gentle="small is missing", concrete="output channel has a bias"),
        wrong(16 * 32 * 9 + 16, gentle="Who has a bias", concrete="one per output channel"),
        wrong(16 * 32 * 10, gentle="Who has a bias", concrete="per output channel"),
        wrong(32 * 10, gentle="kernels look at", concrete="16 × 3 × 3"),
        wrong(32 * (16 * 3 + 1), gentle="3×3 kernel", concrete="not 3 values"),
        wrong(16 * 32 * 9 * 14 * 14, gentle="size of the image", concrete="not parameters"),
        wrong(7, gentle="one output channel first", concrete="16 input channels × 3 × 3"),
        wrong("4640", gentle="One plain number", concrete="str"),
    ],
    check_residual_block: [
        *map(right, (block, block_in_steps, lambda a, f, g: (g(f(a).relu()) + a).relu())),
        right(lambda *given: block(*given).detach().numpy()),
        wrong(lambda x, f, g: g(f(x).relu()).relu(), gentle="Where did x go", concrete="no skip"),
        wrong(lambda x, f, g: x + g(f(x).relu()), gentle="One ReLU is missing", concrete="The sum"),
        wrong(lambda x, f, g: x + g(f(x).relu()).relu(), gentle="order of the last", concrete="First add"),
        wrong(lambda x, f, g: (x + g(f(x))).relu(), gentle="One ReLU is missing", concrete="Between the two"),
        wrong(lambda x, f, g: (f(x).relu() + g(f(x).relu())).relu(), gentle="What is added", concrete="at x"),
        wrong(lambda x, f, g: (x * g(f(x).relu())).relu(), gentle="Plus", concrete="multiply"),
        wrong(lambda x, f, g: (x + f(g(x).relu())).relu(), gentle="Which layer", concrete="`second`"),
        wrong(lambda x, f, g: (x + g(f(x).sigmoid())).relu(), gentle="not x plus", concrete="Three lines"),
        wrong(lambda x, f, g: (x.mean() + g(f(x).relu())).relu(), gentle="not x plus"),
        wrong(lambda x, f, g: torch.cat([x, g(f(x).relu())], 1), gentle="(5, 16)", concrete="shape of x"),
        wrong(lambda x, f, g: 5, gentle="shape ()", concrete="(5, 8) is wanted"),
        wrong(in_place, gentle="changes what it was given", concrete="x = x"),
        wrong(3, gentle="function itself", concrete="without brackets"),
    ],
    check_pareto_front: [
        *map(right, (front, front_by_sorting, lambda c, a: torch.tensor(front(c, a)))),
        right(lambda c, a: [int(on) for on in front(c, a)]),
        wrong(lambda c, a: [not on for on in front(c, a)], gentle="other way", concrete="no other one beats"),
        wrong(lambda c, a: front([-k for k in c], a), gentle="good to cost more", concrete="less is better"),
        wrong(lambda c, a: front(c, a)[:-1], gentle="shape (11,)", concrete="One True or False per model"),
        wrong(lambda c, a: [True] * len(c), gentle="Not the right models", concrete="but the front is"),
        wrong(lambda c, a: np.flatnonzero(front(c, a)), concrete="other numbers"),
        wrong(lambda c, a: [str(on) for on in front(c, a)], gentle="Numbers are wanted", concrete="list"),
        wrong(lambda c, a: a, gentle="True or False", concrete="Comparisons"),
        wrong(beaten_if(lambda c, a, k, s: c <= k and a >= s), gentle="Is nobody", concrete="beat itself"),
        wrong(beaten_if(lambda c, a, k, s: c < k and a > s), gentle="cost the same", concrete="better one"),
        wrong(beaten_if(lambda c, a, k, s: c <= k and a > s), gentle="equally good", concrete="cheaper one"),
        wrong(beaten_if(lambda c, a, k, s: c < k and a >= s), gentle="cost the same", concrete="better one"),
        wrong(beaten_by_equals, gentle="struck out by their equals", concrete="None beats itself"),
    ],
}
