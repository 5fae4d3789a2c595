"""Checkers of step 3: a neuron, parameters, a safe softmax, losses to expect, a network of one's own."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from mnist_helpers.exercises.feedback import Hint, call, checker, number

NEURON_INPUTS, NEURON_WEIGHTS, NEURON_BIAS = (1.0, 0.5, 0.0), (0.4, -2.0, 3.0), 0.1
LETTER_SIZES = (784, 256, 32, 26)
POCKET_BYTES = 200_000


@checker("Multiply each input by its weight, add up, add the bias. What does ReLU make of that?")
def check_neuron(output: object) -> str:
    """3.1: what a neuron with ReLU returns for three inputs."""
    output = number(output)
    products = [x * w for x, w in zip(NEURON_INPUTS, NEURON_WEIGHTS, strict=True)]
    total = sum(products) + NEURON_BIAS
    if _near(output, total) or _near(output, total - NEURON_BIAS):
        bias = "" if _near(output, total) else " (and the bias belongs into it)"
        raise Hint(
            "The sum is only the first half of the work.",
            f"You handed over the weighted sum{bias}. ReLU still has to look at it: is it negative?",
        )
    if _near(output, -total) or _near(output, sum(max(product, 0.0) for product in products) + NEURON_BIAS):
        raise Hint(
            "What does ReLU do to a negative number, and when?",
            "ReLU acts once, on the finished sum: not on each product, and it does not just drop the sign.",
        )
    if not _near(output, max(total, 0.0)):
        raise Hint(
            "Work out the three products first.",
            "Three products, their sum, plus the bias: that is a negative number. Now ReLU.",
        )
    return "Right: the sum is negative, so this neuron is silent. It did not find its pattern."


@checker("Each layer has inputs × neurons weights and one bias per neuron. How many layers are there?")
def check_parameters(count: object) -> str:
    """3.2: the parameters of a 784-256-32-26 network, counted before it is built."""
    count = number(count)
    with torch.device("meta"):  # shapes only, no memory
        layers = [nn.Linear(inputs, units) for inputs, units in pairwise(LETTER_SIZES)]
    weights = [layer.weight.numel() for layer in layers]
    biases = [layer.bias.numel() for layer in layers]
    ten_classes = sum(weights[:2]) + sum(biases[:2]) + (LETTER_SIZES[2] + 1) * 10
    mistakes = {
        sum(weights): Hint(
            "Something small is missing.", "These are the weights. Every neuron has a bias, too."
        ),
        ten_classes: Hint(
            "How many letters are there?", "You gave the last layer 10 neurons; there are 26 letters."
        ),
        sum(weights[:2]) + sum(biases[:2]): Hint(
            "One layer is missing.", "You counted the hidden layers. The output layer has parameters, too."
        ),
        109_386: Hint(
            "That is the digits' network.", "The hidden layers have 256 and 32 neurons here, the output 26."
        ),
        sum(LETTER_SIZES): Hint(
            "Those are neurons. The parameters sit on the lines between them.",
            "You added the sizes. Between two layers every neuron is connected with every other: multiply.",
        ),
        4 * (sum(weights) + sum(biases)): Hint(
            "Parameters or bytes?", "These are the bytes, 4 per parameter."
        ),
    }
    if count in mistakes:
        raise mistakes[count]
    if count != sum(weights) + sum(biases):
        raise Hint(
            "Go through it layer by layer: three layers, three sums.",
            "One line per layer, inputs × neurons + neurons, as in the cell above: 784, 256, 32 and 26.",
        )
    return "Right, and counted before a single line of it was written."


@checker("Subtract something from each row before you take the powers of e.")
def check_softmax(softmax: object) -> str:
    """3.3: a softmax of (n, k) logits that survives large ones, tried on fresh random logits."""
    logits = torch.randn(int(torch.randint(3, 9, ())), int(torch.randint(3, 9, ())))
    probabilities = _softmax_of(softmax, logits)
    if not torch.allclose(probabilities, logits.softmax(dim=1), atol=1e-5):
        raise _softmax_hint(probabilities, logits)
    large = logits + 1000 * torch.tensor([1, -1, 2]).repeat(3)[: len(logits), None]
    if not _softmax_of(softmax, large[:1]).isfinite().all():
        raise Hint(
            "Small scores work. Now try scores like 1000 and 999.",
            "Scores of 1,000 give nan. What could you subtract from a row so that no score is above 0?",
        )
    probabilities = _softmax_of(softmax, large)
    if not probabilities.isfinite().all():
        raise Hint(
            "One row works. Now try two: one with 1000 and 999, one with -1000 and -999.",
            "A row became nan: all rows lose the same amount, but each needs its own largest score.",
        )
    if not torch.allclose(probabilities, large.softmax(dim=1), atol=1e-4):
        raise Hint(
            "Small scores work, but large ones change the answer.",
            "For large scores your answer differs. Cutting scores off changes shares; subtracting does not.",
        )
    return "Right for random scores, and for scores in the thousands. PyTorch's own works the same way."


@checker("What is the loss of a guess among 26? And of a perfect model with a second softmax?")
def check_letter_losses(first_loss: object, stuck_loss: object) -> str:
    """3.4: the first loss of 26 classes, and the least loss of a double softmax over them."""
    first, stuck = number(first_loss), number(stuck_loss)
    classes = 26
    floor = math.log(1 + (classes - 1) / math.e)
    if _near(first, floor, 0.02) and _near(stuck, math.log(classes), 0.02):
        raise Hint("Good numbers. Which is which?", "You have swapped the two.")
    first_mistakes = {
        math.log(10): Hint(
            "That was ten classes.", "ln 10 belongs to ten digits. How many letters are there?"
        ),
        math.log2(classes): Hint("Right idea, other unit.", "You took log2; the loss is counted with ln."),
        math.log10(classes): Hint("Right idea, other unit.", "You took log10; the loss is counted with ln."),
        1 / classes: Hint("That is a probability.", "1/26 is the probability; the loss is −ln of it."),
        -math.log(classes): Hint("Can surprise be negative?", "Mind the sign: the loss is −ln(1/26)."),
    }
    _raise_mistake(first, first_mistakes)
    if not _near(first, math.log(classes), 0.1):
        raise Hint(
            "Look at first_loss again: how likely is each letter to a model that knows nothing?",
            "first_loss: each of 26 letters gets 1/26. The loss is −ln of the true letter's probability.",
        )
    stuck_mistakes = {
        math.log(1 + 9 / math.e): Hint(
            "stuck_loss: that was ten classes.", "stuck_loss: 9 zeros for digits; and for letters?"
        ),
        math.log(1 + classes / math.e): Hint(
            "stuck_loss: very close.", "stuck_loss: 26 classes, one of them true; how many zeros are left?"
        ),
        math.e / (math.e + classes - 1): Hint(
            "stuck_loss: that is a probability.", "stuck_loss: take −ln of it."
        ),
        0.0: Hint(
            "stuck_loss: that is the floor with one softmax.",
            "stuck_loss: the perfect model's 1 and zeros go through a softmax again.",
        ),
    }
    _raise_mistake(stuck, stuck_mistakes)
    if not _near(stuck, floor, 0.02):
        raise Hint(
            "Look at stuck_loss again: repeat the experiment with the perfect model, for 26 classes.",
            "stuck_loss: F.cross_entropy of one-hot rows with 26 columns, and their labels.",
        )
    return "Both right. The floor moves up with the number of classes, so that the alarm is louder here."


@checker("Create the layers in __init__, and return the logits in forward.")
def check_pocket_network(network: object) -> str:
    """3.5: a network with two hidden layers in at most 200,000 bytes, judged by what it does."""
    if isinstance(network, type):
        raise Hint(
            "Hand over a network, not its class.", "Create one: write brackets behind the class's name."
        )
    if not isinstance(network, nn.Module):
        raise Hint(
            "That is no network.", f"Inherit from nn.Module; you handed over a {type(network).__name__}."
        )
    images = torch.rand(200, 784)
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            logits = call(network, images, missing="`forward` should return the logits.")
            if not isinstance(logits, Tensor) or logits.shape != (200, 10):
                shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
                raise Hint(
                    "Ten logits per image are wanted.",
                    f"200 images went in, so (200, 10) should come out, not {shape}.",
                )
            _check_parts(network)
            _check_output(network, images, logits)
    finally:
        network.train(was_training)
    return "It fits, it bends, and it returns logits. You have designed a network."


def _check_parts(network: nn.Module) -> None:
    count = sum(parameter.numel() for parameter in network.parameters())
    if 4 * count > POCKET_BYTES:
        raise Hint(
            f"Too large: {count:,} parameters.",
            f"{count:,} parameters take {4 * count:,} bytes. The first layer costs most; make it narrower.",
        )
    layers = sum(parameter.ndim >= 2 for parameter in network.parameters())
    if layers < 3:
        raise Hint(
            "Two hidden layers are wanted.",
            f"I find {layers} layers with weights; two hidden ones and the output make three. "
            "Layers must be attributes (self.…) to be found.",
        )


def _check_output(network: nn.Module, images: Tensor, logits: Tensor) -> None:
    if (logits >= 0).all() and torch.allclose(logits.sum(dim=1), torch.ones(200), atol=1e-4):
        raise Hint(
            "Are these logits?",
            "Each row adds up to 1: there is a softmax in forward. The loss brings its own.",
        )
    if torch.allclose(logits.logsumexp(dim=1), torch.zeros(200), atol=1e-4):
        raise Hint(
            "Are these logits?", "These are logarithms of probabilities; leave the log-softmax to the loss."
        )
    if (logits >= 0).all():
        raise Hint(
            "Can every score be reached?",
            "No logit is ever negative: leave the last layer without an activation function.",
        )
    middle = network((images[:100] + images[100:]) / 2)
    if torch.allclose(middle, (logits[:100] + logits[100:]) / 2, atol=1e-5):
        raise Hint(
            "Do its layers collapse into one?",
            "I found no bend in it: without a ReLU between them, three layers are worth one.",
        )
    if not torch.allclose(network(images[:1]), logits[:1], atol=1e-5):
        raise Hint(
            "Do the images mix?",
            "An image gets other logits alone than in a batch; keep the batch axis out of it.",
        )


def _softmax_of(softmax: object, logits: Tensor) -> Tensor:
    handed = logits.clone()
    result = call(softmax, handed, missing="It should return one probability for each score.")
    result = torch.as_tensor(result).detach().float()
    if not torch.equal(handed, logits):
        raise Hint(
            "Your function changes the scores it was given.",
            "Write `logits = logits - …` rather than `logits -= …`, which changes the caller's tensor.",
        )
    if result.shape != logits.shape:
        raise Hint(
            f"Scores of shape {tuple(logits.shape)} went in; what came out has {tuple(result.shape)}.",
            "One probability per score is wanted. Does a maximum or a sum need `keepdim=True`?",
        )
    return result


def _softmax_hint(probabilities: Tensor, logits: Tensor) -> Hint:
    if torch.allclose(probabilities, logits.softmax(dim=0), atol=1e-5):
        return Hint(
            "Who shares the 1 with whom?", "Your columns add up to 1. Each image has its own row: use dim=1."
        )
    if torch.allclose(probabilities.sum(), torch.tensor(1.0), atol=1e-4):
        return Hint(
            "Who shares the 1 with whom?", "All rows together add up to 1; each row should, on its own."
        )
    if (probabilities < 0).any():
        return Hint("Probabilities are never negative.", "Take the powers of e before you divide.")
    if torch.allclose(probabilities.sum(dim=1), torch.ones(len(logits)), atol=1e-4):
        return Hint(
            "Each row adds up to 1, but the shares are wrong.",
            "Each row adds up to 1, but the shares are not those of e to the power of the scores.",
        )
    return Hint("Each row should add up to 1.", "Divide each power of e by the sum of its own row.")


def _raise_mistake(answer: float, mistakes: dict[float, Hint]) -> None:
    for value, hint in mistakes.items():
        if _near(answer, value, 0.006):
            raise hint


def _near(answer: float, value: float, tolerance: float = 1e-4) -> bool:
    return math.isclose(answer, value, rel_tol=0, abs_tol=tolerance)
