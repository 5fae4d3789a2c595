"""Run one framework's recipe in this process, and print what was measured as one line of JSON.

`compare` starts it:
 `python -m mnist_helpers.extensions.framework_comparison.worker RECIPE THREADS LOOP TASK …`, a line per task.
"""

import dataclasses
import importlib
import json
import pickle
import sys
import time
from itertools import pairwise
from pathlib import Path

import psutil


def run(recipe_name: str, path: Path, loop: str = "") -> dict[str, object]:
    """Train by the recipe, and measure what can only be measured in its own process.

    Returns a dictionary with

    - import_seconds : to import the recipe's module, and the framework with it;
    - seconds : from building the model to the measures after the last epoch, compiling included;
    - cpu_seconds : what all processor cores together worked in that time;
    - epoch_seconds : the parts of `seconds`, epoch by epoch;
    - curves : train_loss, train_accuracy, val_loss, val_accuracy after each epoch;
    - peak_bytes : most memory that the process held until then, the images included;
    - test_accuracy : of the trained model;
    - learnt : what the trained model says about the first 32 test images, as log-probabilities;
    - error : largest difference between log-probabilities of the test images with the task's initial
      weights, as the framework computes them, and the exact ones.
    """
    start = time.perf_counter()
    recipe = importlib.import_module(f"{__package__}.{recipe_name}")
    import_seconds = time.perf_counter() - start

    with path.open("rb") as file:
        task = dataclasses.replace(pickle.load(file), loop=loop)
    curves, marks, cpu_start = [], [time.perf_counter()], time.process_time()
    model = recipe.build(task)
    for measured in recipe.fit(model, task):
        curves.append(tuple(measured))
        marks.append(time.perf_counter())
    cpu_seconds, peak = time.process_time() - cpu_start, peak_bytes()

    from scipy.special import log_softmax  # not before the peak: it takes 20 MB itself

    from mnist_helpers.extensions.framework_comparison.task import exact_log_probabilities, loss_and_accuracy

    images, labels = task.test
    learnt = log_softmax(recipe.logits(model, images), axis=1)
    recipe.load(model, task.weights)
    fresh = log_softmax(recipe.logits(model, images), axis=1)
    return {
        "import_seconds": import_seconds,
        "seconds": marks[-1] - marks[0],
        "cpu_seconds": cpu_seconds,
        "epoch_seconds": [after - before for before, after in pairwise(marks)],
        "curves": curves,
        "peak_bytes": peak,
        "test_accuracy": loss_and_accuracy(learnt, labels)[1],
        "learnt": learnt[:32].tolist(),
        "error": float(abs(fresh - exact_log_probabilities(task.weights, images)).max()),
    }


def peak_bytes() -> int:
    """Most physical memory that this process ever held, in bytes, as the system counts it.

    Linux is asked in /proc: what `resource.getrusage` tells there may be the parent's peak.
    """
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def use_cores(count: int) -> None:
    """Keep this process to so many processor cores, where the system lets it (Linux and Windows)."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):
        process.cpu_affinity(process.cpu_affinity()[-count:])


if __name__ == "__main__":
    recipe, threads, loop, *paths = sys.argv[1:]
    use_cores(int(threads))
    for path in paths:
        print(json.dumps(run(recipe, Path(path), loop)))
