"""Measure the claims of all pages again with other seeds and other instruction sets."""

import json
import math
import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import joblib
import pandas as pd
from nbformat import NotebookNode

from mnist_helpers.course.claims import RECORD, Claim
from mnist_helpers.course.copies import write_copies
from mnist_helpers.course.reseeding import reseed
from mnist_helpers.course.runner import execute
from mnist_helpers.storage import mnist_folder

NEEDED_MARGIN = 2  # spreads between a bound and the nearest value measured
COLUMNS = ["notebook", "quote", "value", "above", "below", "variant"]


@dataclass(frozen=True)
class Variant:
    """One stand-in for another machine: seeds shifted by so much, and torch's instruction set."""

    shift: int = 0
    capability: str = ""  # "default", "avx2", …: torch's ATEN_CPU_CAPABILITY; empty takes the machine's best

    def __str__(self) -> str:
        return f"seeds+{self.shift}" + (f"-{self.capability}" if self.capability else "")


def variants(num_seeds: int) -> list[Variant]:
    """The committed seeds under three instruction sets, and `num_seeds` others under the machine's own."""
    committed = [Variant(), Variant(capability="default"), Variant(capability="avx2")]
    return committed + [Variant(shift) for shift in range(1, num_seeds + 1)]


def measure(
    notebooks: Path, names: Collection[str], chosen: Iterable[Variant], output: Path
) -> tuple[pd.DataFrame, list[str]]:
    """Run every notebook whose file name is among `names` once for each variant.

    Returns one row per claim and run, and one sentence per run that stopped. The rows so far stand in
    measured.csv in the folder `output` at any time.
    """
    jobs = []
    for variant in chosen:
        folder = output / str(variant)

        def reseeded(notebook: NotebookNode, _: str, shift: int = variant.shift) -> NotebookNode:
            return reseed(notebook, shift)

        copies = write_copies(reseeded, notebooks, folder)
        environment = {
            "ATEN_CPU_CAPABILITY": variant.capability,
            "MNIST_BUDGET": "short",
            "MNIST_DATA_DIR": str(mnist_folder()),
            "MNIST_CACHE_DIR": str(folder / "cache"),  # so that every model is trained anew
            "TQDM_DISABLE": "1",
        }
        jobs += [
            joblib.delayed(_run)(path, str(variant), environment) for path in copies if path.name in names
        ]
    measured, stopped = [], []
    for rows, error in joblib.Parallel(n_jobs=-1, return_as="generator_unordered")(jobs):
        measured += rows
        stopped += [error] if error else []
        table = pd.DataFrame(measured, columns=COLUMNS)
        table.to_csv(output / "measured.csv", index=False)
        print("✗" if error else "·", end="", flush=True)
    print()
    return table, stopped


def _run(path: Path, variant: str, environment: dict[str, str]) -> tuple[list[dict], str]:
    """The claims of one notebook in one variant, and why it stopped, if it did."""
    error = ""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "claims.jsonl"
        os.environ.update(environment | {RECORD: str(record)})
        if not environment["ATEN_CPU_CAPABILITY"]:
            del os.environ["ATEN_CPU_CAPABILITY"]
        try:
            execute(path)
        except Exception as stopped:  # whatever the cause, the other runs are worth having
            error = f"{path.name}, {variant}: {stopped}"
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return [{**json.loads(line), "notebook": path.stem, "variant": variant} for line in lines], error


def summarise(measured: pd.DataFrame) -> pd.DataFrame:
    """One row per claim: in how many runs it held, the range measured, and its margin.

    The margin is the distance from the bound to the nearest value, in standard deviations of the values.
    """
    rows = []
    for (notebook, quote), runs in measured.groupby(["notebook", "quote"], sort=False):
        values, above, below = runs["value"], runs["above"].max(), runs["below"].min()
        bounds = [None if pd.isna(bound) else bound for bound in (above, below)]
        holds = [Claim(quote, value, *bounds).holds for value in values]
        gaps = pd.Series([values.min() - above, below - values.max()])
        gap = math.inf if gaps.isna().all() else gaps.min()
        spread = values.std() if len(values) > 1 else 0
        rows.append(
            {
                "notebook": notebook,
                "quote": quote,
                "holds": f"{sum(holds)} of {len(holds)}",
                "above": above,
                "smallest": values.min(),
                "largest": values.max(),
                "below": below,
                "margin": gap / spread if spread else math.inf,
                "sound": all(holds) and gap >= NEEDED_MARGIN * spread,
            }
        )
    return pd.DataFrame(rows)
