"""What becomes of each kind of PyTorch layer when it is exported."""

import math
from collections.abc import Callable

import torch
from torch import nn

from mnist_helpers.app.layers import ExportError, Layer
from mnist_helpers.checks import IMAGE_SIZE


class Chain:
    """The exported layers so far, and the shape of one image after them."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.shape: tuple[int, ...] = (1, IMAGE_SIZE, IMAGE_SIZE)

    def add(self, kind: str, shape: tuple[int, ...], weights: dict | None = None, **settings: int) -> None:
        weights = {name: tensor.detach() for name, tensor in (weights or {}).items()}
        self.layers.append(Layer(kind, settings, weights))
        self.shape = shape

    def reshape(self, shape: tuple[int, ...]) -> None:
        """Pixels lie in rows anyway: only from several axes to one is a step of its own."""
        is_start = not self.layers and math.prod(shape) == IMAGE_SIZE**2
        if shape == self.shape or (is_start and shape != (IMAGE_SIZE**2,)):
            return
        if len(shape) != 1:
            raise ExportError(f"cannot export a change of shape from {self.shape} to {shape}")
        self.add("flatten", shape)


def _linear(chain: Chain, layer: nn.Linear, shape: tuple[int, ...]) -> None:
    chain.reshape((layer.in_features,))
    bias = layer.bias if layer.bias is not None else torch.zeros(layer.out_features)
    chain.add("linear", shape, {"weight": layer.weight, "bias": bias}, outputs=layer.out_features)


def _conv2d(chain: Chain, layer: nn.Conv2d, shape: tuple[int, ...]) -> None:
    kernel, stride = (_one_number(layer, name) for name in ("kernel_size", "stride"))
    padding = kernel // 2 if layer.padding == "same" and kernel % 2 else _one_number(layer, "padding")
    if layer.groups != 1 or layer.dilation != (1, 1) or layer.padding_mode != "zeros":
        raise ExportError("cannot export a convolution with groups, dilation or a padding other than zeros")
    bias = layer.bias if layer.bias is not None else torch.zeros(layer.out_channels)
    chain.add(
        "conv2d", shape, {"weight": layer.weight, "bias": bias},
        outputs=layer.out_channels, kernel=kernel, stride=stride, padding=padding,
    )  # fmt: skip


def _maxpool(chain: Chain, layer: nn.MaxPool2d, shape: tuple[int, ...]) -> None:
    kernel, stride = (_one_number(layer, name) for name in ("kernel_size", "stride"))
    if layer.padding or layer.dilation != 1 or layer.ceil_mode:
        raise ExportError("cannot export max pooling with padding, dilation or ceil_mode")
    chain.add("maxpool", shape, kernel=kernel, stride=stride)


def _adaptive_maxpool(chain: Chain, layer: nn.AdaptiveMaxPool2d, shape: tuple[int, ...]) -> None:
    side = chain.shape[-1]
    if shape[1:] != (1, 1) or chain.shape[1:] != (side, side):
        raise ExportError("cannot export adaptive max pooling to more than one value per channel")
    chain.add("maxpool", shape, kernel=side, stride=side)


def _batch_norm(chain: Chain, layer: nn.BatchNorm1d | nn.BatchNorm2d, shape: tuple[int, ...]) -> None:
    """Fold it into the layer before it: (W x + b - mean) · factor + shift is a linear layer, too."""
    if not chain.layers or chain.layers[-1].kind not in ("linear", "conv2d") or layer.running_mean is None:
        raise ExportError(
            "cannot export batch normalisation that does not follow a linear or convolutional layer"
        )
    factor = (layer.running_var + layer.eps).rsqrt()
    shift = torch.zeros_like(factor)
    if layer.affine:
        factor, shift = factor * layer.weight.detach(), layer.bias.detach()
    weight, bias = (chain.layers[-1].weights[name] for name in ("weight", "bias"))
    folded = {
        "weight": weight * factor.reshape(-1, *[1] * (weight.ndim - 1)),
        "bias": (bias - layer.running_mean) * factor + shift,
    }
    chain.layers[-1] = Layer(chain.layers[-1].kind, chain.layers[-1].settings, folded)


def _one_number(layer: nn.Module, name: str) -> int:
    value = getattr(layer, name)
    numbers = {value} if isinstance(value, (int, str)) else set(value)
    if len(numbers) != 1 or isinstance(value, str):
        raise ExportError(f"cannot export {type(layer).__name__} with {name}={value}; it must be one number")
    return numbers.pop()


CONVERSIONS: dict[type, Callable[[Chain, nn.Module, tuple[int, ...]], None]] = {
    nn.Linear: _linear,
    nn.Conv2d: _conv2d,
    nn.ReLU: lambda chain, layer, shape: chain.add("relu", shape),
    nn.MaxPool2d: _maxpool,
    nn.AdaptiveMaxPool2d: _adaptive_maxpool,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.Softmax: lambda chain, layer, shape: chain.add("softmax", shape),
    nn.Flatten: lambda chain, layer, shape: chain.reshape(shape),
    nn.Unflatten: lambda chain, layer, shape: chain.reshape(shape),
    nn.Dropout: lambda chain, layer, shape: None,
    nn.Dropout2d: lambda chain, layer, shape: None,
    nn.Identity: lambda chain, layer, shape: None,
}
