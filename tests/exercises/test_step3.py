"""Exercises of step 3: wrong answers earn the right hint, every form of a right one is accepted."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from verdicts import right, wrong

from mnist_helpers.exercises.step3 import (
    check_bump,
    check_letter_losses,
    check_neuron,
    check_parameters,
    check_pocket_network,
    check_softmax,
)

LN26, FLOOR26 = math.log(26), math.log(1 + 25 / math.e)


def naive(logits, dim=1):
    return logits.exp() / logits.exp().sum(dim=dim, keepdim=True)


def less(choose):
    """A softmax after subtracting what `choose` makes of each row."""
    return lambda logits: naive(logits - choose(logits))


shifted = less(lambda logits: logits.max(dim=1, keepdim=True).values)


def through_logsumexp(logits):
    return (logits.double() - logits.double().logsumexp(1, keepdim=True)).exp()


def with_numpy(logits):
    powers = np.exp(logits.numpy() - logits.numpy().max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def in_place(logits):
    logits -= logits.max(dim=1, keepdim=True).values
    return naive(logits)


def pocket(*last, bends=(nn.ReLU, nn.ReLU), hidden=(50, 30), outputs=10):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(784, hidden[0]), bends[0](), nn.Linear(hidden[0], hidden[1]), bends[1](),
        nn.Linear(hidden[1], outputs), *last,
    )  # fmt: skip


class Wrapped(nn.Module):
    """A network around `layers`, with something before them."""

    def __init__(self, before, layers=None):
        super().__init__()
        self.before, self.layers = before, layers or pocket()

    def forward(self, images):
        return self.layers(self.before(images))


class ByHand(nn.Module):
    """Matrices in place of layers; the middle one is worth nothing where `bent` is False."""

    def __init__(self, bent=True, upright=False):
        super().__init__()
        torch.manual_seed(0)
        shapes = (784, 40), (40, 30), (30, 10)
        self.matrices = nn.ParameterList(torch.randn(shape) / shape[0] ** 0.5 for shape in shapes)
        self.bent, self.upright = bent, upright

    def forward(self, images):
        if self.upright:  # one column for each image
            x = images.T
            for matrix in self.matrices[:-1]:
                x = torch.relu(matrix.T @ x)
            return (self.matrices[-1].T @ x).T
        x = torch.relu(images @ self.matrices[0]) @ self.matrices[1]
        return (x.clamp(min=0) if self.bent else x) @ self.matrices[2]


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers, self.unused = (
            nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10)),
            pocket()[2],
        )

    def forward(self, images):
        return self.layers(images)


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.Conv2d(4, 4, 5, stride=2), nn.ReLU(), nn.Flatten(),
            nn.Linear(64, 10),
        )  # fmt: skip

    def forward(self, images):
        return self.layers(images.view(-1, 1, 28, 28))


def centred(images):
    return images - images.mean(dim=0)


ANSWERS = {
    check_neuron: [
        *map(right, (0, 0.0, np.float32(0), torch.tensor(0.0), torch.zeros(1), -0.0)),
        wrong(-0.5, gentle="first half", concrete="weighted sum. ReLU"),
        wrong(-0.6, gentle="first half", concrete="and the bias belongs in it"),
        wrong(0.5, gentle="negative number, and when", concrete="finished sum"),
        wrong(2.2, gentle="three products", concrete="that is a negative number"),
        wrong(torch.zeros(3), gentle="One plain number", concrete="a Tensor"),
        wrong("0", gentle="One plain number", concrete="a str"),
        wrong(False, gentle="One plain number", concrete="a bool"),
    ],
    check_bump: [
        right([-2, -4, -5, -6], [0.5, -0.5, -1, 1]),
        right(np.array([-6.0, -5, -2, -4]), (1, -1, 0.5, -0.5)),
        right(torch.tensor([-2.0, -4, -5, -6]), torch.tensor([0.5, -0.5, -1, 1])),
        wrong([2, 4, 5, 6], [0.5, -0.5, -1, 1], gentle="start to climb", concrete="wrong sign"),
        wrong([2, 1, -1, -2], [1, -1, -1, 1], gentle="up to x = 2", concrete="above −2"),
        wrong([-2, -4, -5, -6], [1, -1, -1, 1], gentle="far to the right", concrete="level at 1"),
        wrong([-2, -4, -5, -6], [0.5, -0.5, -1, 0], gentle="far to the right", concrete="sum of all weights"),
        wrong([-2, -4, -5, -6], [0.5, 0, -1, 1], gentle="far to the right", concrete="sum of all weights"),
        wrong([-2, -4, -5, -7], [1, -1, -1, 1], gentle="How high", concrete="how steep"),
        wrong([-2, -3, -5, -6], [1, -1, -1, 1], gentle="Where are the four", concrete="2, 4, 5 and 6"),
        wrong([-2, -4, -5, -5], [0.5, -0.5, -0.5, 0.5], gentle="far to the right"),
        wrong([-2, -4, -6], [0.5, -1, 0.5], gentle="Four neurons", concrete="(3,)"),
        wrong("2456", [0.5, -0.5, -1, 1], gentle="Numbers are wanted"),
    ],
    check_parameters: [
        *map(right, (210_042, 210_042.0, np.int64(210_042), torch.tensor(210_042))),
        wrong(784 * 256 + 256 * 32 + 32 * 26, gentle="small is missing", concrete="Every neuron has a bias"),
        wrong(784 * 256 + 256 + 256 * 32 + 32 + 32 * 10 + 10, gentle="How many letters", concrete="are 26"),
        wrong(784 * 256 + 256 + 256 * 32 + 32, gentle="One layer is missing", concrete="output layer"),
        wrong(109_386, gentle="digits' network", concrete="256 and 32"),
        wrong(784 + 256 + 32 + 26, gentle="neurons", concrete="multiply"),
        wrong(4 * 210_042, gentle="bytes", concrete="4 per parameter"),
        wrong(210_041, gentle="layer by layer", concrete="One line per layer"),
    ],
    check_softmax: [
        *map(right, (shifted, through_logsumexp, with_numpy)),
        wrong(naive, gentle="Small scores work", concrete="no score is above 0"),
        wrong(
            lambda logits: naive(logits.double()), gentle="Small scores work", concrete="no score is above 0"
        ),
        wrong(less(lambda logits: logits.max()), gentle="One row works", concrete="each needs its own"),
        wrong(
            less(lambda logits: logits.mean(1, keepdim=True)), gentle="1000, 0, 0", concrete="must become 0"
        ),
        wrong(
            less(lambda logits: logits.amin(1, keepdim=True)), gentle="1000, 0, 0", concrete="must become 0"
        ),
        wrong(less(lambda logits: logits[:, :1]), gentle="1000, 0, 0", concrete="must become 0"),
        wrong(less(lambda logits: logits[:, -1:]), gentle="1000, 0, 0", concrete="must become 0"),
        wrong(less(lambda logits: logits.abs().amax(1, keepdim=True)), gentle="One row works"),
        wrong(lambda logits: naive(logits.clamp(-80, 80)), gentle="large ones change", concrete="Cutting"),
        wrong(lambda logits: torch.softmax(logits, dim=1), gentle="without PyTorch's", concrete="exp"),
        wrong(lambda logits: F.softmax(logits, dim=1), gentle="without PyTorch's"),
        wrong(lambda logits: logits.log_softmax(1).exp(), gentle="without PyTorch's"),
        wrong(nn.Softmax(dim=1), gentle="without PyTorch's"),
        wrong(lambda logits: naive(logits, dim=0), gentle="Who shares", concrete="dim=1"),
        wrong(lambda logits: logits.exp() / logits.exp().sum(), gentle="Who shares", concrete="each row"),
        wrong(lambda logits: logits / logits.sum(1, keepdim=True), gentle="negative", concrete="powers of e"),
        wrong(lambda logits: shifted(2 * logits), gentle="shares are wrong", concrete="e to the power"),
        wrong(torch.exp, gentle="add up to 1", concrete="sum of its own row"),
        wrong(in_place, gentle="changes what it was given", concrete="x -= …"),
        wrong(lambda logits: shifted(logits).sum(dim=1), gentle="shape", concrete="keepdim=True"),
        wrong(shifted(torch.zeros(1, 3)), gentle="function itself", concrete="without brackets"),
    ],
    check_letter_losses: [
        right(LN26, FLOOR26),
        right(3.26, 2.32),
        right(np.float64(LN26), torch.tensor(FLOOR26)),
        right(torch.tensor([LN26 + 0.05]), F.cross_entropy(torch.eye(26), torch.arange(26))),
        wrong(FLOOR26, LN26, gentle="Which is which", concrete="swapped"),
        wrong(math.log(10), FLOOR26, gentle="ten classes", concrete="ln 10 belongs to ten digits"),
        wrong(math.log2(26), FLOOR26, gentle="other unit", concrete="log2"),
        wrong(math.log10(26), FLOOR26, gentle="other unit", concrete="log10"),
        wrong(1 / 26, FLOOR26, gentle="a probability", concrete="−ln of it"),
        wrong(-LN26, FLOOR26, gentle="negative", concrete="sign"),
        wrong(26, FLOOR26, gentle="first_loss again", concrete="each of 26"),
        wrong(LN26, 1.461, gentle="ten classes", concrete="and for letters"),
        wrong(LN26, math.log(1 + 26 / math.e), gentle="very close", concrete="how many zeros"),
        wrong(LN26, math.e / (math.e + 25), gentle="a probability", concrete="−ln of it"),
        wrong(LN26, 0, gentle="one softmax", concrete="go through a softmax again"),
        wrong(LN26, LN26, gentle="stuck_loss again", concrete="one-hot rows"),
        wrong("3.26", FLOOR26, gentle="plain number"),
    ],
    check_pocket_network: [
        right(pocket()),
        right(pocket(bends=(nn.Tanh, nn.GELU))),
        right(pocket(bends=[lambda: nn.ReLU(inplace=True)] * 2)),
        right(pocket(hidden=(16, 16))),
        right(pocket(hidden=(20, 300))),
        right(Wrapped(nn.Dropout(0.5))),
        right(Wrapped(lambda images: images / 2 - 0.1)),
        right(Wrapped(nn.BatchNorm1d(784))),
        right(ByHand()),
        right(ByHand(upright=True)),
        right(Convolutions()),
        wrong(pocket(hidden=(128, 64)), gentle="Too large: 109,386", concrete="437,544 bytes"),
        wrong(pocket(nn.Softmax(dim=1)), gentle="Are these logits", concrete="a softmax"),
        wrong(pocket(nn.LogSoftmax(dim=1)), gentle="Are these logits", concrete="log-softmax"),
        wrong(pocket(nn.ReLU()), gentle="every score be reached", concrete="without an activation function"),
        wrong(pocket(nn.Tanh()), gentle="every score be reached", concrete="without an activation function"),
        wrong(pocket(nn.Sigmoid()), gentle="every score be reached"),
        wrong(pocket(bends=(nn.Identity, nn.Identity)), gentle="collapse", concrete="no bend"),
        wrong(pocket(bends=(nn.ReLU, nn.Identity)), gentle="collapse", concrete="no bend"),
        wrong(pocket(bends=(nn.Identity, nn.ReLU)), gentle="collapse", concrete="no bend"),
        wrong(ByHand(bent=False), gentle="collapse"),
        wrong(pocket(outputs=26), gentle="Ten logits", concrete="not (2000, 26)"),
        wrong(nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10)), gentle="Two hidden layers"),
        wrong(Unused(), gentle="Two hidden layers", concrete="forward must use them"),
        wrong(Wrapped(centred), gentle="images mix", concrete="batch axis"),
        wrong(ByHand, gentle="not its class", concrete="brackets"),
        wrong(42, gentle="no network", concrete="42"),
    ],
}


def test_the_network_keeps_the_modes_of_its_parts(accepted):
    network = pocket(nn.Identity())
    network[1].eval()
    modes = [part.training for part in network.modules()]
    assert accepted(check_pocket_network, network)
    assert [part.training for part in network.modules()] == modes
