"""A model as one ONNX file, which takes raw pixels: for phones, browsers and servers of any kind."""

import contextlib
import copy
import io
import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from mnist_helpers.app.layers import ExportError

OPSET = 18


class FromPixels(nn.Module):
    """Normalise inside the model: uint8 pixels of shape (n, 28, 28) -> logits of shape (n, 10)."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        return self.model(pixels.to(torch.float32).flatten(1) / 255)


def export_onnx(model: nn.Module, path: Path) -> Path:
    """Write a model that takes (n, 784) to one ONNX file with its weights and its normalisation inside.

    The file's input is `pixels`, uint8 of shape (n, 28, 28); its output is `logits`, float32 of shape
    (n, 10).

    Raises
    ------
    ExportError
        The packages that write ONNX are not installed.
    """
    example = torch.zeros(2, 28, 28, dtype=torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    own = copy.deepcopy(model)  # the caller's stays where it is, and as it is
    try:
        with _silence():
            torch.onnx.export(
                FromPixels(own).cpu().eval(), (example,), path, dynamo=True, external_data=False,
                input_names=["pixels"], output_names=["logits"], opset_version=OPSET, verbose=False,
                dynamic_shapes={"pixels": {0: torch.export.Dim("n", min=1)}},
            )  # fmt: skip
    except ImportError as error:  # torch loads them only when they are needed
        raise ExportError(
            f"ONNX needs the package {error.name}; install it: pip install onnx onnxscript"
        ) from None
    return path


@contextlib.contextmanager
def _silence():
    """Torch's exporter talks about its own insides; its errors still come through."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
