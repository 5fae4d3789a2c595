"""The confusion matrix as a heatmap of its mistakes."""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from mnist_helpers.plotting.style import INK, new_axes

GREY = "#D0D0D0"  # of the right answers, which the colour scale leaves out


def plot_confusion_matrix(confusion: ArrayLike, ax: Axes | None = None) -> Axes:
    """Heatmap of a (10, 10) matrix: whole numbers as counts, else as shares in per cent.

    Colours are for the mistakes: on a scale with the right answers, a hundred times as many, all of them
    would look alike. The right answers, on the diagonal, are grey.
    """
    ax = new_axes(ax, 7.5, 6.2)
    confusion = np.asarray(confusion)
    counts = np.issubdtype(confusion.dtype, np.integer)
    diagonal = np.eye(len(confusion), dtype=bool)
    cells = [["" if value == 0 else f"{value}" if counts else f"{value:.1%}" for value in row]
             for row in confusion]  # fmt: skip
    sns.heatmap(
        confusion, mask=diagonal, annot=cells, fmt="", cmap="Blues", vmin=0,
        vmax=max(confusion[~diagonal].max(), 1e-9), square=True, linewidths=0.5, linecolor="#DDDDDD",
        annot_kws={"fontsize": 9}, ax=ax,
        cbar_kws={
            "label": f"{'number of' if counts else 'share of'} mistakes (right answers are grey)",
            "format": None if counts else PercentFormatter(1, decimals=1),
        },
    )  # fmt: skip
    ax.set_facecolor(GREY)
    for k, row in enumerate(cells):
        ax.text(k + 0.5, k + 0.5, row[k], ha="center", va="center", fontsize=9, color=INK)
    kind = "counts" if counts else "each row adds up to 100 %"
    ax.set(xlabel="predicted digit", ylabel="true digit", title=f"Confusion matrix ({kind})")
    ax.tick_params(axis="y", rotation=0)
    return ax
