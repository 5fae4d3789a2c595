"""A computation as a graph: values flow forward through it, and the slopes of its result flow back."""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from mnist_helpers.plotting.style import BLUE, INK, VERMILION, new_axes

BOX = np.array((0.5, 0.27))  # half the width and half the height of a node's box
MARGIN = np.array((0.7, 0.72))  # around the middles of the outermost boxes
RIGHT = np.array((BOX[0], 0))  # from the middle of a box to its right side
APART = 0.11  # half the distance between the two arrows of an edge

Node = tuple[str, tuple[float, float], float | str | None, float | str | None]
Edge = tuple[str, str] | tuple[str, str, float | str]


def plot_computation(nodes: Sequence[Node], edges: Iterable[Edge], ax: Axes | None = None) -> Axes:
    """Draw a computational graph: values above its boxes, the gradients that come back below them.

    Parameters
    ----------
    nodes : (name, (x, y), value, gradient) each. Numbers are written with three digits, words (a shape, say)
        as they are. Where the gradient is None, none is written, and no arrow leads back to the node. Boxes
        are 1 wide and 0.54 high; columns 2 apart and rows 1.6 apart leave room for the numbers.
    edges : from left to right, (tail, head) each, or (tail, head, slope), where the slope is what
        a gradient is multiplied by on its way back.
    """
    edges = list(edges)
    places = {name: np.array(place, dtype=float) for name, place, *_ in nodes}
    low = np.min(list(places.values()), axis=0) - MARGIN
    high = np.max(list(places.values()), axis=0) + MARGIN
    width, height = 0.9 * (high - low)
    ax = new_axes(ax, width, height + 0.3)
    back = {name for name, _, _, gradient in nodes if gradient is not None}
    for tail, head, *slope in edges:
        _draw_edge(ax, places[tail], places[head], tail in back, *slope)
    for name, (x, y), value, gradient in nodes:
        corner, (across, up) = (x - BOX[0], y - BOX[1]), 2 * BOX
        ax.add_patch(FancyBboxPatch(corner, across, up, "round,pad=0,rounding_size=0.1", fc="white", ec=INK))
        ax.text(x, y, name, ha="center", va="center", fontsize=11, color=INK)
        ax.text(x, y + BOX[1] + 0.06, _written(value), ha="center", va="bottom", color=BLUE, weight="bold")
        ax.text(
            x, y - BOX[1] - 0.06, _written(gradient), ha="center", va="top", color=VERMILION, weight="bold"
        )
    handles = [Line2D([], [], color=BLUE, label="→ values, above")]
    if back:
        handles.append(Line2D([], [], color=VERMILION, ls="--", label="← gradients, below"))
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, frameon=False)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set_axis_off()
    ax.set_label(_described(nodes, edges))
    return ax


def _described(nodes: Sequence[Node], edges: Sequence[Edge]) -> str:
    """The graph in words, for readers who hear the page."""
    arrows = "; ".join(f"{tail} to {head}" for tail, head, *_ in edges)
    values = "; ".join(
        f"{name} {_written(value)}" + (f", gradient {_written(gradient)}" if gradient is not None else "")
        for name, _, value, gradient in nodes
    )
    return f"Diagram of a computation. Boxes and their values: {values}. Arrows: {arrows}."


def _draw_edge(ax: Axes, tail: NDArray, head: NDArray, back: bool, slope: float | str | None = None) -> None:
    """A solid arrow forward and, if a gradient flows, a dashed one back below it, with its factor on it."""
    start, end = tail + RIGHT, head - RIGHT
    up = np.array((0, APART if back else 0))
    arrow = {"shrinkA": 1, "shrinkB": 1, "linewidth": 1.5}
    ax.annotate("", end + up, start + up, arrowprops={"arrowstyle": "->", "color": BLUE, **arrow})
    if not back:
        return
    ax.annotate("", start - up, end - up,
                arrowprops={"arrowstyle": "->", "color": VERMILION, "linestyle": "--", **arrow})  # fmt: skip
    if slope is not None:
        x, y = (start + end) / 2 - up
        ax.text(x, y, f"× {_written(slope)}", ha="center", va="center", fontsize=9,
                color=VERMILION, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip


def _written(number: float | str | None) -> str:
    """A number with three digits and a true minus sign; words as they are; nothing for None."""
    if number is None or isinstance(number, str):
        return number or ""
    return f"{number:.3g}".replace("-", "−")
