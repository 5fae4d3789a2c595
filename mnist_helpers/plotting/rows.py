"""Named rows of accuracies: of several models, of several seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from mnist_helpers.plotting.style import BLUE, INK, VERMILION, accuracy_rows, new_axes


def plot_accuracies(
    accuracies: Mapping[str, float], intervals: Sequence[tuple[float, float]],
    claimed: Sequence[float] | None = None, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """One row per model: its accuracy as a point, its interval (low, high) as a line.

    Where the interval is wider than a point, the number has no decimals. What the models claimed to reach, if
    given, is marked by a diamond.
    """
    ax = new_axes(ax, 8, 0.8 + 0.45 * len(accuracies))
    for row, (accuracy, (low, high)) in enumerate(zip(accuracies.values(), intervals, strict=True)):
        ax.plot((low, high), (row, row), color=BLUE, linewidth=2)
        ax.plot(accuracy, row, color=BLUE, marker="o")
        ax.annotate(
            f"{accuracy:.{0 if high - low > 0.01 else 2}%}",
            (accuracy, row),
            (0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    if claimed is not None:
        ax.plot(claimed, range(len(claimed)), "D", color=VERMILION, label="claimed: mean confidence")
        ax.legend(frameon=False)
    ax.set(xlabel="accuracy with its 95% interval", ylim=(len(accuracies) - 0.5, -0.7))
    accuracy_rows(ax, accuracies)
    return ax


def plot_seeds(accuracies: Mapping[str, Sequence[float]], ax: Axes | None = None) -> Axes:
    """One row per model: every seed's accuracy as a dot, their mean as a line with its number."""
    ax = new_axes(ax, 8, 0.9 + 0.36 * len(accuracies))
    for row, values in enumerate(accuracies.values()):
        mean = float(np.mean(values))
        ax.plot(values, np.full(len(values), row), "o", color=BLUE, alpha=0.5, markeredgewidth=0)
        ax.plot((mean, mean), (row - 0.3, row + 0.3), color=INK, linewidth=2)
        ax.annotate(f"{mean:.2%}", (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=9)
    ax.set(xlabel="accuracy: a dot per seed, a line at their mean", ylim=(len(accuracies) - 0.5, -0.5))
    accuracy_rows(ax, accuracies)
    return ax
