"""From a photo to a digit: the pictures on the way, and how an accuracy falls with a distortion."""

from collections.abc import Mapping
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import BLUE, GREEN, SKY, VERMILION, light_frame, new_axes

# Later lines have smaller markers, so that of lines that lie on each other all stay visible.
STYLES = (
    {"color": VERMILION, "marker": "s", "linestyle": "--", "markersize": 13, "markerfacecolor": "white"},
    {"color": GREEN, "marker": "D", "linestyle": ":", "markersize": 8, "linewidth": 3},
    {"color": BLUE, "marker": "o", "linestyle": "-", "markersize": 4, "linewidth": 1.5},
)


def plot_pictures(
    pictures: Mapping[str, ArrayLike],
    marks: Mapping[str, tuple[float, float]] | None = None,
    columns: int = 3,
    axes: NDArray | None = None,
) -> NDArray:
    """Pictures side by side, each under its name and its size in pixels; n Axes.

    Parameters
    ----------
    pictures : by name: (h, w) grey levels 0 to 255, (h, w) bool, or (h, w, 3) uint8 colours.
    marks : for some of the names a place (row, column), marked with a cross.
    """
    columns = min(columns, len(pictures))
    if axes is None:
        rows = -(-len(pictures) // columns)
        width = min(2.5, 11 / columns)
        _, axes = plt.subplots(
            rows, columns, figsize=(width * columns, (0.9 * width + 0.2) * rows), layout="constrained",
            squeeze=False,
        )  # fmt: skip
        for ax in axes.flat[len(pictures) :]:
            ax.set_axis_off()
        axes = axes.flatten()[: len(pictures)]
    for ax, (name, picture) in zip(axes, pictures.items(), strict=True):
        picture = np.asarray(picture)
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1 if picture.dtype == bool else 255)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{name}\n{picture.shape[0]} × {picture.shape[1]} pixels", fontsize=10)
        if marks and name in marks:
            row, column = marks[name]
            ax.plot(column, row, marker="+", color=SKY, markersize=16, markeredgewidth=3)
    return axes


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
