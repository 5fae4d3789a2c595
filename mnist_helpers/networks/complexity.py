"""What models cost and what they are worth: the table behind the chart of accuracy and complexity."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FAMILIES = ("linear", "MLP", "LeNet", "CNN", "ResNet", "Slim")  # first words of the names of compared models


def compare_models(results: pd.DataFrame) -> pd.DataFrame:
    """One row per model: its cost, and its test accuracy as mean and standard deviation over the seeds.

    Parameters
    ----------
    results : as `Experiments.run` returns them or its CSV file holds them, with the columns
        test_accuracy, parameters, multiply_adds and bytes from a `measure`. Models whose names do not
        begin with one of `FAMILIES` are left out.

    Returns
    -------
    DataFrame with the index `model` and the columns family, parameters, multiply_adds, kilobytes (of
    1,000 bytes), val_accuracy (mean), accuracy, and spread (0 if there is one seed only).
    """
    measured = results.dropna(subset="test_accuracy")
    measured = measured.assign(family=measured["trial"].str.split().str[0], model=measured["trial"])
    table = (
        measured[measured["family"].isin(FAMILIES)]
        .groupby("model", sort=False)
        .agg(
            family=("family", "first"),
            parameters=("parameters", "first"),
            multiply_adds=("multiply_adds", "first"),
            kilobytes=("bytes", "first"),
            val_accuracy=("val_accuracy", "mean"),
            accuracy=("test_accuracy", "mean"),
            spread=("test_accuracy", "std"),
        )
    )
    table["kilobytes"] /= 1000
    return table.astype({"parameters": int, "multiply_adds": int}).fillna({"spread": 0.0})


def pareto_front(costs: ArrayLike, scores: ArrayLike) -> NDArray[np.bool_]:
    """Which of n models no other one beats: none is both at most as dear and at least as good, and differs.

    Parameters
    ----------
    costs, scores : shape (n,); less cost and more score are better.

    Returns
    -------
    Shape (n,); the Pareto front, after Vilfredo Pareto, who called such choices optimal.
    """
    costs, scores = np.asarray(costs, dtype=float), np.asarray(scores, dtype=float)
    no_worse = (costs[:, None] <= costs) & (scores[:, None] >= scores)  # [i, j]: i is no worse than j
    better = no_worse & ((costs[:, None] < costs) | (scores[:, None] > scores))
    return np.logical_not(better.any(axis=0))
