"""A model on disk for the app: a JSON description beside a file of float32 weights."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mnist_helpers.app.layers import ExportError, Layer, layers_of, to_torch
from mnist_helpers.storage import reason_of, whole_file

FORMAT = 1  # of the JSON file; site/model.js reads the same number
FLOAT32 = np.dtype("<f4")  # little endian, as every browser has it


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


def write_model(folder: Path, name: str, model: nn.Module, about: About) -> Path:
    """Write `name`.json and `name`.bin to `folder`, and return the path of the first.

    Raises
    ------
    ExportError
        The model has a layer that the app does not compute.
    """
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
            "file": f"{folder.name}/{name}.bin",
            "type": "float32, little endian",
            "length": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    }
    path = folder / f"{name}.json"
    with whole_file(path.with_suffix(".bin")) as partial:
        partial.write_bytes(content)
    with whole_file(path) as partial:
        partial.write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    return path


def read_model(path: Path) -> tuple[nn.Sequential, About]:
    """The model that `write_model` wrote, as a PyTorch model that takes (n, 784) and gives logits.

    Raises
    ------
    ExportError
        The weights are not those that the description speaks of, or it describes no model.
    """
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
    except (KeyError, TypeError, AttributeError, RuntimeError, RecursionError, ValueError) as error:
        if isinstance(error, ExportError):
            raise
        raise ExportError(
            f"{path.name} does not describe a model ({reason_of(error)}); export it again"
        ) from None


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
