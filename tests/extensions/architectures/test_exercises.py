"""The checkers of architectures: right answers in every form pass, wrong ones get the hint that fits."""

import numpy as np
import pytest
import torch

from mnist_helpers.extensions.architectures.exercises import (
    check_conv_multiply_adds,
    check_conv_parameters,
    check_pareto_front,
    check_residual_block,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("answer", [4_640, 4_640.0, np.int64(4_640), torch.tensor(4_640)])
def test_the_parameters_are_accepted(accepted, answer):
    assert accepted(check_conv_parameters, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (16 * 32 * 9, "small is missing", "output channel has a bias"),
        (16 * 32 * 9 + 16, "Who has a bias", "one per output channel"),
        (16 * 32 * 10, "Fewer biases", "bias per kernel"),
        (32 * 10, "kernels look at", "16 × 3 × 3"),
        (32 * (16 * 3 + 1), "3×3 kernel", "not 3 values"),
        (16 * 32 * 9 * 14 * 14, "size of the image", "not parameters"),
        (7, "one output channel first", "16 input channels × 3 × 3"),
        ("many", "One plain number", "str"),
    ],
)
def test_wrong_parameters_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_conv_parameters, (4_640,), answer)
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize("answer", [240_000, 240_000.0, np.float64(240_000), torch.tensor([240_000])])
def test_the_multiply_adds_are_accepted(accepted, answer):
    assert accepted(check_conv_multiply_adds, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (14 * 14 * 16 * 150, "At how many places", "Without padding"),
        (100 * 16 * 25, "What does the kernel look at", "6 channels"),
        (16 * 150, "Those are the weights", "once per place"),
        (16 * 151, "Those are the parameters", "once per place"),
        (100 * 150, "one feature map", "there are 16"),
        (480_000, "Twice", "counts as one"),
        (100 * 16 * 151, "Very close", "biases"),
        (7, "Three numbers", "feature maps"),
    ],
)
def test_wrong_multiply_adds_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_conv_multiply_adds, (240_000,), answer)
    assert gentle in first
    assert concrete in second


def block(x, first, second):
    return torch.relu(x + second(torch.relu(first(x))))


def block_in_steps(x, first, second):
    change = first(x).clamp(min=0)
    change = second(change)
    change += x
    return torch.nn.functional.relu(change)


@pytest.mark.parametrize("answer", [block, block_in_steps, lambda a, f, g: (g(f(a).relu()) + a).relu()])
def test_residual_blocks_are_accepted(accepted, answer):
    assert accepted(check_residual_block, answer)


def in_place(x, first, second):
    x += second(torch.relu(first(x)))
    return torch.relu(x)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda x, f, g: g(f(x).relu()).relu(), "Where did x go", "no skip"),
        (lambda x, f, g: x + g(f(x).relu()), "One ReLU is missing", "The sum"),
        (lambda x, f, g: x + g(f(x).relu()).relu(), "order of the last two", "First add"),
        (lambda x, f, g: (x + g(f(x))).relu(), "One ReLU is missing", "Between the two layers"),
        (lambda x, f, g: (f(x).relu() + g(f(x).relu())).relu(), "What is added", "starts before it, at x"),
        (lambda x, f, g: (x * g(f(x).relu())).relu(), "Plus", "multiply"),
        (lambda x, f, g: (x + f(g(x).relu())).relu(), "Which layer comes first", "`second`"),
        (lambda x, f, g: torch.cat([x, g(f(x).relu())], 1), "keep the shape", "(5, 16)"),
        (lambda x, f, g: 5, "keep the shape", "int"),
        (lambda x, f, g: x, "not x plus the change", "Three lines"),
        (in_place, "changes the x", "x = x"),
        (3, "function itself", "without brackets"),
    ],
)
def test_wrong_blocks_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_residual_block, (block,), answer)
    assert gentle in first
    assert concrete in second


def front(costs, accuracies):
    models = list(zip(costs, accuracies, strict=True))
    return [not any(c <= k and a >= s and (c, a) != (k, s) for c, a in models) for k, s in models]


def front_by_sorting(costs, accuracies):
    """Walk from the cheapest up; stay if better than all that were cheaper, and best of one's price."""
    best = {cost: max(a for c, a in zip(costs, accuracies, strict=True) if c == cost) for cost in costs}
    return np.array(
        [
            a == best[c] and all(best[k] < a for k in best if k < c)
            for c, a in zip(costs, accuracies, strict=True)
        ]
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("answer", [front, front_by_sorting, lambda c, a: torch.tensor(front(c, a))])
def test_fronts_are_accepted(accepted, answer, seed):
    torch.manual_seed(seed)
    assert accepted(check_pareto_front, answer)


def ignoring_ties(costs, accuracies):
    models = list(zip(costs, accuracies, strict=True))
    return [not any(c < k and a > s for c, a in models) for k, s in models]


def beaten_by_itself(costs, accuracies):
    models = list(zip(costs, accuracies, strict=True))
    return [not any(c <= k and a >= s for c, a in models) for k, s in models]


def beaten_by_equals(costs, accuracies):
    models = list(enumerate(zip(costs, accuracies, strict=True)))
    return [not any(j != i and c <= k and a >= s for j, (c, a) in models) for i, (k, s) in models]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda c, a: [not on for on in front(c, a)], "other way round", "no other one beats"),
        (lambda c, a: front([-k for k in c], a), "Is dear good", "less is better"),
        (lambda c, a: front(c, a)[:-1], "One answer per model", "return 12 values"),
        (lambda c, a: [True] * len(c), "Not the right models", "cheaper and better"),
        (beaten_by_itself, "Is nobody left", "does a model beat itself"),
        (lambda c, a: [str(on) for on in front(c, a)], "True or False", "Comparisons"),
        (lambda c, a: a, "True or False", "Comparisons"),
        (ignoring_ties, "cost the same", "only the better one stays"),
        (beaten_by_equals, "struck out by their equals", "None beats itself"),
    ],
)
def test_wrong_fronts_get_their_hint(hints, answer, gentle, concrete, seed):
    torch.manual_seed(seed)
    first, second = hints(check_pareto_front, (front,), answer)
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize(
    "check", [check_conv_parameters, check_conv_multiply_adds, check_residual_block, check_pareto_front]
)
def test_a_missing_answer_gets_a_question(capsys, check):
    check(...)
    assert capsys.readouterr().out.startswith("○")


@pytest.mark.parametrize("check", [check_residual_block, check_pareto_front])
def test_a_starter_that_returns_nothing_is_no_attempt(capsys, check):
    check(lambda *arguments: ...)
    assert "returns nothing" in capsys.readouterr().out
