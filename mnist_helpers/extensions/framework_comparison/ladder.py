"""What each rung of compiling buys: an eager step, a compiled step, a compiled epoch, in three frameworks."""

import shutil
import statistics
import sys
from collections.abc import Iterable
from itertools import product

import pandas as pd
from tqdm import tqdm

from mnist_helpers.extensions.framework_comparison.compare import new_task, run_recipe, written
from mnist_helpers.extensions.framework_comparison.registry import LADDER, LOOPS
from mnist_helpers.preprocessing import Splits

COMPILERS = ("g++", "clang++", "cl")  # PyTorch hands C++ to one of them


def compare_loops(
    splits: Splits, *, rounds: int = 3, num_epochs: int = 3, num_images: int = 4800,
    names: Iterable[str] = tuple(LADDER), loops: Iterable[str] = LOOPS,
) -> pd.DataFrame:  # fmt: skip
    """One row per framework of `LADDER`, loop of `LOOPS` and round; each in a process with one core.

    All take the same steps: the same initial weights, batches and Adam. What cannot run here has no row: a
    framework that is not installed, PyTorch's compiled step without a C++ compiler, and its compiled epoch,
    which does not exist: `torch.compile` unrolls a loop into all its steps.

    Returns
    -------
    DataFrame with the columns framework, loop, round, step_ms (milliseconds per step, in the median epoch
    after the first), compile_seconds (what the first epoch took more; 0 for the eager step), loss (on the
    first thousand training images after the last epoch).
    """
    wanted = product(names, loops)
    ways = [(name, LADDER[name], loop) for name, loop in wanted if _runs_here(name, loop)]
    rows = []
    with tqdm(total=rounds * len(ways), unit="process", file=sys.stdout, leave=False) as bar:
        for seed in range(rounds):
            with written(new_task(splits, seed, num_epochs, num_images)) as path:
                for name, framework, loop in ways:
                    (found,) = run_recipe(f"{name}, {loop}", framework, [path], 1, bar, loop)
                    first, *rest = found["epoch_seconds"]
                    epoch = statistics.median(rest)
                    rows.append({
                        "framework": name, "loop": loop, "round": seed,
                        "step_ms": 1000 * epoch / (num_images // 32),
                        "compile_seconds": 0.0 if loop == "eager step" else max(first - epoch, 0.0),
                        "loss": found["curves"][-1][0],
                    })  # fmt: skip
    return pd.DataFrame(rows)


def _runs_here(name: str, loop: str) -> bool:
    if name == "PyTorch":
        return loop == "eager step" or (loop == "compiled step" and any(map(shutil.which, COMPILERS)))
    return not LADDER[name].missing
