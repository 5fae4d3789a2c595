"""Run the recipe in every framework, each in its own process, in rounds; one table comes out."""

import dataclasses
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from mnist_helpers.extensions.framework_comparison.costs import install_bytes, lines_of_code
from mnist_helpers.extensions.framework_comparison.registry import FRAMEWORKS, OURS, Framework
from mnist_helpers.extensions.framework_comparison.task import Task
from mnist_helpers.history import CURVES
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Split, Splits

MEGABYTE = 1e6


def compare_frameworks(
    splits: Splits,
    *,
    rounds: int = 3,
    threads: int = 1,
    num_epochs: int = 10,
    num_images: int | None = None,
    names: Iterable[str] = tuple(FRAMEWORKS),
    fresh: bool = True,
) -> pd.DataFrame:
    """One row per framework and round; a framework that is not installed has one row that says so.

    In each round the frameworks take turns, so that a machine that slows down slows all of them. A turn is
    two processes: one learns a single batch, for the time to the first step; one the whole recipe.

    Parameters
    ----------
    splits : learnt from the first `num_images` training images (None: all), measured on all validation
        images after every epoch, and tested once.
    rounds : each has its own seed, 0, 1, …, for the initial weights and the shuffling.
    threads : what every process may use: its environment says so to OpenMP, OpenBLAS, MKL and TensorFlow,
        and on Linux and Windows it is kept to so many cores, the one limit that JAX heeds.
    names : of the frameworks, out of `FRAMEWORKS`.
    fresh : whether the whole recipe has a process of its own. One process for both saves starts, and what
        the first batch has loaded or compiled is then no longer waited for.

    Returns
    -------
    DataFrame with the columns framework, round, versions, lines (of code of the recipe), install_mb,
    import_seconds, first_step_seconds, seconds (all of the recipe), compile_seconds (the part of it that
    compiling took), cpu_seconds, peak_mb, the last epoch's train_loss, train_accuracy, val_loss and
    val_accuracy, test_accuracy, error (of the log-probabilities with given weights), step_difference (of
    the log-probabilities after one step, to those of `mnist_helpers.train`; NaN for a framework that starts
    from weights of its own), missing (what to install).

    Raises
    ------
    RuntimeError
        A framework that is installed stopped with an error.
    """
    frameworks = {name: FRAMEWORKS[name] for name in names}
    present = {name: framework for name, framework in frameworks.items() if not framework.missing}
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in frameworks}
    with tqdm(total=(1 + fresh) * rounds * len(present), unit="process", file=sys.stdout, leave=False) as bar:
        for seed in range(rounds):
            whole = new_task(splits, seed, num_epochs, num_images)
            with written(_first_batch(whole)) as batch, written(whole) as path:
                runs = {name: run_recipe(name, f, [batch] if fresh else [batch, path], threads, bar)
                        for name, f in present.items()}  # fmt: skip
                first = {name: found[0] for name, found in runs.items()}
                for name, f in present.items():
                    whole_run = run_recipe(name, f, [path], threads, bar)[0] if fresh else runs[name][1]
                    rows[name].append({"round": seed, **_row(name, first, whole_run)})
    for name, framework in frameworks.items():
        if framework.missing:
            rows[name].append({"missing": ", ".join(framework.missing)})
    return pd.concat(
        [pd.DataFrame(rows[name]).assign(framework=name, **_facts(f)) for name, f in frameworks.items()],
        ignore_index=True,
    )


def new_task(splits: Splits, seed: int, num_epochs: int = 10, num_images: int | None = None) -> Task:
    """The course's recipe, with the weights that `MLP` starts from when it is given the same seed."""
    model = MLP(torch.Generator().manual_seed(seed))
    layers = [layer for layer in model.children() if isinstance(layer, torch.nn.Linear)]
    weights = [(layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy()) for layer in layers]
    few = Split(splits.train.images[:num_images], splits.train.labels[:num_images])
    train, val, test = ((part.images.numpy(), part.labels.numpy()) for part in (few, splits.val, splits.test))
    return Task(train, val, test, weights, num_epochs=num_epochs, seed=seed)


def _first_batch(task: Task) -> Task:
    """The same, with one batch to learn in one epoch, and with no more images to measure."""
    parts: dict[str, Any] = {
        name: tuple(array[: task.batch_size] for array in vars(task)[name])
        for name in ("train", "val", "test")
    }
    return dataclasses.replace(task, **parts, num_epochs=1)


@contextmanager
def written(task: Task) -> Iterator[Path]:
    """The task in a file of its own, by pickle: joblib would add 12 MB to every process that is measured."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "task.pickle")
        path.write_bytes(pickle.dumps(task, protocol=5))
        yield path


def run_recipe(
    name: str, framework: Framework, paths: list[Path], threads: int, bar: tqdm, loop: str = ""
) -> list[dict]:
    """What `worker.run` returns for each of the tasks, from one process of its own."""
    command = [sys.executable, "-m", f"{__package__}.worker", framework.recipe, str(threads), loop]
    command += map(str, paths)
    result = subprocess.run(
        command, env=environment(framework, threads), capture_output=True, text=True, check=False
    )
    bar.update()
    if result.returncode:
        last = "\n".join(result.stderr.splitlines()[-5:])
        raise RuntimeError(f"{name} is installed ({framework.versions}) but stopped; its last words:\n{last}")
    return [json.loads(line) for line in result.stdout.splitlines()[-len(paths) :]]


def environment(framework: Framework, threads: int) -> dict[str, str]:
    """The variables of its process: as many threads as it may use, no graphics card, its own settings."""
    limits = (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
        "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
    )  # fmt: skip
    cpu_only = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    return {**os.environ, **dict.fromkeys(limits, str(threads)), **cpu_only, **framework.settings}


def _row(name: str, first: dict[str, dict], run: dict) -> dict[str, object]:
    copied = ("seconds", "cpu_seconds", "test_accuracy", "error")
    rest = run["epoch_seconds"][1:]
    surplus = run["epoch_seconds"][0] - statistics.median(rest) if rest else float("nan")
    same_start = OURS in first and FRAMEWORKS[name].takes_weights
    step = np.subtract(first[name]["learnt"], first[OURS]["learnt"]) if same_start else np.array(np.nan)
    return {
        **{key: run[key] for key in copied},
        "import_seconds": first[name]["import_seconds"],
        "first_step_seconds": first[name]["seconds"],
        "compile_seconds": surplus if FRAMEWORKS[name].compiles else 0.0,
        "peak_mb": run["peak_bytes"] / MEGABYTE,
        **dict(zip(CURVES, run["curves"][-1], strict=True)),
        "step_difference": float(abs(step).max()),
    }


def _facts(framework: Framework) -> dict[str, object]:
    """What needs no run."""
    return {
        "versions": framework.versions,
        "lines": lines_of_code(framework.source),
        "install_mb": float("nan") if framework.missing else install_bytes(framework.needs) / MEGABYTE,
    }
