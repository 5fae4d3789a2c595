"""Checkers of notebooks/extensions/architectures.ipynb."""

import numpy as np
import torch
from torch import Tensor, nn

from mnist_helpers.exercises.feedback import Hint, call, checker, number
from mnist_helpers.networks import pareto_front

INPUTS, OUTPUTS, SIDE = 16, 32, 3  # the layer of the first exercise
LENET_INPUTS, LENET_OUTPUTS, LENET_SIDE, LENET_MAP = 6, 16, 5, 10  # LeNet's second convolution


@checker("Each output channel has a kernel for every input channel, and one bias.")
def check_conv_parameters(count: object) -> str:
    """The parameters of a convolution of 16 -> 32 channels with 3×3 kernels and biases."""
    count = number(count)
    with torch.device("meta"):  # shapes only, no memory
        expected = sum(p.numel() for p in nn.Conv2d(INPUTS, OUTPUTS, SIDE).parameters())
    weights = INPUTS * OUTPUTS * SIDE**2
    mistakes = {
        weights: Hint("Something small is missing.", "Those are weights. Every output channel has a bias."),
        weights + INPUTS: Hint(
            "Who has a bias?", "You counted a bias per input channel; it is one per output channel."
        ),
        weights + INPUTS * OUTPUTS: Hint(
            "Fewer biases will do.", "You counted a bias per kernel; it is one per output channel."
        ),
        OUTPUTS * (SIDE**2 + 1): Hint(
            "What do the kernels look at?",
            f"A kernel looks at all {INPUTS} input channels, so it has {INPUTS} × {SIDE} × {SIDE} weights.",
        ),
        OUTPUTS * (INPUTS * SIDE + 1): Hint(
            "How large is a 3×3 kernel?", f"It has {SIDE} rows and {SIDE} columns: not {SIDE} values."
        ),
    }
    if count in mistakes:
        raise mistakes[count]
    if count > 100 * expected:
        raise Hint(
            "The size of the image does not matter.",
            "The same kernels are used at every place: positions cost multiply-adds, not parameters.",
        )
    if count != expected:
        raise Hint(
            "Go through one output channel first.",
            f"One output channel: {INPUTS} input channels × {SIDE} × {SIDE} weights, and a bias. "
            "How many such channels are there?",
        )
    return "Right, and it would be the same number for an image of any size."


@checker("How many multiply-adds does one value of a feature map take? How many values are there?")
def check_conv_multiply_adds(count: object) -> str:
    """The multiply-adds of LeNet's second convolution: 6 -> 16 channels, 5×5 kernels, maps of 10×10."""
    count = number(count)
    per_value, positions = LENET_INPUTS * LENET_SIDE**2, LENET_MAP**2
    expected = per_value * LENET_OUTPUTS * positions
    mistakes = {
        expected * 14**2 // positions: Hint(
            "At how many places does the kernel stand?",
            "14 × 14 is the size of what goes in. Without padding the kernel fits in at fewer places.",
        ),
        LENET_SIDE**2 * LENET_OUTPUTS * positions: Hint(
            "What does the kernel look at?",
            f"You let it see one channel. There are {LENET_INPUTS} channels, and it looks at all of them.",
        ),
        per_value * LENET_OUTPUTS: Hint(
            "Those are the weights.", "Each weight is used once per place. How many places are there?"
        ),
        (per_value + 1) * LENET_OUTPUTS: Hint(
            "Those are the parameters.", "Each weight is used once per place. How many places are there?"
        ),
        per_value * positions: Hint(
            "That is one feature map.", f"One of them takes this; there are {LENET_OUTPUTS}."
        ),
        2 * expected: Hint(
            "Twice too many.", "A multiplication together with its addition counts as one multiply-add."
        ),
        (per_value + 1) * LENET_OUTPUTS * positions: Hint(
            "Very close.", "You counted the biases, too. A bias is added, and multiplied with nothing."
        ),
    }
    if count in mistakes:
        raise mistakes[count]
    if count != expected:
        raise Hint(
            "Three numbers, multiplied.",
            "Weights that one value needs × feature maps × values of one map.",
        )
    return "Right: this small layer works harder than the three linear layers after it together."


@checker("Put your function in. It gets x and two layers, and returns what the block makes of x.")
def check_residual_block(residual_block: object) -> str:
    """A function (x, first, second) -> ReLU(x + second(ReLU(first(x)))), on random inputs and layers."""
    x = torch.randn(5, 8)
    first, second = nn.Linear(8, 8), nn.Linear(8, 8)
    handed = x.clone()
    with torch.no_grad():
        result = call(residual_block, handed, first, second, missing="It should return a tensor.")
        expected = torch.relu(x + second(torch.relu(first(x))))
        if not torch.equal(handed, x):
            raise Hint(
                "Your function changes the x that it was given.",
                "Write `x = x + …` rather than `x += …`, which changes the caller's tensor.",
            )
        if not isinstance(result, Tensor) or result.shape != x.shape:
            shape = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
            raise Hint("It should keep the shape.", f"(5, 8) went in; what came out is {shape}.")
        if torch.allclose(result, expected, atol=1e-5):
            return "Right on random inputs and random layers. That one plus sign is the whole invention."
        _raise_block_hint(result, x, first, second)
    raise Hint(
        "The result is not x plus the change, through a ReLU.",
        "Three lines: the first layer and a ReLU; the second layer; then the sum with x, through a ReLU.",
    )


