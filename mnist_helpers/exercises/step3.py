"""Checkers of step 3: a neuron, a bump, parameters, a softmax, losses to expect, a network of one's own."""

import copy
import math
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mnist_helpers.exercises.answers import Hint, array, number, same
from mnist_helpers.exercises.feedback import When, call, checker, expect, expect_rule, refuse
from mnist_helpers.exercises.layers_at_work import LayersAtWork, bends

POCKET_BYTES, NUM_IMAGES = 200_000, 2000


@checker("Multiply each input by its weight, add up, add the bias. What does ReLU make of that?")
def check_neuron(output: object) -> str:
    """3.1: what a neuron with ReLU returns for the inputs (1, 0.5, 0): the sum is 0.4 - 1 + 0 + 0.1."""
    half = "The sum is only the first half of the work."
    expect(output, 0.0, [
        (-0.5, half, "You handed over the weighted sum. ReLU still has to look at it: is it negative?"),
        (-0.6, half, "That is the weighted sum (and the bias belongs in it). ReLU has to look at it."),
        (0.5, "What does ReLU do to a negative number, and when?",
         "ReLU acts once, on the finished sum: not on each product, and it does not just drop the sign."),
    ], ("Work out the three products first.",
        "Three products, their sum, plus the bias: that is a negative number. Now ReLU."),
        atol=1e-4)  # fmt: skip
    return "Right: the sum is negative, so this neuron is silent. It did not find its pattern."


@checker("The first bend is at x = 2. Which bias puts it there?")
def check_bump(biases: object, weights: object) -> str:
    """3.2: biases and output weights of four ReLUs: 0 up to 2, 1 from 4 to 5, 0 from 6 on; in any order."""
    x = np.arange(-8, 12.5, 0.5)
    biases, weights = array(biases), array(weights)
    if not biases.shape == weights.shape == (4,):
        shapes = f"Yours have the shapes {biases.shape} and {weights.shape}; both should be (4,)."
        raise Hint("Four neurons: four biases and four weights.", shapes)

    def curve(biases: NDArray, weights: NDArray) -> NDArray:
        return np.maximum(0, x[:, None] + biases) @ weights

    right = np.interp(x, (2, 4, 5, 6), (0, 1, 1, 0))
    ends = "What happens far to the right?"
    expect(curve(biases, weights), right, [
        (lambda _: same(curve(-biases, weights), right), "At which x does relu(x + bias) start to climb?",
         "Your biases have the wrong sign: relu(x + bias) bends at x = −bias."),
        (lambda y: not same(y[x <= 2], right[x <= 2]), "What happens up to x = 2?",
         "Up to x = 2 the curve should be 0, so no neuron may start before: no bias may be above −2."),
        (lambda y: not same(y[-1], y[-2]), ends,
         "Your curve goes on climbing or falling. After the last bend the slope is the sum of all weights."),
        (lambda y: not same(y[-1], 0.0), ends,
         "Your curve becomes level at {answer[40]:g}, not at 0: does it fall as far as it has climbed?"),
        (lambda y: not same(y.max(), 1.0), "How high is your bump?",
         "It should be 1 high. It climbs from x = 2 to x = 4: how steep is that?"),
    ], ("Ends and height are right. Where are the four bends?",
        "The bends should be at 2, 4, 5 and 6. Each weight is the slope after its bend minus the one before."
        ))  # fmt: skip
    return "Right: four bends where you wanted them. Many such bumps make any curve."


@checker("Each layer has inputs × neurons weights and one bias per neuron. How many layers are there?")
def check_parameters(count: object) -> str:
    """3.3: the parameters of a 784-256-32-26 network, counted before it is built."""
    weights, hidden = 784 * 256 + 256 * 32 + 32 * 26, (784 + 1) * 256 + (256 + 1) * 32
    right = hidden + (32 + 1) * 26
    expect(count, right, [
        (weights, "Something small is missing.", "These are the weights. Every neuron has a bias, too."),
        (hidden + (32 + 1) * 10, "How many letters are there?",
         "You gave the last layer 10 neurons; there are 26 letters."),
        (hidden, "One layer is missing.",
         "You counted the hidden layers. The output layer has parameters, too."),
        (109_386, "That is the digits' network.",
         "The hidden layers have 256 and 32 neurons here, the output 26."),
        (784 + 256 + 32 + 26, "Those are neurons. The parameters sit on the lines between them.",
         "You added the sizes. Between two layers every neuron is connected with every other: multiply."),
        (4 * right, "Parameters or bytes?", "These are the bytes, 4 per parameter."),
    ], ("Go through it layer by layer: three layers, three sums.",
        "One line per layer, inputs × neurons + neurons, as above: 784, 256, 32 and 26."))  # fmt: skip
    return "Right, and counted before a single line of it was written."


