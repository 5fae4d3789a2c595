"""Checkers of notebooks/extensions/scaling_out.ipynb."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any
from unittest.mock import patch

import torch
import torch.distributed as dist
from torch import Tensor, nn

from mnist_helpers.exercises.answers import Hint
from mnist_helpers.exercises.feedback import Unanswered, checker, expect, expect_rule, refuse


@checker("Put your function in. It gets the ranks' gradients and how many images each of them saw.")
def check_gradient_of_shares(gradient_of_shares: object) -> str:
    """A function (gradients, counts) -> gradient of the mean loss of all images; shares of unequal size."""

    def summed(gradients: list[Tensor], counts: list[int]) -> Tensor:
        weighed = (count * gradient for gradient, count in zip(gradients, counts, strict=True))
        return sum(weighed, torch.zeros(()))

    cases = [([torch.randn(4) for _ in counts], counts) for counts in ([3, 5, 8], [6, 2])]
    expect_rule(gradient_of_shares, cases, lambda g, counts: summed(g, counts) / sum(counts), [
        (lambda g, counts: sum(g) / len(g), "Does every image count alike?",
         "You average the ranks. The image of a small share then counts more than one of a large share."),
        (lambda g, counts: sum(g), "A mean is wanted, not a sum.",
         "You add the gradients up. Each is a mean over its share: weigh it with its images, then divide."),
        (summed, "Almost: that is a sum over all images.",
         "Divide by the number of images of all shares together, because the loss is a mean."),
        (lambda g, counts: summed(g, counts) / len(g), "By what do you divide?",
         "You divide by the number of ranks; divide by the number of images of all shares together."),
    ], ("Think of what each gradient is a mean of.",
        "A share's gradient times its images is a sum over images. Add those sums, divide by all images."),
        atol=1e-5, shape="It is that of one gradient.", missing="It should return a tensor.")  # fmt: skip
    return "Right: it is the gradient of the whole batch, though no rank has seen the whole batch."


@checker("Eight ranks, 437,544 bytes of gradients: how many bytes leave each rank in one ring all-reduce?")
def check_ring_bytes(count: object) -> str:
    """Bytes that each of 8 ranks sends in a ring all-reduce of 437,544 bytes: 2 · 7 pieces of an eighth."""
    whole = 437_544.0
    piece = whole / 8
    expect(count, 14 * piece, [
        (7 * piece, "That is one round of the ring.",
         "The sums go round in 7 messages; then the results do, in 7 more."),
        (piece, "That is one piece.", "How many pieces does a rank send, in both rounds together?"),
        (2 * whole, "Very close.",
         "Each round takes 7 messages, not 8: what a rank ends up with needs no sending."),
        (whole, "Two ranks would send that.", "Go through the two rounds for 8 ranks."),
        (7 * whole, "That is everything, to everybody.",
         "In a ring a message is only an eighth of the gradients."),
        (14 * whole, "That is what all of them send.",
         "One rank sends 14 messages, and each of them is only an eighth of the gradients."),
    ], ("Messages, times bytes per message.",
        "The gradients are cut into 8 pieces. Each rank sends 7 pieces in each of the two rounds."),
        rtol=0, atol=0.9)  # fmt: skip
    return "Right, and with 8,000 ranks it would be hardly more: never twice the gradients."


@checker("Put your function in. Every rank calls it with its model, after the backward pass.")
def check_average_gradients(average_gradients: object) -> str:
    """A function that replaces the gradients of a model by their mean over all ranks; here there are two."""
    if not callable(average_gradients):
        raise Hint("Hand over the function itself.", "Write its name without brackets and arguments.")
    models = [nn.Linear(4, 3) for _ in range(2)]
    weights = models[0].weight.detach().clone()
    models[1].load_state_dict(models[0].state_dict())
    for model in models:
        model(torch.randn(5, 4)).square().mean().backward()
    own = [_gradients(model) for model in models]
    sums = _on_two_ranks(average_gradients, models)
    found, mean = [_gradients(model) for model in models], (own[0] + own[1]) / 2

    def all_are(*wanted: Tensor) -> bool:
        return all(torch.allclose(*pair, atol=1e-6) for pair in zip(found, wanted, strict=True))

    if all_are(*own) and not sums:
        raise Unanswered("The gradients of both ranks are still their own.")
    refuse(
        (not torch.equal(models[0].weight, weights), "Something else has changed, too.",
         "You changed the weights. Average what lies in `parameter.grad`; the optimiser does the rest."),
        (all_are(*own), "Both ranks still have their own gradients.",
         "What you summed up is not what lies in `parameter.grad`, but a copy of it: write the result back."),
        (all_are(*[2 * mean] * 2), "Do both ranks now have a mean?",
         "`all_reduce` adds up. Divide by the number of ranks: `dist.get_world_size()`."),
        (all_are(*(gradient / 2 for gradient in own)), "Who has told the other rank?",
         "You only divide: each rank has half of its own gradients. `dist.all_reduce` adds up over ranks."),
        (all_are(*[mean / 2] * 2), "Is that the mean?", "You divide twice: the mean is the sum over 2."),
        (not all_are(mean, mean) and torch.equal(*found), "Both ranks agree, but not on the mean.",
         "Look at each parameter: sum its gradient up over the ranks, then divide by the number of ranks."),
        (not all_are(mean, mean), "The ranks would drift apart: they have different gradients now.",
         "Every rank does the same for every parameter, weights and biases; none is left out."),
    )  # fmt: skip
    return "Right: both ranks have the mean now, and can take the same step."


def _gradients(model: nn.Module) -> Tensor:
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
    return nn.utils.parameters_to_vector(gradients).clone()


def _on_two_ranks(function: Callable, models: Sequence[nn.Module]) -> int:
    """Call `function(model)` in two threads that stand in for ranks; returns how many sums they asked for."""
    ranks: dict[int, int] = {}
    errors: list[Exception] = []
    sums: list[Tensor] = []
    inboxes: list[SimpleQueue] = [SimpleQueue(), SimpleQueue()]

    def all_reduce(tensor: Tensor, op: object = dist.ReduceOp.SUM, **_: object) -> None:
        rank = ranks[threading.get_ident()]
        inboxes[1 - rank].put(tensor.detach().clone())
        others = inboxes[rank].get()
        if others is None:  # the other has come to its end
            raise Hint(
                "One rank waits for a sum that the other never joins.",
                "Every rank must call `dist.all_reduce`, equally often and in the same order.",
            )
        tensor.detach().add_(others).div_(2 if op == dist.ReduceOp.AVG else 1)
        sums.append(tensor)

    def run(rank: int) -> None:
        ranks[threading.get_ident()] = rank
        try:
            function(models[rank])
        except Exception as error:
            errors.append(error)
        inboxes[1 - rank].put(None)

    known: dict[str, Any] = {"get_world_size": lambda: 2, "get_rank": lambda: ranks[threading.get_ident()]}
    with patch.multiple(dist, all_reduce=all_reduce, **known), ThreadPoolExecutor(2) as threads:
        threads.map(run, range(2))
    if errors:
        raise errors[0]
    return len(sums)
