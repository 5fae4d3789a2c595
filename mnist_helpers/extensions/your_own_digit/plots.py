"""From a photo to a digit: the pictures on the way, and how an accuracy falls with a distortion."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from mnist_helpers.plotting.style import BLUE, GREEN, VERMILION, light_frame, new_axes

# Later lines have smaller markers, so that of lines that lie on each other all stay visible.
STYLES = (
    {"color": VERMILION, "marker": "s", "linestyle": "--", "markersize": 13, "markerfacecolor": "white"},
    {"color": GREEN, "marker": "D", "linestyle": ":", "markersize": 8, "linewidth": 3},
    {"color": BLUE, "marker": "o", "linestyle": "-", "markersize": 4, "linewidth": 1.5},
)


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
    accuracies : lines by name, shares of shape (n,); from the fourth on the styles begin again.
    spreads : for each line the bars around its points: (n,) to both sides, or (2, n) down and up.
    """
    ax = new_axes(ax, 7.5, 4)
    for style, (name, values) in zip(cycle(STYLES), accuracies.items(), strict=False):
        ax.errorbar(strengths, np.asarray(values), np.asarray(spreads[name]), capsize=3, label=name, **style)
    ax.set(xlabel=xlabel, ylabel="accuracy (share of right answers)", ylim=(0, 1.04))
    ax.set_xticks(np.asarray(strengths))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    ax.legend(frameon=False, loc="lower left")
    return ax
