"""From a PyTorch model to a plain list of layers."""

import copy

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from mnist_helpers.app.conversion import CONVERSIONS, Chain
from mnist_helpers.app.layers import ExportError, Layer, to_torch
from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES

KINDS = "linear, relu, conv2d, maxpool, flatten, softmax, dropout and batch normalisation after a linear or \
convolutional layer"
TOLERANCE = 1e-4  # by which what the exported layers give may differ from what the model gives


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
    model = copy.deepcopy(model).cpu().float().eval()
    shape = _input_shape(model)
    traced = _trace(model, shape)
    chain = Chain()
    for node in traced.graph.nodes:
        if node.op not in ("placeholder", "output"):
            _convert(chain, node, traced)
    if chain.shape != (NUM_CLASSES,):
        raise ExportError(f"the model gives results of shape {chain.shape}, not the logits of ten digits")
    _check_same(model, shape, chain.layers)
    if chain.layers[-1].kind != "softmax":
        chain.add("softmax", chain.shape)
    return chain.layers


def _input_shape(model: nn.Module) -> tuple[int, ...]:
    """The shape in which the model takes one image."""
    for shape in ((IMAGE_SIZE**2,), (1, IMAGE_SIZE, IMAGE_SIZE)):
        try:
            with torch.no_grad():
                model(torch.zeros(1, *shape))
            return shape
        except (RuntimeError, ValueError):
            continue
    raise ExportError("the model takes neither images of shape (n, 784) nor of shape (n, 1, 28, 28)")


def _trace(model: nn.Module, input_shape: tuple[int, ...]) -> fx.GraphModule:
    """The model as a graph of steps, each with the shape of its result."""
    try:
        traced = fx.symbolic_trace(model)
    except Exception as error:  # whatever the model's own code raises when it is given no real images
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ExportError(f"the model's forward cannot be followed step by step ({reason})") from None
    with torch.no_grad():
        ShapeProp(traced).propagate(torch.zeros(1, *input_shape))
    return traced


def _convert(chain: Chain, node: fx.Node, traced: fx.GraphModule) -> None:
    step = traced.get_submodule(node.target) if node.op == "call_module" else _as_module(node)
    name = type(step).__name__ if isinstance(step, nn.Module) else step
    if len(node.all_input_nodes) != 1 or len(node.users) != 1:
        raise ExportError(
            f"cannot export the branch at {name}: the app computes layers one after the other only"
        )
    convert = next((CONVERSIONS[kind] for kind in type(step).__mro__ if kind in CONVERSIONS), None)
    if convert is None:
        raise ExportError(f"cannot export {name}; the app computes {KINDS}")
    convert(chain, step, tuple(node.meta["tensor_meta"].shape[1:]))


def _as_module(node: fx.Node) -> nn.Module | str:
    """What a call in a model's `forward` does, as the layer that does the same."""
    name = node.target if isinstance(node.target, str) else node.target.__name__
    if name == "relu":
        return nn.ReLU()
    if name in ("dropout", "dropout2d"):
        return nn.Identity()  # the model was traced as it answers, not as it trains
    if name in ("flatten", "view", "reshape", "contiguous"):
        return nn.Flatten()
    if name in ("max_pool2d", "boolean_dispatch"):
        pooling = dict(zip(("kernel_size", "stride", "padding", "dilation"), node.args[1:], strict=False))
        return nn.MaxPool2d(
            **(pooling | {key: node.kwargs[key] for key in pooling.keys() & node.kwargs.keys()})
        )
    return name


def _check_same(model: nn.Module, shape: tuple[int, ...], layers: list[Layer]) -> None:
    images = torch.rand(16, IMAGE_SIZE**2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, exported = model(images.reshape(-1, *shape)), to_torch(layers)(images)
    if layers[-1].kind == "softmax":
        exported = exported.softmax(dim=1)
    scale = expected.abs().max().clamp(min=1)
    if not torch.allclose(exported / scale, expected / scale, rtol=0, atol=TOLERANCE):
        raise ExportError(
            "the exported layers do not give what the model gives; it does more than its layers"
        )
