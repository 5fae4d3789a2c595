"""A model on its way to the app and back: plain layers, a JSON description, a file of float32 weights.

A layer is a dictionary of its type, its settings and its weights, which any language can compute:
`{"type": "linear", "outputs": 10, "weight": tensor, "bias": tensor}`.
"""

import copy
import hashlib
import json
import math
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES
from mnist_helpers.networks import ToSquare
from mnist_helpers.storage import reason_of, whole_file, with_home

FORMAT = 1  # of the JSON file; site/model.js reads the same number
FLOAT32 = np.dtype("<f4")  # little endian, as every browser has it
KINDS = "linear, relu, conv2d, maxpool, flatten, softmax, dropout and batch normalisation after a linear or \
convolutional layer"
TOLERANCE = 1e-4  # by which the exported layers' logits may differ from the model's
QUESTIONS = ("__get__", "__len__", "dim", "size")  # to a tensor, such as its shape; no layers

Layer = dict[str, Any]


class ExportError(ValueError):
    """The model has a part that cannot be exported, or a file holds none."""


@dataclass(frozen=True)
class About:
    """What the app and its users should know of a model.

    `data` and `recipe` say how it was trained; `accuracy` is its share of right answers on
    `test_images` images of `test_data`. Below `least_digit_probability`
    (see `recipes.digit_probability`) its answer is that there is no digit.
    """

    title: str
    data: str
    recipe: str
    test_data: str
    test_images: int
    accuracy: float
    least_digit_probability: float = 0.0


