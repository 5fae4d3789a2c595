"""From a PyTorch model to a plain list of layers, which any language can compute, and the way back.

A layer is a dictionary of its type, its settings and its weights, such as
`{"type": "linear", "outputs": 10, "weight": tensor, "bias": tensor}`.
"""

import copy
import math
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES
from mnist_helpers.networks import ToSquare
from mnist_helpers.storage import reason_of

KINDS = "linear, relu, conv2d, maxpool, flatten, softmax, dropout and batch normalisation after a linear or \
convolutional layer"
TOLERANCE = 1e-4  # by which what the exported layers give may differ from what the model gives

Layer = dict[str, Any]
Shape = tuple[int, ...]  # of one image, or of what has become of it


class ExportError(ValueError):
    """The model has a part that cannot be exported."""


def layers_of(model: nn.Module) -> list[Layer]:
    """The layers of a model that gives logits, ending with a softmax; dropout is left out.

    Batch normalisation is folded into the layer before it, because after training it only multiplies
    and adds. The layers are computed once to see that they give what the model gives.

    Parameters
    ----------
    model : takes images of shape (n, 784) or (n, 1, 28, 28) and returns logits of shape (n, 10). Its
        layers follow one upon the other, in an `nn.Sequential` or in a `forward` of its own.

    Raises
    ------
    ExportError
        A layer is of a kind, or has a setting, that the app does not compute.
    """
    model = copy.deepcopy(model).cpu().float().eval().requires_grad_(False)
    input_shape = _input_shape(model)
    traced = _trace(model, input_shape)
    layers: list[Layer] = []
    shape: Shape = (1, IMAGE_SIZE, IMAGE_SIZE)
    for node in traced.graph.nodes:
        if node.op not in ("placeholder", "output"):
            shape = _add(layers, _step(node, traced), shape, tuple(node.meta["tensor_meta"].shape[1:]))
    if shape != (NUM_CLASSES,):
        raise ExportError(f"the model gives results of shape {shape}, not the logits of ten digits")
    _check_same(model, input_shape, layers)
    return layers if layers[-1]["type"] == "softmax" else [*layers, {"type": "softmax"}]


def to_torch(layers: list[Layer]) -> nn.Sequential:
    """The layers as a PyTorch model again, without the softmax: (n, 784) -> logits of shape (n, 10)."""
    modules: list[nn.Module] = [ToSquare()]
    for layer in layers:
        match layer:
            case {"type": "linear", "weight": weight}:
                modules.append(_filled(nn.Linear(*reversed(weight.shape)), layer))
            case {"type": "conv2d", "weight": weight, "kernel": kernel, "stride": stride, "padding": padding}:
                outputs, inputs = weight.shape[:2]
                if weight.shape[2:] != (kernel, kernel):  # or a wrong number would take all memory
                    raise ExportError(f"a kernel of {kernel} pixels with weights of {tuple(weight.shape)}")
                modules.append(_filled(nn.Conv2d(inputs, outputs, kernel, stride, padding), layer))
            case {"type": "relu"}:
                modules.append(nn.ReLU())
            case {"type": "maxpool", "kernel": kernel, "stride": stride}:
                modules.append(nn.MaxPool2d(kernel, stride))
            case {"type": "flatten"}:
                modules.append(nn.Flatten())
    return nn.Sequential(*modules).eval()


def _filled(module: nn.Module, layer: Layer) -> nn.Module:
    module.load_state_dict({name: layer[name] for name in ("weight", "bias")})
    return module


def _input_shape(model: nn.Module) -> Shape:
    """The shape in which the model takes one image."""
    for shape in ((IMAGE_SIZE**2,), (1, IMAGE_SIZE, IMAGE_SIZE)):
        try:
            model(torch.zeros(1, *shape))
            return shape
        except (RuntimeError, ValueError):
            continue
    raise ExportError("the model takes neither images of shape (n, 784) nor of shape (n, 1, 28, 28)")


def _trace(model: nn.Module, input_shape: Shape) -> fx.GraphModule:
    """The model as a graph of steps, each with the shape of its result."""
    try:
        traced = fx.symbolic_trace(model)
    except Exception as error:  # whatever the model's own code raises when it is given no real images
        raise ExportError(
            f"the model's forward cannot be followed step by step ({reason_of(error)})"
        ) from None
    ShapeProp(traced).propagate(torch.zeros(1, *input_shape))
    return traced


def _step(node: fx.Node, traced: fx.GraphModule) -> nn.Module | str:
    """The layer at a place of the graph, or one that does what a call in `forward` does, or its name."""
    step = traced.get_submodule(str(node.target)) if node.op == "call_module" else _as_module(node)
    if len(node.all_input_nodes) != 1 or len(node.users) != 1:
        name = type(step).__name__ if isinstance(step, nn.Module) else step
        raise ExportError(
            f"cannot export the branch at {name}: the app computes layers one after the other only"
        )
    return step


