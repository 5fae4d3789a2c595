"""Losses: of one answer, of every training step, along a parameter; and how noisy a batch's slope is."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import (
    BLUE,
    FAINT,
    VERMILION,
    light_frame,
    new_axes,
    new_grid,
    series_styles,
)


def plot_surprise(probabilities: ArrayLike, ax: Axes | None = None) -> Axes:
    """The loss −ln p as a curve over the probability p that the true class got; some are marked."""
    ax = new_axes(ax, 6.5, 3.6)
    curve, marked = np.linspace(0.005, 1, 400), np.asarray(probabilities)
    ax.plot(curve, -np.log(curve), color=BLUE)
    ax.plot(marked, -np.log(marked), "o", color=VERMILION)
    for p in marked:
        ax.annotate(
            f"{p:.0%}: {-np.log(p):.2f}", (p, -np.log(p)), (7, 7), textcoords="offset points", fontsize=9
        )
    ax.set(xlabel="probability of the true digit", ylabel="loss (nats)", title="Loss = −ln(probability)",
           xlim=(0, 1.12), ylim=(-0.1, 5.4))  # fmt: skip
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    return ax


def plot_measures(
    parameter: ArrayLike, measures: Mapping[str, ArrayLike], axes: NDArray | None = None
) -> NDArray:
    """Several measures of how good or bad a model is, along one of its parameters; an Axes for each.

    `parameter` and the values of every measure have the same shape (n,); the names become titles.
    """
    axes = new_grid(axes, len(measures), len(measures), 3.5, 3)
    for ax, (name, values) in zip(axes, measures.items(), strict=True):
        ax.plot(parameter, values, color=BLUE)
        ax.set(xlabel="parameter w", ylabel=name, ylim=(0, None), title=name.capitalize())
        light_frame(ax)
    return axes


def plot_batch_slopes(slopes: Mapping[int, ArrayLike], whole: float, ax: Axes | None = None) -> Axes:
    """One row per batch size: the slope in each batch as a dot; `whole`, that of all images, as a line."""
    ax = new_axes(ax, 8, 0.9 + 0.5 * len(slopes))
    for row, values in enumerate(slopes.values()):
        ax.plot(values, np.full(np.size(values), row), "o", color=BLUE, alpha=0.3, markeredgewidth=0)
    ax.axvline(whole, color=VERMILION, linestyle="--", label=f"all images: {whole:+.3f}")
    ax.set_yticks(range(len(slopes)), map(str, slopes))
    ax.set(xlabel="slope of the loss along one parameter", ylabel="images in the batch",
           ylim=(len(slopes) - 0.5, -0.5))  # fmt: skip
    light_frame(ax)
    ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1))
    return ax


def plot_step_losses(
    curves: Mapping[str, ArrayLike],
    levels: Mapping[str, float] | None = None,
    top: float = 4,
    axes: NDArray | None = None,
    healthy: ArrayLike | None = None,
) -> NDArray:
    """One panel per training, side by side on the same scales; returns as many Axes as curves.

    Parameters
    ----------
    curves : title of the panel -> loss of every step in nats, shape (steps,).
    levels : name -> loss in nats, drawn as level lines into every panel.
    top : upper end of the loss axis; a loss above it leaves the panel.
    healthy : losses of a sound training, drawn faintly into every panel.
    """
    own_figure, count, levels = axes is None, len(curves), levels or {}
    names = [f"{level} ({height:.2f})" for level, height in levels.items()]
    _, *styles = series_styles(["the curve's own", *names])
    axes = new_grid(axes, count, count, 3.3, 3.4, margins=(1.5, 0), widest=13, sharey=True)
    for ax, (name, losses) in zip(axes, curves.items(), strict=True):
        if healthy is not None:
            ax.plot(healthy, color=FAINT, linewidth=0.7, alpha=0.8, label="healthy")
        ax.plot(losses, color=BLUE, linewidth=1)
        for height, style in zip(levels.values(), styles, strict=True):
            ax.axhline(height, linewidth=1.2, **style | {"marker": ""})
        ax.set(xlabel="step", ylim=(0, top), title=name)
        light_frame(ax)
    axes[0].set_ylabel("loss of the step (nats)")
    handles, names = axes[0].get_legend_handles_labels()
    if handles:
        legend = axes[0].figure.legend if own_figure else axes[0].legend
        place = "outside lower center" if own_figure else "upper right"
        legend(handles, names, loc=place, ncols=len(names) if own_figure else 1, frameon=False, fontsize=9)
    return axes