def _raise_block_hint(result: Tensor, x: Tensor, first: nn.Module, second: nn.Module) -> None:
    inner = torch.relu(first(x))
    change = second(inner)
    mistakes = (
        (torch.relu(change), "Where did x go?", "There is no skip yet: add x before the last ReLU."),
        (x + change, "One ReLU is missing.", "The sum goes through a ReLU, too: that is the last step."),
        (
            x + torch.relu(change), "The order of the last two steps counts.",
            "You apply the ReLU to the change and then add x. First add, then ReLU.",
        ),
        (
            torch.relu(x + second(first(x))), "One ReLU is missing.",
            "Between the two layers stands a ReLU; without it they are worth one layer.",
        ),
        (
            torch.relu(inner + change), "What is added?",
            "You add what comes out of the first layer. The skip starts before it, at x.",
        ),
        (torch.relu(x * change), "Plus, not times.", "The change is added to x; you multiply."),
        (
            torch.relu(x + first(torch.relu(second(x)))), "Which layer comes first?",
            "You go through `second` and then through `first`.",
        ),
    )  # fmt: skip
    for value, gentle, concrete in mistakes:
        if torch.allclose(result, value, atol=1e-5):
            raise Hint(gentle, concrete)


@checker("Put your function in: for each model it says whether no other one beats it.")
def check_pareto_front(on_front: object) -> str:
    """A function (costs, accuracies) -> for each model whether it is on the Pareto front; random tables."""
    for ties in (False, True):
        costs, accuracies = _random_table(ties)
        answer = call(on_front, costs, accuracies, missing="One True or False per model is wanted.")
        answer = np.asarray(answer)
        if answer.shape != (len(costs),):
            raise Hint(
                "One answer per model is wanted.",
                f"{len(costs)} models went in; return {len(costs)} values, each True or False.",
            )
        if answer.dtype.kind not in "biuf" or not np.isin(answer, (0, 1)).all():
            raise Hint(
                "Each answer should be True or False.",
                "You return words, or other numbers. Comparisons such as `cost < other` give True or False.",
            )
        _compare_fronts(answer.astype(bool), np.array(costs), np.array(accuracies), ties)
    return "Right on fresh random tables, with and without models that cost the same."


def _random_table(ties: bool) -> tuple[list[int], list[float]]:
    """Costs and accuracies of 12 models; with ties some cost the same, or score the same, or both."""
    order = torch.randperm(12)
    costs = (1000 * (1 + order)).tolist()
    accuracies = (0.9 + 0.005 * order + 0.03 * torch.rand(12)).double()
    if ties:
        costs = [1000 * (1 + cost // 3000) for cost in costs]
        accuracies = (accuracies * 200).round() / 200
        best = max(range(11), key=lambda i: (accuracies[i], -costs[i]))
        costs[11], accuracies[11] = costs[best], accuracies[best]
    return costs, accuracies.tolist()


def _compare_fronts(answer: np.ndarray, costs: np.ndarray, accuracies: np.ndarray, ties: bool) -> None:
    front = pareto_front(costs, accuracies)
    if (answer == front).all():
        return
    if (answer == ~front).all():
        raise Hint("Exactly the other way round.", "True is for a model that no other one beats.")
    if not answer.any():
        raise Hint(
            "Is nobody left?",
            "You say False of every model: does a model beat itself? Compare it with the others only.",
        )
    if (answer == pareto_front(-costs, accuracies)).all():
        raise Hint("Is dear good?", "You prefer models that cost more; less is better.")
    if ties and (answer | front == answer).all():
        raise Hint(
            "Look at models that cost the same.",
            "Of two that cost the same only the better one stays; of two equally good ones the cheaper one.",
        )
    if ties and not answer[front].all():
        raise Hint(
            "Some models are struck out by their equals.",
            "Only a model that is really better, in cost or in accuracy, beats another. None beats itself.",
        )
    wrong = int(np.flatnonzero(answer != front)[0])
    verdict = "nothing beats it" if front[wrong] else "another one is cheaper and better"
    raise Hint(
        "Not the right models yet.",
        f"On one fresh table you say {bool(answer[wrong])} of the model with cost {costs[wrong]:,} "
        f"and accuracy {accuracies[wrong]:.1%}, but {verdict}.",
    )