@checker("Subtract something from each row before you take the powers of e.")
def check_softmax(softmax: object) -> str:
    """3.4: a softmax of (n, k) logits that survives large ones: first on small scores, then on large ones."""

    def naive(logits: Tensor) -> Tensor:
        return logits.exp() / logits.exp().sum(dim=1, keepdim=True)

    common: dict[str, Any] = {
        "without": ("softmax", "Can you do it without PyTorch's?",
                    "Write it with exp, max and sum: no softmax."),
        "shape": "Does a maximum or a sum need `keepdim=True`?",
        "missing": "It should return one probability for each score.",
    }  # fmt: skip
    shares = "Who shares the 1 with whom?"
    small = [(torch.randn(shape),) for shape in ((5, 4), (3, 7))]
    expect_rule(softmax, small, lambda logits: logits.softmax(dim=1), [
        (lambda logits: logits.softmax(dim=0), shares,
         "Your columns add up to 1. Each image has its own row: use dim=1."),
        (When(lambda answer, *_: same(answer.sum(), 1.0)), shares,
         "All rows together add up to 1; each row should, on its own."),
        (When(lambda answer, *_: (answer < 0).any()), "Probabilities are never negative.",
         "Take the powers of e before you divide."),
        (When(lambda answer, wanted, _: same(answer.sum(axis=-1), wanted.sum(axis=-1))),
         "Each row adds up to 1, but the shares are wrong.",
         "Each row adds up to 1, but the shares are not those of e to the power of the scores."),
    ], ("Each row should add up to 1.", "Divide each power of e by the sum of its own row."),
        rtol=1e-4, atol=1e-5, **common)  # fmt: skip
    large = torch.tensor([[1000.0, 0, 0], [0, 1000, -1000], [-1000, -1000, -999], [998, 999, 1000]])
    expect_rule(softmax, [(large,)], lambda logits: logits.softmax(dim=1), [
        (naive, "Small scores work. Now try scores like 1000 and 999.",
         "Scores of 1,000 give nan. What could you subtract from a row so that no score is above 0?"),
        (lambda logits: naive(logits - logits.max()),
         "One row works. Now try two: one with 1000 and 999, one with -1000 and -999.",
         "A row became nan: all rows lose the same amount, but each needs its own largest score."),
        (When(lambda answer, *_: not same(answer.sum(axis=-1), [1.0] * 4)),
         "Small scores work. Now try rows like 1000, 0, 0 and 0, 1000, -1000.",
         "A row became nan: what you subtract leaves a score far above 0, or all far below. "
         "Which score of its row must become 0?"),
    ], ("Small scores work, but large ones change the answer.",
        "For large scores your answer differs. Cutting scores off changes shares; subtracting does not."),
        rtol=1e-3, atol=1e-4, **common)  # fmt: skip
    return "Right for random scores, and for scores in the thousands. PyTorch's own works the same way."


