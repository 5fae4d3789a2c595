"""Scaling out: what all-reduces cost."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from mnist_helpers.plotting.style import BLUE, INK, VERMILION, light_frame, new_axes, plain_log_numbers


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
    for seconds, colour, marker, line, label in (
        (fitted, VERMILION, "", "--", "fitted: latency and bandwidth"),
        (measured, BLUE, "o", "", "measured"),
    ):
        milliseconds = [1000 * value for value in seconds.values()]
        ax.plot(list(seconds), milliseconds, color=colour, marker=marker, linestyle=line, label=label)
    ax.axvline(gradient_bytes, color=INK, linestyle=":", label="the gradients of our model")
    ax.set(xlabel="bytes (logarithmic)", ylabel="milliseconds (logarithmic)", xscale="log", yscale="log")
    plain_log_numbers(ax)
    ax.xaxis.set_minor_formatter(NullFormatter())
    light_frame(ax)
    ax.legend(frameon=False, fontsize=9)
    return ax
