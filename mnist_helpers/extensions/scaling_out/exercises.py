"""Checkers of notebooks/extensions/scaling_out.ipynb."""

import torch
from torch import Tensor

from mnist_helpers.exercises.feedback import Hint, call, checker, number
from mnist_helpers.extensions.scaling_out.scaling import Compute, Network, best_ranks, step_seconds

GRADIENT_BYTES, RANKS = 437_544, 8


@checker("Put your function in. It gets the ranks' gradients and how many images each of them saw.")
def check_gradient_of_shares(gradient_of_shares: object) -> str:
    """A function (gradients, counts) -> gradient of the mean loss of all images; shares of unequal size."""
    counts = [3, 5, 8]
    images, labels = torch.rand(sum(counts), 4), torch.rand(sum(counts))
    weights = torch.rand(4)

    def gradient(x: Tensor, y: Tensor) -> Tensor:
        return 2 * (x * (x @ weights - y)[:, None]).mean(dim=0)

    shares = [gradient(x, y) for x, y in zip(images.split(counts), labels.split(counts), strict=True)]
    result = call(
        gradient_of_shares,
        [share.clone() for share in shares],
        list(counts),
        missing="It should return a tensor.",
    )
    if not isinstance(result, Tensor) or result.shape != (4,):
        shape = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        raise Hint(
            "It should have the shape of one gradient.", f"Shape (4,) is wanted; what came out is {shape}."
        )
    if torch.allclose(result, gradient(images, labels), atol=1e-5):
        return "Right: it is the gradient of the whole batch, though no rank has seen the whole batch."
    summed = torch.stack(shares).sum(dim=0)
    weighted = sum(count * share for count, share in zip(counts, shares, strict=True))
    mistakes = (
        (summed / 3, "Does every image count alike?",
         "You average the ranks. The image of a small share then counts more than one of a large share."),
        (summed, "A mean is wanted, not a sum.",
         "You add the gradients up. Each is a mean over its share: weigh it with its images, then divide."),
        (weighted, "Almost: that is a sum over all images.",
         "Divide by the number of images of all shares together, because the loss is a mean."),
        (weighted / 3, "By what do you divide?",
         "You divide by the number of ranks; divide by the number of images of all shares together."),
    )  # fmt: skip
    for value, gentle, concrete in mistakes:
        if torch.allclose(result, value, atol=1e-5):
            raise Hint(gentle, concrete)
    raise Hint(
        "Think of what each gradient is a mean of.",
        "A share's gradient times its images is a sum over images. Add those sums, divide by all images.",
    )


@checker("Eight ranks, 437,544 bytes of gradients: how many bytes leave each rank in one ring all-reduce?")
def check_ring_bytes(count: object) -> str:
    """Bytes that each of 8 ranks sends in a ring all-reduce of 437,544 bytes: 2 · 7 pieces of an eighth."""
    count = number(count)
    piece = GRADIENT_BYTES / RANKS
    expected = 2 * (RANKS - 1) * piece
    mistakes = {
        (RANKS - 1) * piece: Hint(
            "That is one round of the ring.",
            "The sums go round in 7 messages; then the results do, in 7 more.",
        ),
        piece: Hint("That is one piece.", "How many pieces does a rank send, in both rounds together?"),
        2 * GRADIENT_BYTES: Hint(
            "Very close.", "Each round takes 7 messages, not 8: what a rank ends up with needs no sending."
        ),
        GRADIENT_BYTES: Hint("Two ranks would send that.", "Go through the two rounds for 8 ranks."),
        (RANKS - 1) * GRADIENT_BYTES: Hint(
            "That is everything, to everybody.", "In a ring a message is only an eighth of the gradients."
        ),
        2 * (RANKS - 1) * GRADIENT_BYTES: Hint(
            "That is what all of them send.",
            "One rank sends 14 messages, and each of them is only an eighth of the gradients.",
        ),
    }
    for wrong, hint in mistakes.items():
        if abs(count - wrong) < 1:
            raise hint
    if abs(count - expected) >= 1:
        raise Hint(
            "Messages, times bytes per message.",
            "The gradients are cut into 8 pieces. Each rank sends 7 pieces in each of the two rounds.",
        )
    return "Right, and with 8,000 ranks it would be hardly more: never twice the gradients."


@checker("Put your function in: it gets three times, in seconds, and returns a number of ranks.")
def check_best_ranks(best: object) -> str:
    """A function (compute, transfer, latency) -> ranks with the shortest step, for batches of 512 images."""
    for compute, transfer, latency in (
        (3e-3, 4e-4, 1e-4),
        (1e-3, 4e-4, 1e-4),
        (1e-2, 4e-6, 1e-5),
        (3e-4, 4e-4, 1e-4),
    ):
        answer = number(call(best, compute, transfer, latency, missing="It should return a whole number."))
        spent = Compute(0, compute / 512), Network(latency, 1 / transfer), 1, 512
        expected = best_ranks(*spent)
        if answer < 1:
            raise Hint(
                "Fewer than one rank?",
                f"For {compute:g}, {transfer:g}, {latency:g} you say {answer:g}. Somebody has to compute.",
            )
        if answer != round(answer):
            raise Hint(
                "Half a rank cannot be started.", "Return a whole number: try the two beside it, or round."
            )
        if step_seconds(*spent[:3], 512, answer) > step_seconds(*spent[:3], 512, expected) * 1.02:
            raise Hint(
                "There is a faster number of ranks.",
                f"For compute {compute:g} s, transfer {transfer:g} s and latency {latency:g} s the step is "
                f"shortest with {expected} ranks; you say {answer:g}. Try all from 1 to 512.",
            )
    return "Right. Where computing takes less time than sending, the best number of machines is one."