@checker("What is the loss of a guess among 26? And of a perfect model with a second softmax?")
def check_letter_losses(first_loss: object, stuck_loss: object) -> str:
    """3.5: the first loss of 26 classes, and the least loss of a double softmax over them."""
    first, floor = math.log(26), math.log(1 + 25 / math.e)
    if same(number(first_loss), floor, atol=0.02) and same(number(stuck_loss), first, atol=0.02):
        raise Hint("Good numbers. Which is which?", "You have swapped the two.")
    unit = "Right idea, other unit."
    expect(first_loss, first, [
        (math.log(10), "That was ten classes.", "ln 10 belongs to ten digits. How many letters are there?"),
        (math.log2(26), unit, "You took log2; the loss is counted with ln."),
        (math.log10(26), unit, "You took log10; the loss is counted with ln."),
        (1 / 26, "That is a probability.", "1/26 is the probability; the loss is −ln of it."),
        (-first, "Can surprise be negative?", "Mind the sign: the loss is −ln(1/26)."),
    ], ("Look at first_loss again: how likely is each letter to a model that knows nothing?",
        "first_loss: each of 26 letters gets 1/26. The loss is −ln of the true letter's probability."),
        atol=0.1)  # fmt: skip
    expect(stuck_loss, floor, [
        (math.log(1 + 9 / math.e), "stuck_loss: that was ten classes.",
         "stuck_loss: 9 zeros for digits; and for letters?"),
        (math.log(1 + 26 / math.e), "stuck_loss: very close.",
         "stuck_loss: 26 classes, one of them true; how many zeros are left?"),
        (math.e / (math.e + 25), "stuck_loss: that is a probability.", "stuck_loss: take −ln of it."),
        (0.0, "stuck_loss: that is the floor with one softmax.",
         "stuck_loss: the perfect model's 1 and zeros go through a softmax again."),
    ], ("Look at stuck_loss again: repeat the experiment with the perfect model, for 26 classes.",
        "stuck_loss: F.cross_entropy of one-hot rows with 26 columns, and their labels."),
        atol=0.02)  # fmt: skip
    return "Both right. The floor moves up with the number of classes, so that the alarm is louder here."


@checker("Create the layers in __init__, and return the logits in forward.")
def check_pocket_network(network: object) -> str:
    """3.6: a network with two hidden layers in at most 200,000 bytes, judged by what it does."""
    is_class = isinstance(network, type)
    if is_class or not isinstance(network, nn.Module):
        raise Hint("Hand over a network, not its class." if is_class else "That is no network.",
                   "Inherit from nn.Module, and write brackets behind the class's name; "
                   f"this is {network!r:.60}.")  # fmt: skip
    network = copy.deepcopy(network).eval()  # the learner's own keeps its mode
    rows = (torch.rand(NUM_IMAGES, 28) < 0.5).float()
    images = rows.repeat_interleave(28, dim=1)  # rows full of ink or empty: images that differ much
    with torch.no_grad(), LayersAtWork(network, NUM_IMAGES) as layers:
        logits = call(network, images, missing="`forward` should return the logits.")
        alone = network(images[:1])
    wanted, used = (NUM_IMAGES, 10), layers.used
    if not isinstance(logits, Tensor) or logits.shape != wanted:
        shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise Hint("Ten logits per image are wanted.",
                   f"{wanted} is wanted for {wanted[0]} images, not {shape}.")  # fmt: skip
    count = sum(parameter.numel() for parameter in network.parameters())
    collapsed = any(not bends(out, into) for (_, out), (into, _) in pairwise(used))
    refuse(
        (4 * count > POCKET_BYTES, f"Too large: {count:,} parameters.",
         f"{count:,} parameters take {4 * count:,} bytes. The first layer costs most; make it narrower."),
        (len(used) < 3, "Two hidden layers are wanted.",
         f"I see {len(used)} layers with weights at work; two hidden ones and the output make three. "
         "Layers must be attributes (self.…) to be found, and forward must use them."),
        (same(logits.sum(dim=1), torch.ones(NUM_IMAGES), atol=1e-4), "Are these logits?",
         "Each row adds up to 1: there is a softmax in forward. The loss brings its own."),
        (same(logits.logsumexp(dim=1), torch.zeros(NUM_IMAGES), atol=1e-4), "Are these logits?",
         "These are logarithms of probabilities; leave the log-softmax to the loss."),
        (used and bends(used[-1][1], logits), "Are these logits? Can every score be reached?",
         "What the last layer returns is changed once more: leave it without an activation function."),
        (collapsed, "Do two of its layers collapse into one?",
         "I found no bend between two of the layers: without a ReLU between them, two are worth one."),
        (not same(alone, logits[:1], atol=1e-4), "Do the images mix?",
         "An image gets other logits alone than in a batch; keep the batch axis out of it."),
    )  # fmt: skip
    return "It fits, it bends, and it returns logits. You have designed a network."
