"""Checkers of notebooks/extensions/scaling_out.ipynb."""

import torch
from torch import Tensor

from mnist_helpers.exercises.feedback import call, checker, expect, expect_rule, number, refuse

MOST_RANKS = 512


@checker("Put your function in. It gets the ranks' gradients and how many images each of them saw.")
def check_gradient_of_shares(gradient_of_shares: object) -> str:
    """A function (gradients, counts) -> gradient of the mean loss of all images; shares of unequal size."""

    def summed(gradients: list[Tensor], counts: list[int]) -> Tensor:
        return sum(count * gradient for gradient, count in zip(gradients, counts, strict=True))

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


@checker("Put your function in: it gets three times, in seconds, and returns a number of ranks.")
def check_best_ranks(best: object) -> str:
    """A function (compute, transfer, latency) -> at most 512 ranks; 2% from the shortest step is allowed."""

    def seconds(ranks: float, compute: float, transfer: float, latency: float) -> float:
        return compute / ranks + 2 * (ranks - 1) * (latency + transfer / ranks)

    for times in (
        (3e-3, 4e-4, 1e-4), (1e-3, 4e-4, 1e-4), (1e-2, 4e-6, 1e-5), (3e-4, 4e-4, 1e-4), (9, 1e-6, 1e-6)
    ):  # fmt: skip
        answer = number(call(best, *times, missing="It should return a whole number."))
        expected = min(range(1, MOST_RANKS + 1), key=lambda ranks: seconds(ranks, *times))
        given = "For compute {:g} s, transfer {:g} s and latency {:g} s".format(*times)
        refuse(
            (answer < 1, "Fewer than one rank?", f"{given} you say {answer:g}. Somebody has to compute."),
            (answer % 1 != 0, "Half a rank cannot be started.",
             "Return a whole number: try the two beside it, or round."),
            (answer > MOST_RANKS, "So many ranks are not to be had.",
             f"{given} you say {answer:g}; 512 is the most."),
            (answer >= 1 and seconds(answer, *times) > 1.02 * seconds(expected, *times),
             "There is a faster number of ranks.",
             f"{given} the step is shortest with {expected} ranks; you say {answer:g}. Try them all."),
        )  # fmt: skip
    return "Right. Where computing takes less time than sending, the best number of machines is one."
