"""The loss of every training step: the curve by which many a mistake is recognised."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import light_frame, series_styles


def plot_step_losses(
    curves: Mapping[str, ArrayLike],
    levels: Mapping[str, float] | None = None,
    top: float = 4,
    axes: NDArray | None = None,
) -> NDArray:
    """One panel per training, side by side on the same scales; returns as many Axes as curves.

    Parameters
    ----------
    curves : title of the panel -> loss of every step in nats, shape (steps,).
    levels : name -> loss in nats, drawn as level lines into every panel.
    top : upper end of the loss axis; a loss above it leaves the panel.
    """
    own_figure = axes is None
    if own_figure:
        _, grid = plt.subplots(
            1, len(curves), figsize=(min(1.5 + 3.3 * len(curves), 13), 3.4), sharey=True, squeeze=False,
            layout="constrained",
        )  # fmt: skip
        axes = grid[0]
    for ax, (name, losses) in zip(axes, curves.items(), strict=True):
        _draw_panel(ax, name, losses, levels or {}, top)
    axes[0].set_ylabel("loss of the step (nats)")
    if levels:
        handles, names = axes[0].get_legend_handles_labels()
        legend = axes[0].figure.legend if own_figure else axes[0].legend
        place = "outside lower center" if own_figure else "upper right"
        legend(handles, names, loc=place, ncols=len(levels) if own_figure else 1, frameon=False, fontsize=9)
    return axes


def _draw_panel(ax: Axes, name: str, losses: ArrayLike, levels: Mapping[str, float], top: float) -> None:
    (blue, *_), *styles = series_styles(1 + len(levels))
    ax.plot(losses, color=blue, linewidth=1)
    for (level, height), (colour, _, style) in zip(levels.items(), styles, strict=True):
        ax.axhline(height, color=colour, linestyle=style, linewidth=1.2, label=f"{level} ({height:.2f})")
    ax.set(xlabel="step", ylim=(0, top), title=name)
    light_frame(ax)
