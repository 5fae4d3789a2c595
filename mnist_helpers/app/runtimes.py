"""One model in several programs that run it: what each answers, how fast, and what must be installed."""

import logging
import statistics
import time
from collections.abc import Callable
from importlib import import_module, metadata
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from mnist_helpers.app.layers import ExportError
from mnist_helpers.app.onnx_export import export_onnx
from mnist_helpers.model import predict_logits
from mnist_helpers.preprocessing import Split, flatten, normalise

Forward = Callable[[NDArray[np.uint8]], NDArray]


def compare_runtimes(
    model: nn.Module, split: Split, folder: Path, in_numpy: Forward, singles: int = 200
) -> pd.DataFrame:
    """One row each for PyTorch, NumPy, and ONNX Runtime with float32 and with int8 weights.

    Needs onnx, onnxscript and onnxruntime; the two ONNX files are written to `folder`. ONNX Runtime makes
    the int8 weights itself (`quantize_dynamic`).

    Parameters
    ----------
    model : takes (n, 784) and gives logits.
    split : the images to answer, (n, 784) in [0, 1], and their labels.
    in_numpy : the same model as a function of pixels, uint8 (n, 28, 28) -> logits (n, 10).

    Returns
    -------
    DataFrame with the columns installed MB (of the package that runs it), model bytes (NaN where there is no
    ONNX file), accuracy, largest difference (of the logits, from PyTorch's), µs per image (the median of
    `singles` images, asked one at a time, on one thread).

    Raises
    ------
    ExportError
        A package is missing.
    """
    try:
        onnxruntime, quantization = map(import_module, ("onnxruntime", "onnxruntime.quantization"))
    except ImportError as error:
        raise ExportError(f"the comparison needs the package {error.name}; install it with pip") from None
    whole, small = export_onnx(model, folder / "float32.onnx"), folder / "int8.onnx"
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # it advises on preparing larger models
    try:
        quantization.quantize_dynamic(whole, small, weight_type=quantization.QuantType.QInt8)
    finally:
        logging.disable(before)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1

    def session(path: Path) -> Forward:
        ready = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda pixels: ready.run(["logits"], {"pixels": pixels})[0]

    def in_torch(pixels: NDArray[np.uint8]) -> NDArray:
        return predict_logits(model, flatten(normalise(torch.from_numpy(pixels)))).numpy()

    ways = {
        "PyTorch": ("torch", None, in_torch),
        "NumPy": ("numpy", None, in_numpy),
        "ONNX Runtime, float32": ("onnxruntime", whole, session(whole)),
        "ONNX Runtime, int8": ("onnxruntime", small, session(small)),
    }
    pixels = (split.images * 255).round().to(torch.uint8).reshape(-1, 28, 28).numpy()
    expected = in_torch(pixels)
    rows = {}
    for name, (package, path, forward) in ways.items():
        logits = forward(pixels)
        rows[name] = {
            "installed MB": round(_package_bytes(package) / 1e6),
            "model bytes": path.stat().st_size if path else float("nan"),
            "accuracy": (logits.argmax(axis=1) == split.labels.numpy()).mean(),
            "largest difference": abs(logits - expected).max(),
            "µs per image": round(_microseconds(forward, pixels[:singles])),
        }
    return pd.DataFrame(rows).T


def _package_bytes(name: str) -> int:
    """Bytes on disk of a package's own files, without what it requires."""
    files = (Path(file.locate()) for file in metadata.files(name) or ())
    return sum(file.stat().st_size for file in files if file.is_file())


def _microseconds(forward: Forward, pixels: NDArray[np.uint8]) -> float:
    seconds = []
    for number in range(len(pixels)):
        start = time.perf_counter()
        forward(pixels[number : number + 1])
        seconds.append(time.perf_counter() - start)
    return 1e6 * statistics.median(seconds)
