"""A plain list of layers, which any language can compute, and the way back to PyTorch."""

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor, nn

from mnist_helpers.networks import ToSquare


class ExportError(ValueError):
    """The model has a part that cannot be exported."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One step of the forward pass: its kind, its settings, and its weights if it has any."""

    kind: str
    settings: dict[str, int] = field(default_factory=dict)
    weights: dict[str, Tensor] = field(default_factory=dict)


def to_torch(layers: list[Layer]) -> nn.Sequential:
    """The layers as a PyTorch model again, without the softmax: (n, 784) -> logits of shape (n, 10)."""
    modules: list[nn.Module] = [ToSquare()]
    for layer in layers:
        if layer.kind != "softmax":
            modules.append(_MODULES[layer.kind](layer))
    return nn.Sequential(*modules).eval()


def _to_linear(layer: Layer) -> nn.Linear:
    return _filled(nn.Linear(layer.weights["weight"].shape[1], layer.settings["outputs"]), layer)


def _to_conv2d(layer: Layer) -> nn.Conv2d:
    window = {"kernel_size": "kernel", "stride": "stride", "padding": "padding"}
    settings = {name: layer.settings[ours] for name, ours in window.items()}
    return _filled(nn.Conv2d(layer.weights["weight"].shape[1], layer.settings["outputs"], **settings), layer)


def _filled(module: nn.Module, layer: Layer) -> nn.Module:
    module.load_state_dict(layer.weights)
    return module


_MODULES: dict[str, Callable[[Layer], nn.Module]] = {
    "linear": _to_linear,
    "conv2d": _to_conv2d,
    "relu": lambda layer: nn.ReLU(),
    "maxpool": lambda layer: nn.MaxPool2d(layer.settings["kernel"], layer.settings["stride"]),
    "flatten": lambda layer: nn.Flatten(),
}