def write_model(folder: str | Path, name: str, model: nn.Module, about: About) -> Path:
    """Write `name`.json and `name`.bin to `folder`, and return the path of the first.

    Raises
    ------
    ExportError
        The model has a layer that the app does not compute.
    """
    path = with_home(folder) / f"{name}.json"
    arrays: list[np.ndarray] = []
    layers = [_describe(layer, arrays) for layer in layers_of(model)]
    content = b"".join(array.tobytes() for array in arrays)
    description = {
        "format": FORMAT,
        "made_by": f"mnist-helpers {metadata.version('mnist-helpers')}, torch {torch.__version__}",
        **asdict(about),
        "input": {"shape": [28, 28], "levels": [0, 255], "scaled_to": [0, 1]},
        "layers": layers,
        "weights": {
            "file": f"{path.parent.name}/{name}.bin",
            "type": "float32, little endian",
            "length": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    }
    with whole_file(path.with_suffix(".bin")) as partial:
        partial.write_bytes(content)
    with whole_file(path) as partial:
        partial.write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    return path


def read_model(path: str | Path) -> tuple[nn.Sequential, About]:
    """The model that `write_model` wrote, as a PyTorch model that takes (n, 784) and gives logits.

    Raises
    ------
    ExportError
        The weights are not those that the description speaks of, or it describes no model.
    """
    path = with_home(path)
    content = path.with_suffix(".bin").read_bytes()
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        if description["format"] != FORMAT:
            raise ExportError(f"{path.name} is of another version of the course; export the model again")
        if hashlib.sha256(content).hexdigest() != description["weights"]["sha256"]:
            raise ExportError(
                f"the weights beside {path.name} do not match its checksum; export the model again"
            )
        values = torch.from_numpy(np.frombuffer(content, FLOAT32).astype(np.float32))
        known = About.__dataclass_fields__.keys() & description.keys()  # a model of before has fewer
        about = About(**{name: description[name] for name in known})
        return to_torch([_restore(layer, values) for layer in description["layers"]]), about
    except ExportError:
        raise
    except (KeyError, TypeError, AttributeError, RuntimeError, RecursionError, ValueError) as error:
        raise ExportError(
            f"{path.name} does not describe a model ({reason_of(error)}); export it again"
        ) from None


def layers_of(model: nn.Module) -> list[Layer]:
    """The layers of a model that gives logits, ending with a softmax; dropout is left out.

    The model answers once, and each call of torch on the way becomes a layer. Batch normalisation is folded
    into the layer before it, because after training it only multiplies and adds. Then the layers are
    computed, to see that they give what the model gives.

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
    pixels = torch.rand(16, IMAGE_SIZE**2, generator=torch.Generator().manual_seed(0))
    for images in (pixels, pixels.reshape(-1, 1, IMAGE_SIZE, IMAGE_SIZE)):
        try:
            with _Followed(images[:1]) as followed:
                answer = model(followed.result)
            break
        except ExportError:
            raise
        except (RuntimeError, ValueError):  # of torch: the shape is not the right one
            continue
    else:
        raise ExportError("the model takes neither images of shape (n, 784) nor of shape (n, 1, 28, 28)")
    layers = followed.layers
    if not isinstance(answer, Tensor):
        raise ExportError(f"the model gives a {type(answer).__name__}, not the logits of ten digits")
    if followed.shape != (NUM_CLASSES,):
        raise ExportError(f"the model gives results of shape {followed.shape}, not the logits of ten digits")
    expected, exported = model(images), to_torch(layers)(pixels)
    if layers[-1]["type"] == "softmax":
        exported = exported.softmax(dim=1)
    else:
        layers.append({"type": "softmax"})
    scale = expected.abs().max().clamp(min=1)
    if not torch.allclose(exported / scale, expected / scale, rtol=0, atol=TOLERANCE):
        raise ExportError(
            "the exported layers do not give what the model gives; it does more than its layers"
        )
    return layers


class _Followed(TorchFunctionMode):
    """Within the block, each call of torch becomes a layer, by the method of its name."""

    def __init__(self, image: Tensor):
        super().__init__()
        self.layers: list[Layer] = []
        self.shape: tuple[int, ...] = (1, IMAGE_SIZE, IMAGE_SIZE)  # of an image, after the layers so far
        self.result = image

    def __torch_function__(self, function, types, given=(), settings=None):
        name, settings = function.__name__, settings or {}
        given = given or (settings.pop("input", None),)
        result = function(*given, **settings)
        if not isinstance(result, Tensor) and name in QUESTIONS:
            return result
        if given[0] is not self.result:
            place = "an attribute of a tensor" if name == "__get__" else name
            raise ExportError(
                f"cannot export the branch at {place}: the app computes layers one after the other only"
            )
        if result is given[0] and not name.endswith("_"):  # as x.float() gives, where x is float already
            return result
        if not hasattr(self, f"add_{name}"):
            raise ExportError(f"cannot export {name}; the app computes {KINDS}")
        self.result = result
        getattr(self, f"add_{name}")(*given, **settings)
        return result

    def add_linear(self, x, weight, bias=None):
        self._reshape((weight.shape[1],))
        self._add(type="linear", outputs=len(weight), **_weights(weight, bias))

    def add_conv2d(self, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if groups != 1 or _one_number("dilation", dilation) != 1:
            raise ExportError("cannot export a convolution with groups or dilation")
        kernel = _one_number("kernel_size", tuple(weight.shape[2:]))
        stride = _one_number("stride", stride)
        same = padding == "same" and kernel % 2
        padding = kernel // 2 if same else _one_number("padding", padding)
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        self._add(type="conv2d", outputs=len(weight), **window, **_weights(weight, bias))

    def add_max_pool2d(self, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, **_):
        if ceil_mode or _one_number("padding", padding) != 0 or _one_number("dilation", dilation) != 1:
            raise ExportError("cannot export max pooling with padding, dilation or ceil_mode")
        kernel = _one_number("kernel_size", kernel_size)
        self._add(type="maxpool", kernel=kernel, stride=_one_number("stride", stride or kernel))

    def add_adaptive_max_pool2d(self, x, output_size, **_):
        if len({*x.shape[2:]}) != 1 or _one_number("output_size", output_size) != 1:
            raise ExportError("cannot export adaptive max pooling to more than one value per channel")
        self._add(type="maxpool", kernel=x.shape[-1], stride=x.shape[-1])

    def add_batch_norm(
        self, x, mean, variance, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
    ):
        """Fold it into the layer before it: (W x + b - mean) · factor + shift is a linear layer, too."""
        before = self.layers[-1] if self.layers else {}
        if training or "weight" not in before:
            raise ExportError(
                "cannot export batch normalisation that does not follow a linear or convolutional layer"
            )
        factor = (variance + eps).rsqrt() * (1 if weight is None else weight)
        before["weight"] = before["weight"] * factor.reshape(-1, *[1] * (before["weight"].ndim - 1))
        before["bias"] = (before["bias"] - mean) * factor + (0 if bias is None else bias)

    def add_relu(self, x, inplace=False):
        self.layers.append({"type": "relu"})

    def add_softmax(self, x, dim, **_):
        self.layers.append({"type": "softmax"})

    def add_dropout(self, *_given, **_settings):
        """Nothing: the model answers, it does not train."""

    def add_flatten(self, *_given, **_settings):
        self._reshape(tuple(self.result.shape[1:]))

    add_dropout2d = add_dropout
    add_unflatten = add_view = add_reshape = add_contiguous = add_flatten

    def _add(self, **layer: Any) -> None:
        self.layers.append(layer)
        self.shape = tuple(self.result.shape[1:])

    def _reshape(self, after: tuple[int, ...]) -> None:
        """Pixels lie in rows anyway: only from several axes to one is a step of its own."""
        is_start = not self.layers and math.prod(after) == IMAGE_SIZE**2
        if after == self.shape or (is_start and len(after) > 1):
            return
        if after != (math.prod(self.shape),):
            raise ExportError(f"cannot export a change of shape from {self.shape} to {after}")
        self.layers.append({"type": "flatten"})
        self.shape = after


def _weights(weight: Tensor, bias: Tensor | None) -> Layer:
    return {"weight": weight, "bias": torch.zeros(len(weight)) if bias is None else bias}


def _one_number(setting: str, value: int | str | tuple[int, ...]) -> int:
    numbers = {value} if isinstance(value, int) else {*value}
    if len(numbers) != 1 or isinstance(value, str):
        raise ExportError(f"cannot export a layer with {setting}={value}; it must be one number")
    return numbers.pop()


def to_torch(layers: list[Layer]) -> nn.Sequential:
    """The layers as a PyTorch model again, without the softmax: (n, 784) -> logits of shape (n, 10)."""
    modules: list[nn.Module] = [ToSquare()]
    for layer in layers:
        match layer:
            case {"type": "linear", "weight": weight}:
                modules.append(nn.Linear(*reversed(weight.shape)))
            case {"type": "conv2d", "weight": weight, "kernel": kernel, "stride": stride, "padding": padding}:
                outputs, inputs = weight.shape[:2]
                if weight.shape[2:] != (kernel, kernel):  # or a wrong number would take all memory
                    raise ExportError(f"a kernel of {kernel} pixels with weights of {tuple(weight.shape)}")
                modules.append(nn.Conv2d(inputs, outputs, kernel, stride, padding))
            case {"type": "relu"}:
                modules.append(nn.ReLU())
            case {"type": "maxpool", "kernel": kernel, "stride": stride}:
                modules.append(nn.MaxPool2d(kernel, stride))
            case {"type": "flatten"}:
                modules.append(nn.Flatten())
        if "weight" in layer:
            modules[-1].load_state_dict({name: layer[name] for name in ("weight", "bias")})
    return nn.Sequential(*modules).eval()


def _describe(layer: Layer, arrays: list[np.ndarray]) -> dict:
    """The layer for the JSON file; its weights are added to `arrays`, and their place is noted."""
    description: dict = {}
    for name, value in layer.items():
        if isinstance(value, Tensor):
            offset = sum(array.size for array in arrays)
            arrays.append(value.contiguous().numpy().astype(FLOAT32))
            value = {"offset": offset, "shape": list(value.shape)}
        description[name] = value
    return description


def _restore(description: dict, values: Tensor) -> Layer:
    layer: Layer = {}
    for name, value in description.items():
        if isinstance(value, dict):
            start, count = value["offset"], math.prod(value["shape"])
            value = values[start : start + count].reshape(value["shape"])
        layer[name] = value
    return layer
