"""Colours that stay apart for colour-blind readers, and the Axes every figure starts from.

Source of the colours: Okabe and Ito (2008), Color Universal Design, https://jfly.uni-koeln.de/color/.
"""

import io
import math
import os
import sys
from collections.abc import Collection
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.checks import check_kind

BLUE, ORANGE, GREEN, VERMILION, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
INK, FAINT = "#222222", "#8A8A8A"

# Colour, marker and line of the first, second, … series: none is told apart by its colour alone.
SERIES = (
    (BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "D", "-."), (ORANGE, "^", "-"), (INK, "v", ":"),
    (SKY, "P", "--"), (FAINT, "X", "-."),
)  # fmt: skip


def show_in_notebook() -> None:
    """Let a notebook show its figures where the environment names a way of drawing that shows none.

    Jupyter's own way gives in to the variable MPLBACKEND, and other programs leave `MPLBACKEND=Agg` behind.
    """
    left_over = os.environ.get("MPLBACKEND", "").lower()
    kernel = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if kernel is None or not hasattr(kernel, "kernel") or left_over in ("", "nbagg", "widget", "ipympl"):
        return
    if not left_over.startswith("module://") and plt.get_backend().lower() == left_over:
        kernel.enable_matplotlib("inline")


def new_axes(ax: Axes | None, width: float = 7, height: float = 4) -> Axes:
    """The Axes given, or those of a new figure of `width` x `height` inches."""
    if ax is None:
        show_in_notebook()
        ax = plt.figure(figsize=(width, height), layout="constrained").add_subplot()
    check_kind(ax, Axes, "ax", "plt.subplots() gives one as the second of two")
    return ax


def figure_of(ax: Axes) -> Figure:
    """The whole figure that these Axes stand in."""
    return ax.figure if isinstance(ax.figure, Figure) else ax.figure.figure


def png_of(ax: Axes) -> bytes:
    """The figure of these Axes as a PNG file; the figure is closed."""
    figure, file = figure_of(ax), io.BytesIO()
    figure.savefig(file, dpi=80)
    plt.close(figure)
    return file.getvalue()


LABELS = {"loss": "loss (mean cross-entropy, nats)", "accuracy": "accuracy (share of right answers)"}


def at_most(columns: int, count: int) -> int:
    """As many columns as are wanted, and no more than there are pictures.

    Raises
    ------
    ValueError
        There is no picture, or no column is wanted.
    """
    if min(columns, count) < 1:
        raise ValueError(f"there is nothing to draw: {count} pictures in {columns} columns")
    return min(columns, count)


def new_table(
    axes: NDArray | None, rows: int, columns: int, width: float, height: float,
    margins: tuple[float, float] = (0, 0), widest: float = math.inf, **options: Any,
) -> NDArray:  # fmt: skip
    """The Axes given, or those of a new figure, (rows, columns), each `width` x `height` inches.

    For labels the figure has `margins` beside and below them, in inches, and it is never wider than `widest`.
    `options` are those of `plt.subplots`, such as `sharey=True`.

    Raises
    ------
    ValueError
        There is nothing to draw, or another number of Axes is given.
    """
    at_most(columns, rows)
    if axes is None:
        show_in_notebook()
        size = (min(width * columns + margins[0], widest), height * rows + margins[1])
        _, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False, **options)
    return _in_shape(axes, (rows, columns))


def new_grid(
    axes: NDArray | None, count: int, columns: int, width: float, height: float, **options: Any
) -> NDArray:
    """The Axes given, or `count` as in `new_table`, one after the other; places left over are empty.

    `options` are those of `new_table`, too.
    """
    at_most(columns, count)
    if axes is None:
        table = new_table(None, -(-count // columns), columns, width, height, **options).flatten()
        axes, left_over = table[:count], table[count:]
        for ax in left_over:
            ax.set_axis_off()
    return _in_shape(axes, (count,))


def _in_shape(axes: ArrayLike, shape: tuple[int, ...]) -> NDArray:
    axes, needed = np.asarray(axes), math.prod(shape)
    if axes.size != needed:
        raise ValueError(f"{axes.size} Axes are given where {needed} are needed; make them with plt.subplots")
    return axes if axes.shape == shape else axes.reshape(shape)


def light_frame(ax: Axes, lines_at: Literal["x", "y", "both"] = "y") -> None:
    """Leave only the left and lower edges, and faint lines at the ticks of "x", "y" or "both"."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=lines_at, color="#DDDDDD", linewidth=0.8)
    ax.set_axisbelow(True)


def plain_log_numbers(ax: Axes) -> None:
    """1, 2, 3, 5 and their multiples by ten on a logarithmic vertical axis, written without powers."""
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def series_styles(names: Collection[object]) -> list[dict[str, Any]]:
    """How `Axes.plot` is to draw each series of a figure: its label, colour, marker and line style.

    Raises
    ------
    ValueError
        There are more than can be told apart.
    """
    if len(names) > len(SERIES):
        raise ValueError(f"{len(names)} lines cannot be told apart; {len(SERIES)} at most")
    keys = ("label", "color", "marker", "linestyle")
    return [dict(zip(keys, (name, *look), strict=True)) for name, look in zip(names, SERIES, strict=False)]


def percent(share: float) -> str:
    """A confidence in per cent, never 100%: on paper a softmax does not reach it, so rounding should not."""
    return f"{share:.1%}" if share < 0.9995 else ">99.9%"
