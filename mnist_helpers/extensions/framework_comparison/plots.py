"""The comparison of frameworks: how long one waits, what it takes, what comes out."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from mnist_helpers.plotting.style import BLUE, INK, ORANGE, SKY, light_frame, new_grid

PARTS = (
    ("import_seconds", "importing", SKY, ""),
    ("compile_seconds", "compiling", ORANGE, "///"),
    ("running_seconds", "running", BLUE, ""),
)


def plot_frameworks(table: pd.DataFrame) -> NDArray:
    """Three panels, one row per framework: seconds by part, peak memory, test accuracy.

    The table is that of `summary.summarise`. A framework whose `missing` says something has its name, and
    "not installed", and no bar.
    """
    axes = new_grid(None, 3, 3, 4, 1.2 + 0.5 * len(table), sharey=True, width_ratios=(2.2, 1, 1))
    rows = np.arange(len(table))
    there = table["missing"].isna().to_numpy()
    present, places = table[there], rows[there]
    _draw_seconds(axes[0], present, places)
    axes[1].barh(places, present["peak_mb"] / 1000, height=0.6, color=BLUE)
    axes[1].set_xlabel("peak memory in GB")
    axes[2].errorbar(
        present["accuracy"], places, xerr=present["spread"].fillna(0), color=INK, marker="o", linestyle="",
        capsize=4,
    )  # fmt: skip
    axes[2].xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes[2].xaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes[2].set_xlabel("test accuracy\n(mean ± standard deviation)")
    for place in rows[~there]:
        axes[0].text(0, place, " not installed", va="center", color=INK)
    axes[0].set_yticks(rows, table.index)
    for ax in axes:
        light_frame(ax, "x")
        ax.set_ylim(len(table) - 0.5, -0.5)
    return axes


def _draw_seconds(ax: Axes, table: pd.DataFrame, places: NDArray) -> None:
    """Stacked bars, their sum in figures, and from the fastest to the slowest round as a line."""
    left = np.zeros(len(table))
    for column, name, colour, hatch in PARTS:
        ax.barh(places, table[column], left=left, height=0.6, color=colour, hatch=hatch, edgecolor="white",
                linewidth=0.5, label=name)  # fmt: skip
        left = left + table[column].to_numpy()
    start = table["import_seconds"].to_numpy()
    ax.hlines(places, start + table["fastest"], start + table["slowest"], color=INK, linewidth=1.5,
              label="fastest to slowest round")  # fmt: skip
    for place, end, slowest in zip(places, left, start + table["slowest"], strict=True):
        ax.annotate(f"{end:.1f} s", (max(end, slowest), place), (5, 0), textcoords="offset points",
                    va="center", color=INK)  # fmt: skip
    ax.margins(x=0.12)
    ax.set_xlabel("seconds (medians of the rounds)")
    ax.legend(frameon=False, loc="lower right")
