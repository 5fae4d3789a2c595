"""Other networks than the course's MLP, from a linear classifier to a small residual network.

Each takes images of shape (n, 784) or (n, 1, 28, 28) and returns logits of shape (n, 10), as
`mnist_helpers.MLP` does, so that `train`, `evaluate` and `predict` take any of them. Initial weights are
torch's, drawn from its global random numbers: call `torch.manual_seed` before.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES


def linear() -> nn.Module:
    """One layer, straight from pixels to logits (softmax regression): 7,850 parameters."""
    return mlp(())


def mlp(
    hidden: Sequence[int] = (128, 64),
    activation: Callable[[], nn.Module] = nn.ReLU,
    *,
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> nn.Sequential:
    """784 -> hidden[0] -> … -> 10, with an activation after every hidden layer.

    Parameters
    ----------
    hidden : widths of the hidden layers; none makes a linear classifier.
    activation : `nn.ReLU`, `nn.GELU`, `nn.Tanh`, ….
    dropout : share of each hidden layer's outputs that is set to 0 while training.
    batch_norm : whether to normalise each hidden layer's sums over the batch, before the activation.
    """
    widths = (IMAGE_SIZE**2, *hidden)
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in pairwise(widths):
        layers.append(nn.Linear(inputs, outputs))
        if batch_norm:
            layers.append(nn.BatchNorm1d(outputs))
        layers.append(activation())
        if dropout:
            layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(widths[-1], NUM_CLASSES))


class ToSquare(nn.Module):
    """(n, 784) -> (n, 1, 28, 28): one channel of 28 rows and columns, which convolutions want."""

    def forward(self, images: Tensor) -> Tensor:
        return images.reshape(-1, 1, IMAGE_SIZE, IMAGE_SIZE)


def lenet() -> nn.Module:
    """Two convolutions with pooling, three linear layers: 61,706 parameters.

    After LeNet-5 (LeCun et al., 1998, Gradient-Based Learning Applied to Document Recognition,
    https://doi.org/10.1109/5.726791), with ReLU and max pooling in place of tanh and averages.
    """
    return _for_cpu(
        nn.Sequential(
            ToSquare(),
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),  # -> (n, 6, 14, 14)
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),  # -> (n, 16, 5, 5)
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
            nn.Linear(84, NUM_CLASSES),
        )
    )  # fmt: skip


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3×3 convolution that keeps the size (at stride 1), and batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs)
    )


def small_cnn(width: int = 16) -> nn.Module:
    """Three 3×3 convolutions with batch normalisation, each twice as wide, and one linear layer."""
    return _for_cpu(
        nn.Sequential(
            ToSquare(),
            conv(1, width), nn.ReLU(), nn.MaxPool2d(2),  # -> (n, width, 14, 14)
            conv(width, 2 * width), nn.ReLU(), nn.MaxPool2d(2),  # -> (n, 2 width, 7, 7)
            conv(2 * width, 4 * width), nn.ReLU(), nn.AdaptiveMaxPool2d(1),  # -> (n, 4 width, 1, 1)
            nn.Flatten(), nn.Linear(4 * width, NUM_CLASSES),
        )
    )  # fmt: skip


def separable(inputs: int, outputs: int) -> nn.Sequential:
    """3×3 convolution in two cheap steps, each channel alone and then all in one place; and normalisation.

    After Chollet (2017), Xception: Deep Learning with Depthwise Separable Convolutions,
    https://arxiv.org/abs/1610.02357.
    """
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs),
    )  # fmt: skip


def slim_cnn(
    stages: Sequence[Sequence[int]], layer: Callable[[int, int], nn.Module] = conv,
    pool: Callable[[int], nn.Module] = nn.AdaptiveAvgPool2d,
) -> nn.Module:  # fmt: skip
    """A CNN for few parameters: stages of narrow layers, and one number per channel in the end.

    Parameters
    ----------
    stages : the widths of each stage's convolutions; a stage sees maps half the size of the one before.
    layer : makes every convolution but the first, from the channels that go in and come out.
    pool : makes one number of each of the last maps: `nn.AdaptiveAvgPool2d` or `nn.AdaptiveMaxPool2d`.
    """
    layers: list[nn.Module] = [ToSquare()]
    inputs = 1
    for widths in stages:
        for outputs in widths:
            layers += [conv(1, outputs) if inputs == 1 else layer(inputs, outputs), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return _for_cpu(nn.Sequential(*layers[:-1], pool(1), nn.Flatten(), nn.Linear(inputs, NUM_CLASSES)))


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to what came in: the layers learn only the difference.

    From He et al. (2016), Deep Residual Learning for Image Recognition, https://arxiv.org/abs/1512.03385.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.first, self.second = conv(inputs, outputs, stride), conv(outputs, outputs)
        same = inputs == outputs and stride == 1
        self.skip = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, bias=False)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, h / stride, w / stride)."""
        change = self.second(F.relu(self.first(x)))
        # A 1×1 kernel with a stride sees only these places. Left to the convolution's own stride, the choice
        # makes torch 2.14 write past its memory: channels last, several threads, an odd number of images.
        seen = x[..., :: self.stride, :: self.stride]
        return F.relu(self.skip(seen) + change)


def small_resnet(width: int = 16) -> nn.Module:
    """A convolution, then three residual blocks, the second and third each half the size, twice the width."""
    return _for_cpu(
        nn.Sequential(
            ToSquare(),
            conv(1, width), nn.ReLU(), nn.MaxPool2d(2),  # -> (n, width, 14, 14)
            ResidualBlock(width, width),
            ResidualBlock(width, 2 * width, stride=2),  # -> (n, 2 width, 7, 7)
            ResidualBlock(2 * width, 4 * width, stride=2),  # -> (n, 4 width, 4, 4)
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, NUM_CLASSES),
        )
    )  # fmt: skip


def _for_cpu(model: nn.Module) -> nn.Module:
    """Keep a pixel's channels side by side in memory: measured to be faster on CPUs."""
    return model.to(memory_format=torch.channels_last)