def _as_module(node: fx.Node) -> nn.Module | str:
    name = node.target if isinstance(node.target, str) else node.target.__name__
    if name == "relu":
        return nn.ReLU()
    if name in ("dropout", "dropout2d"):
        return nn.Identity()  # the model was traced as it answers, not as it trains
    if name in ("flatten", "view", "reshape", "contiguous"):
        return nn.Flatten()
    if name in ("max_pool2d", "boolean_dispatch"):
        names = ("kernel_size", "stride", "padding", "dilation")
        given: dict[str, Any] = dict(zip(names, node.args[1:], strict=False)) | node.kwargs
        return nn.MaxPool2d(**{name: given[name] for name in names if name in given})
    return name


def _add(layers: list[Layer], module: nn.Module | str, before: Shape, after: Shape) -> Shape:
    """Add what the app computes in place of `module`; returns the shape that comes out of it."""
    match module:
        case nn.Dropout() | nn.Dropout2d() | nn.Identity():
            return before
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            _fold(layers, module)
            return before
        case nn.Flatten() | nn.Unflatten():
            return _reshape(layers, before, after)
        case nn.ReLU():
            layers.append({"type": "relu"})
        case nn.Softmax():
            layers.append({"type": "softmax"})
        case nn.Linear():
            _reshape(layers, before, (module.in_features,))
            layers.append({"type": "linear", "outputs": module.out_features, **_weights(module)})
        case nn.Conv2d():
            kernel, stride = (_one_number(module, name) for name in ("kernel_size", "stride"))
            same = module.padding == "same" and kernel % 2
            padding = kernel // 2 if same else _one_number(module, "padding")
            if module.groups != 1 or module.dilation != (1, 1) or module.padding_mode != "zeros":
                raise ExportError(
                    "cannot export a convolution with groups, dilation or a padding other than zeros"
                )
            window = {"kernel": kernel, "stride": stride, "padding": padding}
            layers.append({"type": "conv2d", "outputs": module.out_channels, **window, **_weights(module)})
        case nn.MaxPool2d():
            kernel, stride = (_one_number(module, name) for name in ("kernel_size", "stride"))
            if module.padding or module.dilation != 1 or module.ceil_mode:
                raise ExportError("cannot export max pooling with padding, dilation or ceil_mode")
            layers.append({"type": "maxpool", "kernel": kernel, "stride": stride})
        case nn.AdaptiveMaxPool2d():
            side = before[-1]
            if after[1:] != (1, 1) or before[1:] != (side, side):
                raise ExportError("cannot export adaptive max pooling to more than one value per channel")
            layers.append({"type": "maxpool", "kernel": side, "stride": side})
        case _:
            name = type(module).__name__ if isinstance(module, nn.Module) else module
            raise ExportError(f"cannot export {name}; the app computes {KINDS}")
    return after


def _reshape(layers: list[Layer], before: Shape, after: Shape) -> Shape:
    """Pixels lie in rows anyway: only from several axes to one is a step of its own."""
    is_start = not layers and math.prod(after) == IMAGE_SIZE**2
    if after == before or (is_start and len(after) > 1):
        return before
    if after != (math.prod(before),):
        raise ExportError(f"cannot export a change of shape from {before} to {after}")
    layers.append({"type": "flatten"})
    return after


def _weights(module: nn.Linear | nn.Conv2d) -> dict[str, Tensor]:
    bias = module.bias if module.bias is not None else torch.zeros(len(module.weight))
    return {"weight": module.weight.data, "bias": bias.data}


def _fold(layers: list[Layer], norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
    """Fold it into the layer before it: (W x + b - mean) · factor + shift is a linear layer, too."""
    follows = bool(layers) and layers[-1]["type"] in ("linear", "conv2d")
    if not follows or norm.running_mean is None or norm.running_var is None:
        raise ExportError(
            "cannot export batch normalisation that does not follow a linear or convolutional layer"
        )
    factor = (norm.running_var + norm.eps).rsqrt()
    shift = torch.zeros_like(factor)
    if norm.affine:
        factor, shift = factor * norm.weight, norm.bias
    weight, bias = layers[-1]["weight"], layers[-1]["bias"]
    layers[-1]["weight"] = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
    layers[-1]["bias"] = (bias - norm.running_mean) * factor + shift


def _one_number(module: nn.Module, name: str) -> int:
    value = getattr(module, name)
    numbers = {value} if isinstance(value, (int, str)) else set(value)
    if len(numbers) != 1 or isinstance(value, str):
        raise ExportError(f"cannot export {type(module).__name__} with {name}={value}; it must be one number")
    return int(numbers.pop())


def _check_same(model: nn.Module, shape: Shape, layers: list[Layer]) -> None:
    images = torch.rand(16, IMAGE_SIZE**2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, exported = model(images.reshape(-1, *shape)), to_torch(layers)(images)
    if layers[-1]["type"] == "softmax":
        exported = exported.softmax(dim=1)
    scale = expected.abs().max().clamp(min=1)
    if not torch.allclose(exported / scale, expected / scale, rtol=0, atol=TOLERANCE):
        raise ExportError(
            "the exported layers do not give what the model gives; it does more than its layers"
        )
