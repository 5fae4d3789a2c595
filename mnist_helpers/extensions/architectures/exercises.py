"""Checkers of notebooks/extensions/architectures.ipynb."""

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mnist_helpers.exercises.feedback import When, checker, expect, expect_rule
from mnist_helpers.networks import pareto_front


@checker("Each output channel has a kernel for every input channel, and one bias.")
def check_conv_parameters(count: object) -> str:
    """The parameters of a convolution of 16 -> 32 channels with 3×3 kernels and biases."""
    weights = 32 * 16 * 3 * 3
    expect(count, weights + 32, [
        (weights, "Something small is missing.", "Those are weights. Every output channel has a bias."),
        ([weights + 16, weights + 16 * 32], "Who has a bias?", "There is one per output channel."),
        (32 * (3 * 3 + 1), "What do the kernels look at?",
         "A kernel looks at all 16 input channels, so it has 16 × 3 × 3 weights."),
        (32 * (16 * 3 + 1), "How large is a 3×3 kernel?", "It has 3 rows and 3 columns: not 3 values."),
        (lambda count: count > 100 * weights, "The size of the image does not matter.",
         "The same kernels are used at every place: positions cost multiply-adds, not parameters."),
    ], ("Go through one output channel first.",
        "One output channel: 16 input channels × 3 × 3 weights, and a bias. How many such channels are "
        "there?"))  # fmt: skip
    return "Right, and it would be the same number for an image of any size."


@checker("Put your function in. It gets x and two layers, and returns what the block makes of x.")
def check_residual_block(residual_block: object) -> str:
    """A function (x, first, second) -> ReLU(x + second(ReLU(first(x)))), on random inputs and layers."""
    relu = torch.relu

    def block(x: Tensor, first: nn.Module, second: nn.Module) -> Tensor:
        return relu(x + second(relu(first(x))))

    one_missing = "One ReLU is missing."
    cases = [(torch.randn(rows, 8), nn.Linear(8, 8), nn.Linear(8, 8)) for rows in (5, 3)]
    expect_rule(residual_block, cases, block, [
        (lambda x, f, g: relu(g(relu(f(x)))), "Where did x go?",
         "There is no skip yet: add x before the last ReLU."),
        (lambda x, f, g: x + g(relu(f(x))), one_missing,
         "The sum goes through a ReLU, too: that is the last step."),
        (lambda x, f, g: x + relu(g(relu(f(x)))), "The order of the last two steps counts.",
         "You apply the ReLU to the change and then add x. First add, then ReLU."),
        (lambda x, f, g: relu(x + g(f(x))), one_missing,
         "Between the two layers stands a ReLU; without it they are worth one layer."),
        (lambda x, f, g: relu(relu(f(x)) + g(relu(f(x)))), "What is added?",
         "You add what comes out of the first layer. The skip starts before it, at x."),
        (lambda x, f, g: relu(x * g(relu(f(x)))), "Plus, not times.",
         "The change is added to x; you multiply."),
        (lambda x, f, g: block(x, g, f), "Which layer comes first?",
         "You go through `second` and then through `first`."),
    ], ("The result is not x plus the change, through a ReLU.",
        "Three lines: the first layer and a ReLU; the second layer; then the sum with x, through a ReLU."),
        atol=1e-5, shape="The block keeps the shape of x.", missing="It should return a tensor.")  # fmt: skip
    return "Right on random inputs and random layers. That one plus sign is the whole invention."


@checker("Put your function in: for each model it says whether no other one beats it.")
def check_pareto_front(on_front: object) -> str:
    """A function (costs, accuracies) -> for each model whether it is on the Pareto front; random tables."""

    def front(costs: list[int], accuracies: list[float], sign: int = 1) -> NDArray:
        return pareto_front([sign * cost for cost in costs], accuracies)

    def has_ties(costs: list[int]) -> bool:
        return len(set(costs)) < len(costs)

    expect_rule(on_front, [_random_table(), _table_with_ties()], front, [
        (lambda *table: ~front(*table), "Exactly the other way round.",
         "True is for a model that no other one beats."),
        (When(lambda says, *_: ((says != 0) & (says != 1)).any()), "Each answer should be True or False.",
         "You return other numbers. Comparisons such as `cost < other` give True or False."),
        (When(lambda says, *_: not says.any()), "Is nobody left?",
         "You say False of every model: does a model beat itself? Compare it with the others only."),
        (lambda costs, accuracies: front(costs, accuracies, -1), "Is it good to cost more?",
         "You prefer models that cost more; less is better."),
        (When(lambda says, on, costs, _: len(says) == len(on) and has_ties(costs) and (says >= on).all()),
         "Look at models that cost the same, and at those that are equally good.",
         "Of two that cost the same only the better one stays; of two equally good ones the cheaper one."),
        (When(lambda says, on, costs, _: len(says) == len(on) and has_ties(costs)),
         "Some models are struck out by their equals.",
         "Only a model that is really better, in cost or in accuracy, beats another. None beats itself."),
    ], ("Not the right models yet.",
        "For the costs {0} and the accuracies {1} you say {answer}, but the front is {wanted}."),
        shape="One True or False per model.", missing="One True or False per model is wanted.")  # fmt: skip
    return "Right on fresh random tables, with and without models that cost the same."


def _random_table() -> tuple[list[int], list[float]]:
    """Costs and accuracies of 12 models; the dearer ones tend to be better, no two are alike."""
    order = torch.randperm(12)
    accuracies = 0.9 + 0.005 * order + 0.03 * torch.rand(12)
    return (1000 * (1 + order)).tolist(), [round(accuracy, 4) for accuracy in accuracies.tolist()]


def _table_with_ties() -> tuple[list[int], list[float]]:
    """Two equal models on the front; one as dear as a better one, two dearer than equally good ones."""
    models = [(1, 0.90), (2, 0.95), (2, 0.95), (3, 0.95), (3, 0.94), (4, 0.97), (4, 0.96), (5, 0.97)]
    costs, accuracies = zip(*(models[i] for i in torch.randperm(len(models))), strict=True)
    return [1000 * cost for cost in costs], list(accuracies)
