"""A model as one ONNX file, which takes raw pixels: for phones, browsers and servers of any kind."""

import copy
import io
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import torch
from torch import Tensor, nn

from mnist_helpers.app.exporting import ExportError, layers_of, to_torch
from mnist_helpers.model import predict_logits
from mnist_helpers.storage import named_file, with_home

OPSET = 18


class FromPixels(nn.Module):
    """A copy of the model that normalises, too: uint8 pixels (n, 28, 28) -> logits (n, 10), on the CPU."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = copy.deepcopy(model).cpu()  # the caller's stays where it is, and as it is
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        return self.model(pixels.to(torch.float32).flatten(1) / 255)


def export_onnx(model: nn.Module, path: str | Path) -> Path:
    """Write a model that takes (n, 784) to one ONNX file with its weights and its normalisation inside.

    The file's input is `pixels`, uint8 of shape (n, 28, 28); its output is `logits`, float32 of shape
    (n, 10).

    Raises
    ------
    ExportError
        The packages that write ONNX are not installed, or torch knows no ONNX for a part of the model.
    ValueError
        The model takes other images.
    """
    predict_logits(model, torch.zeros(1, 784))  # or other images would look like a fault of torch's
    example = torch.zeros(2, 28, 28, dtype=torch.uint8)
    plain = FromPixels(in_plain_layers(model))
    try:
        with named_file(path) as partial, quiet():
            torch.onnx.export(
                plain, (example,), partial, dynamo=True, external_data=False,
                input_names=["pixels"], output_names=["logits"], opset_version=OPSET, verbose=False,
                dynamic_shapes={"pixels": {0: torch.export.Dim("n", min=1)}},
            )  # fmt: skip
    except ImportError as error:  # torch loads them only when they are needed
        raise ExportError(
            f"ONNX needs the package {error.name}; install it: pip install onnx onnxscript"
        ) from None
    except torch.onnx.OnnxExporterError as error:
        raise ExportError(
            f"torch {torch.__version__} cannot write this {type(model).__name__} as ONNX; a newer one may: "
            "pip install --upgrade torch torchvision"
        ) from error
    return with_home(path)


def in_plain_layers(model: nn.Module) -> nn.Module:
    """The model as the app computes it, or as it is where the app cannot: older exporters know few layers.

    Batch normalisation is folded into the layer before it; dropout and a last softmax are left out.
    """
    try:
        return to_torch(layers_of(model))
    except ExportError:
        return model


@contextmanager
def quiet() -> Iterator[None]:
    """Exporters talk about their own insides, in Python and in C++: not here. Errors still come through."""
    before, stderr = logging.root.manager.disable, os.dup(2)
    logging.disable(logging.CRITICAL)
    try:
        with (
            Path(os.devnull).open("w") as nowhere, redirect_stdout(io.StringIO()), redirect_stderr(nowhere),
            warnings.catch_warnings(),
        ):  # fmt: skip
            warnings.simplefilter("ignore")
            os.dup2(nowhere.fileno(), 2)  # where C++ writes
            yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        logging.disable(before)
