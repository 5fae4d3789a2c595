"""One model in several programs that run it: what each answers, how fast, and what must be installed."""

import statistics
import time
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from mnist_helpers.app.onnx_export import quiet
from mnist_helpers.app.programs import PROGRAMS, Forward
from mnist_helpers.devices import cpu_threads
from mnist_helpers.model import predict_logits
from mnist_helpers.networks import median_seconds
from mnist_helpers.preprocessing import Split, flatten, normalise
from mnist_helpers.storage import reason_of

INSTALL = 'python -m pip install --editable ".[runtimes]"'  # in the folder of the course
FORMS = {  # column -> how people read it
    "installed MB": "{:.0f}", "model bytes": "{:,.0f}", "accuracy": "{:.2%}", "largest difference": "{:.1e}",
    "µs per image": "{:.0f}",
}  # fmt: skip


def compare_runtimes(
    model: nn.Module, split: Split, folder: Path, in_numpy: Forward, singles: int = 100
) -> pd.DataFrame:
    """One row each for PyTorch, NumPy, and each of `PROGRAMS` with what it can do to a number.

    Parameters
    ----------
    model : takes (n, 784) and gives logits; of linear layers and ReLU.
    split : the images to answer, (n, 784) in [0, 1], and their labels.
    folder : the files are written to it.
    in_numpy : the same model as a function of pixels, uint8 (n, 28, 28) -> logits (n, 10).

    Returns
    -------
    DataFrame with the columns installed MB (of the package that runs it), model bytes (NaN where there is no
    file), accuracy, largest difference (of the logits, from PyTorch's), µs per image (median of `singles`
    images, asked one at a time on one thread; of that the median of five turns), missing (packages that are
    not installed, or why it does not run; such a program has one row, and nothing else in it).
    """

    def in_torch(pixels: NDArray[np.uint8]) -> NDArray:
        return predict_logits(model, flatten(normalise(torch.from_numpy(pixels)))).numpy()

    pixels = (split.images * 255).round().to(torch.uint8).reshape(-1, 28, 28).numpy()
    expected, labels = in_torch(pixels), split.labels.numpy()
    rows, answers = {}, {}

    def measure(name: str, package: str, path: Path | None, forward: Forward) -> None:
        logits, answers[name] = forward(pixels), forward
        rows[name] = {
            "installed MB": round(_package_bytes(package) / 1e6),
            "model bytes": path.stat().st_size if path else float("nan"),
            "accuracy": (logits.argmax(axis=1) == labels).mean(),
            "largest difference": abs(logits - expected).max(),
        }

    measure("PyTorch", "torch", None, in_torch)
    measure("NumPy", "numpy", None, in_numpy)
    for program, (prepare, packages) in PROGRAMS.items():
        missing = [name for name in packages if find_spec(name.replace("-", "_")) is None]
        if missing:
            rows[program] = {"missing": f"{', '.join(missing)} not installed: {INSTALL}"}
            continue
        try:
            with quiet():
                for numbers, way in prepare(model, folder).items():
                    measure(f"{program}, {numbers}", packages[0], *way)
        except (ImportError, OSError) as error:  # such as a library in C++ made for another PyTorch
            rows[program] = {"missing": f"does not run here: {reason_of(error)}"}
    turns = {name: _turn(forward, pixels[:singles]) for name, forward in answers.items()}
    with cpu_threads(1):
        for name, seconds in median_seconds(turns, repeats=5, after_turn=bool).items():  # without a bar
            rows[name]["µs per image"] = 1e6 * seconds
    return pd.DataFrame(list(rows.values()), list(rows), [*FORMS, "missing"])


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """The table for people: rounded; of a program that does not run here a line is printed that says why.

    In a cell of the table pandas would cut that line off.
    """
    for program, why in table["missing"].dropna().items():
        print(f"{program}: {why}")
    runs = table[table["missing"].isna()]
    columns = {name: runs[name].map(form.format, na_action="ignore") for name, form in FORMS.items()}
    return pd.DataFrame(columns).astype(object).fillna("")


def _turn(forward: Forward, pixels: NDArray[np.uint8]) -> Callable[[], float]:
    def seconds_per_image() -> float:
        marks = [time.perf_counter()]
        for image in pixels[:, None]:
            forward(image)
            marks.append(time.perf_counter())
        return statistics.median(after - before for before, after in pairwise(marks))

    return seconds_per_image


def _package_bytes(name: str) -> int:
    """Bytes on disk of a package's own files, without what it requires."""
    files = (Path(file.locate()) for file in metadata.files(name) or ())
    return sum(file.stat().st_size for file in files if file.is_file())
