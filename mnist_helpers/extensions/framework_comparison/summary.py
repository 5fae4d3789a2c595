"""From the rows of all rounds to one row per framework."""

import pandas as pd

from mnist_helpers.extensions.framework_comparison.registry import FRAMEWORKS, INSTALL, OURS

MEDIANS = [
    "import_seconds", "first_step_seconds", "compile_seconds", "running_seconds", "seconds", "cpu_seconds",
]  # fmt: skip
FACTS = ["versions", "lines", "install_mb", "missing"]


def summarise(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per framework, in the order of `FRAMEWORKS`.

    Parameters
    ----------
    runs : as `mnist_helpers.extensions.framework_comparison.compare.compare_frameworks` returns it.

    Returns
    -------
    DataFrame, indexed by framework, with versions, lines, install_mb, missing; the medians over the rounds of
    import_seconds, first_step_seconds, seconds (all of the recipe), compile_seconds, running_seconds
    (without compiling) and cpu_seconds; fastest and slowest (seconds of that round); peak_mb, the largest;
    accuracy and spread, mean and standard deviation of the test accuracy (NaN for a single round); error
    and step_difference, the largest. A framework that is not installed has facts only.
    """
    runs = runs.assign(missing=runs.get("missing"))
    runs = runs.assign(running_seconds=runs["seconds"] - runs["compile_seconds"])
    rounds = runs.groupby("framework", sort=False)
    table = pd.concat(
        [
            rounds[FACTS].first(),
            rounds[MEDIANS].median(),
            rounds["seconds"].agg(fastest="min", slowest="max"),
            rounds["test_accuracy"].agg(accuracy="mean", spread="std"),
            rounds[["peak_mb", "error", "step_difference"]].max(),
        ],
        axis=1,
    )
    return table.loc[[name for name in FRAMEWORKS if name in table.index]]


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """The summary for people: rounded, with units; a missing framework says how to install it."""
    formats = {
        "lines": ("lines of code", "{:.0f}"),
        "install_mb": ("install, MB", "{:,.0f}"),
        "import_seconds": ("import, s", "{:.1f}"),
        "first_step_seconds": ("first step, s", "{:.2f}"),
        "compile_seconds": ("compiling, s", "{:.1f}"),
        "running_seconds": ("running, s", "{:.1f}"),
        "seconds": ("recipe, s", "{:.1f}"),
        "peak_mb": ("peak memory, MB", "{:,.0f}"),
        "accuracy": ("test accuracy", "{:.2%}"),
    }
    text = pd.DataFrame({title: table[column].map(form.format) for column, (title, form) in formats.items()})
    lines = text["lines of code"].copy()  # before pandas 3 it changed with the table
    text["recipe, s"] += [
        f" ({low:.1f} to {high:.1f})" for low, high in zip(table["fastest"], table["slowest"], strict=True)
    ]
    text["test accuracy"] += [f" ± {spread:.2%}" if spread == spread else "" for spread in table["spread"]]
    absent = table["missing"].notna()
    text.loc[absent] = ""
    text.loc[absent, "lines of code"] = lines
    text.loc[absent, "recipe, s"] = [
        f"{names} not installed: {INSTALL}" for names in table.loc[absent, "missing"]
    ]
    return text


def times_as_long(table: pd.DataFrame) -> pd.DataFrame:
    """How many times as long as `mnist_helpers.train` the others take, with and without compiling."""
    times = table[["seconds", "running_seconds"]].set_axis(["recipe", "running"], axis="columns")
    return (times / times.loc[OURS]).drop(index=OURS)
