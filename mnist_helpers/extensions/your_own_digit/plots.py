"""How well each kind of digit is read, by models that learnt it and by models that did not."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from mnist_helpers.plotting.style import light_frame, new_axes, series_styles


def plot_kinds(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """A row per kind of digit, a marker for each of three columns: shares of right answers.

    The first are the largest, so that those below the others show; `strangers.kept_out` gives such a table.
    """
    ax = new_axes(ax, 7.5, 0.24 * len(table) + 1)
    rows = np.arange(len(table))
    ax.hlines(rows, table.min(axis=1), table.max(axis=1), color="0.8", linewidth=1, zorder=1)
    styles = series_styles(table.columns)
    for size, name, style in zip((110, 55, 20), table, styles, strict=True):
        ax.scatter(table[name], rows, size, zorder=2, **style | {"linestyle": "solid"})
    ax.set_yticks(rows, table.index)
    ax.set(xlabel="share of right answers", ylabel="kind of digit", ylim=(len(table) - 0.5, -0.5))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    ax.legend(frameon=False, loc="lower left")
    return ax
