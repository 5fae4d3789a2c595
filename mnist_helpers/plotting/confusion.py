"""The confusion matrix as a heatmap."""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from mnist_helpers.plotting.style import new_axes


def plot_confusion_matrix(confusion: ArrayLike, ax: Axes | None = None) -> Axes:
    """Heatmap of a (10, 10) matrix: whole numbers as counts, else as shares in per cent.

    The colour scale ends at the largest mistake, so that the few mistakes stand out; the diagonal is
    far above it and takes the darkest colour.
    """
    ax = new_axes(ax, 7.5, 6.2)
    confusion = np.asarray(confusion)
    counts = np.issubdtype(confusion.dtype, np.integer)
    mistakes = confusion[~np.eye(len(confusion), dtype=bool)]
    cells = [[_cell(value, counts) for value in row] for row in confusion]
    sns.heatmap(
        confusion, annot=cells, fmt="", cmap="Blues", vmin=0, vmax=max(mistakes.max(), 1e-9), square=True,
        linewidths=0.5, linecolor="#DDDDDD", annot_kws={"fontsize": 9}, ax=ax,
        cbar_kws={
            "label": "images" if counts else "share of the true digit's images",
            "format": None if counts else PercentFormatter(1, decimals=1), "extend": "max",
        },
    )  # fmt: skip
    kind = "counts" if counts else "each row adds up to 100 %"
    ax.set(xlabel="predicted digit", ylabel="true digit", title=f"Confusion matrix ({kind})")
    ax.tick_params(axis="y", rotation=0)
    return ax


def _cell(value: float, counts: bool) -> str:
    if value == 0:
        return ""
    return f"{value}" if counts else f"{value:.1%}"
