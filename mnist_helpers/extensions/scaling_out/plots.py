"""Scaling out: what all-reduces cost, and how long a step takes on more and more ranks."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from mnist_helpers.plotting.style import (
    BLUE,
    INK,
    VERMILION,
    light_frame,
    new_axes,
    plain_log_numbers,
    series_styles,
)


def plot_all_reduce(
    measured: Mapping[float, float],
    fitted: Mapping[float, float],
    gradient_bytes: float,
    ax: Axes | None = None,
) -> Axes:
    """Milliseconds of an all-reduce over its bytes, measured and fitted, on logarithmic axes.

    Parameters
    ----------
    measured, fitted : bytes -> seconds.
    gradient_bytes : where to draw a line for one model's gradients.
    """
    ax = new_axes(ax, 7, 3.8)
    _draw(ax, fitted, color=VERMILION, linestyle="--", label="fitted: latency and bandwidth")
    _draw(ax, measured, color=BLUE, marker="o", linestyle="", label="measured")
    ax.axvline(gradient_bytes, color=INK, linestyle=":", label="the gradients of our model")
    ax.set(xlabel="bytes (logarithmic)", ylabel="milliseconds (logarithmic)")
    _finish(ax)
    return ax


def plot_step_times(
    predicted: Mapping[str, Mapping[int, float]],
    measured: Mapping[str, Mapping[int, float]],
    title: str,
    ax: Axes | None = None,
) -> Axes:
    """Milliseconds per step over the number of ranks, one line per name; a ring marks its shortest step.

    Parameters
    ----------
    predicted : name -> ranks -> seconds per step; seven names at most.
    measured : the same for some of the names; drawn as filled marks.
    """
    ax = new_axes(ax, 7.5, 4.2)
    styles = series_styles(len(predicted))
    for (name, seconds), (colour, marker, line) in zip(predicted.items(), styles, strict=True):
        _draw(ax, seconds, color=colour, linestyle=line, linewidth=2, label=name)
        best = min(seconds, key=seconds.__getitem__)
        _draw(ax, {best: seconds[best]}, color=colour, marker="o", markersize=13, fillstyle="none")
        _draw(ax, measured.get(name, {}), color=colour, marker=marker, linestyle="")
    ax.set(title=title, xlabel="ranks (logarithmic)", ylabel="milliseconds per step (logarithmic)")
    _finish(ax)
    ax.xaxis.set_major_locator(LogLocator(base=2))
    ax.xaxis.set_major_formatter("{x:g}")
    return ax


def _draw(ax: Axes, seconds: Mapping[float, float], **style: object) -> None:
    ax.plot(list(seconds), [1000 * value for value in seconds.values()], **style)


def _finish(ax: Axes) -> None:
    ax.set(xscale="log", yscale="log")
    plain_log_numbers(ax)
    ax.xaxis.set_minor_formatter(NullFormatter())
    light_frame(ax)
    ax.legend(frameon=False, fontsize=9)
