"""From a photo to a digit: the pictures on the way, and how an accuracy falls with a distortion."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from mnist_helpers.plotting.style import light_frame, new_axes, series_styles


def plot_robustness(
    strengths: ArrayLike,
    accuracies: Mapping[str, ArrayLike],
    spreads: Mapping[str, ArrayLike],
    xlabel: str,
    ax: Axes | None = None,
) -> Axes:
    """One line per way of preparing, accuracy against the strength of a distortion.

    Parameters
    ----------
    strengths : shape (n,), along the horizontal axis, whose name and unit is `xlabel`.
    accuracies : lines by name, shares of shape (n,).
    spreads : for each line the bars around its points: (n,) to both sides, or (2, n) down and up.
    """
    ax = new_axes(ax, 7.5, 4)
    styles = series_styles(len(accuracies))
    for row, ((name, values), (colour, marker, line)) in enumerate(
        zip(accuracies.items(), styles, strict=True)
    ):
        ax.errorbar(
            strengths, np.asarray(values), np.asarray(spreads[name]), capsize=3, label=name, color=colour,
            marker=marker, linestyle=line, markersize=max(13 - 4 * row, 4),  # so that lines below show
            markerfacecolor="white" if row == 0 else colour,
        )  # fmt: skip
    ax.set(xlabel=xlabel, ylabel="accuracy (share of right answers)", ylim=(0, 1.04))
    ax.set_xticks(np.asarray(strengths))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    ax.legend(frameon=False, loc="lower left")
    return ax
