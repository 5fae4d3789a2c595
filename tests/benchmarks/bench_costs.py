"""How cost grows: time and memory of the recipe, of loading, importing, every notebook and `make run`.

Each row has a floor of its own, measured in the same run: the least that this work could take. A ratio to
it can be compared between machines; seconds cannot. What was measured is added to `history.csv`, and a
ratio that has grown by a quarter since the earlier runs on the same machine is pointed out. Let nothing
else run meanwhile: a quarter of an hour, or name the rows you want, such as `bench_costs.py recipe import`.
"""

import argparse
import datetime
import json
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from tqdm import tqdm

from mnist_helpers.course.copies import notebooks_below
from mnist_helpers.course.runner import course_notebooks, course_root

HISTORY = Path(__file__).parent / "history.csv"
WORKER = Path(__file__).parent / "measure_costs.py"
COPIES = (1, 2, 5, 10)
SLOWER = 1.25
EXPONENT_BAR = 1.1
FLOORS = """floors: of the recipe its matrix products alone; of load_mnist reading the files, unpacking and
checksums; of the import importing torch; of --help starting Python; of a notebook a kernel that imports
torch; of make run its six notebooks by themselves."""


def rows_to_measure(root: Path) -> dict[str, list[str]]:
    """Name of each row -> arguments of `measure_costs.py`."""
    rows = {f"recipe, {copies} x the training set": ["recipe", str(copies)] for copies in COPIES}
    rows |= {f"load_mnist, {state}": ["loading", state] for state in ("cold", "warm")}
    rows |= {"import for a lesson": ["import"], "mnist-helpers --help": ["help"]}
    for path in notebooks_below(root / "notebooks"):
        rows[f"notebook {path.stem}"] = ["notebook", str(path)]
    return rows | {"make run": ["course"]}


def measure(arguments: list[str], repeats: int) -> dict[str, float]:
    """Median seconds, floor and megabytes of one row, each repeat in a fresh process."""
    runs = []
    for _ in range(repeats):
        command = [sys.executable, str(WORKER), *arguments]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        runs.append(json.loads(result.stdout.splitlines()[-1]))
    return pd.DataFrame(runs).median().to_dict()


def with_ratios(costs: pd.DataFrame, six: list[str]) -> pd.DataFrame:
    """Add the column `ratio`, seconds ÷ floor; the floor of "make run" is the sum of the rows `six`."""
    costs = costs.copy()
    if "make run" in costs.index and set(six) <= set(costs.index):
        costs.loc["make run", "floor"] = costs.loc[six, "seconds"].sum()
    return costs.assign(ratio=costs["seconds"] / costs["floor"].where(costs["floor"] > 0))


def growth_exponent(sizes: ArrayLike, seconds: ArrayLike) -> float:
    """The b of seconds = a · sizes^b, fitted by least squares to the logarithms: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def this_machine() -> dict[str, str]:
    """What results depend on besides the code."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return {
        "machine": f"{name}, {len(names) or 1} cores" if names else name,
        "python": platform.python_version(),
        "torch": metadata.version("torch"),
    }


def compare(costs: pd.DataFrame, history: pd.DataFrame, machine: str) -> pd.Series:
    """How many times the median ratio of the earlier runs on this machine each row's ratio is."""
    earlier = history[history["machine"] == machine].groupby("what")["ratio"].median()
    return costs["ratio"] / earlier.reindex(costs.index)


def remember(costs: pd.DataFrame, path: Path, machine: dict[str, str]) -> None:
    """Add the rows to the file of all runs."""
    today = datetime.date.today().isoformat()
    rows = costs.rename_axis("what").reset_index().assign(date=today, **machine)
    rows = rows[["date", *machine, "what", "seconds", "floor", "ratio", "megabytes"]]
    rows.to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.4g")


def report(costs: pd.DataFrame, since: pd.Series) -> str:
    """The table, the exponent of growth, and what has become slower."""
    table = costs.rename(columns={"ratio": "÷ floor", "megabytes": "peak MB"}).assign(before=since)
    table = table.rename(columns={"before": "÷ earlier runs"})
    text = [table.to_string(float_format="%.2f", na_rep="-"), "", FLOORS]
    recipes = costs[costs.index.str.startswith("recipe")]
    if len(recipes) > 1:
        exponent = growth_exponent(COPIES[: len(recipes)], recipes["seconds"])
        met = "met" if exponent <= EXPONENT_BAR else "MISSED"
        text.append(f"\nseconds grow with images to the power {exponent:.3f}   bar: {EXPONENT_BAR}   {met}")
    slower = since[since > SLOWER]
    text += [f"SLOWER than before: {name}, {factor:.2f} times" for name, factor in slower.items()]
    return "\n".join(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help="only the rows whose names begin so")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--history", type=Path, default=HISTORY)
    options = parser.parse_args()
    root, machine = course_root(), this_machine()
    chosen = {
        name: arguments
        for name, arguments in rows_to_measure(root).items()
        if name.startswith(tuple(options.rows) or "")
    }
    costs = {}
    for name, arguments in tqdm(chosen.items(), desc="costs", leave=False):
        once = arguments[0] in ("notebook", "course")  # minutes long: once is enough
        costs[name] = measure(arguments, 1 if once else options.repeats)
    table = pd.DataFrame.from_dict(costs, orient="index")
    table = with_ratios(table, [f"notebook {path.stem}" for path in course_notebooks(root)])
    history = pd.read_csv(options.history) if options.history.exists() else None
    since = pd.Series(np.nan, table.index) if history is None else compare(table, history, machine["machine"])
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"medians of {options.repeats} runs, notebooks and make run once; seconds\n")
    print(report(table, since))
    remember(table, options.history, machine)


if __name__ == "__main__":
    main()
