"""The comparison chart: what models are worth over what they cost."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import BLUE, FAINT, GREEN, INK, SKY, VERMILION, light_frame, new_grid

FAMILY_STYLES = {
    "linear": (INK, "X"), "MLP": (VERMILION, "s"), "LeNet": (GREEN, "^"), "CNN": (SKY, "D"),
    "ResNet": (BLUE, "o"),
}  # fmt: skip
COST_LABELS = {
    "parameters": "parameters (logarithmic)",
    "multiply_adds": "multiply-adds per image (logarithmic)",
}
ERROR_TICKS = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
TWINS = 40  # pixels: points closer than that have their names on their outer sides
# Where a name may stand beside its point: the shift in points, and how the text is aligned to it.
PLACES = tuple(
    ((x, y), {"ha": side, "va": height})
    for y, height in ((6, "bottom"), (0, "center"), (-6, "top"))
    for x, side in ((8, "left"), (-8, "right"))
)


def plot_accuracy_vs_complexity(table: pd.DataFrame, fronts: Mapping[str, ArrayLike]) -> NDArray:
    """Test accuracy over cost, one panel per kind of cost; the Pareto front is a line and has bold names.

    Both axes are logarithmic, the vertical one in the error: equal steps up divide the errors alike.

    Parameters
    ----------
    table : as `mnist_helpers.networks.complexity.compare_models` returns it.
    fronts : column of a cost, parameters or multiply_adds -> which models are on its front, (n,) bool.
    """
    axes = new_grid(len(fronts), len(fronts), 5.8, 5, sharey=True)
    for ax, (cost, front) in zip(axes, fronts.items(), strict=True):
        _draw_panel(ax, table, cost, np.asarray(front))
    top, bottom = (1 - table["accuracy"].max()) / 1.4, (1 - table["accuracy"].min()) * 1.4
    axes[0].set(
        ylim=(bottom, top), ylabel="test accuracy (mean ± standard deviation)\n(errors are logarithmic)"
    )
    axes[0].yaxis.set_major_locator(FixedLocator([tick for tick in ERROR_TICKS if top < tick < bottom]))
    axes[0].yaxis.set_minor_locator(NullLocator())
    axes[0].yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):g}%"))
    axes[0].legend(frameon=False, loc="lower right")
    axes[0].figure.draw_without_rendering()  # from here on every point has its place on the page
    for ax, (cost, front) in zip(axes, fronts.items(), strict=True):
        _write_names(ax, table, cost, np.asarray(front))
    return axes


def _draw_panel(ax: Axes, table: pd.DataFrame, cost: str, front: NDArray) -> None:
    best = table[front].sort_values(cost)
    ax.plot(best[cost], 1 - best["accuracy"], color=FAINT, linewidth=6, alpha=0.35, zorder=1,
            solid_capstyle="round", label="Pareto front (bold)")  # fmt: skip
    for family, (colour, marker) in FAMILY_STYLES.items():
        rows = table[table["family"] == family]
        if len(rows):
            ax.errorbar(rows[cost], 1 - rows["accuracy"], yerr=rows["spread"], color=colour, marker=marker,
                        markersize=8, linestyle="", capsize=4, label=family)  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel=COST_LABELS[cost])
    ax.xaxis.set_major_formatter(FuncFormatter(_short_number))
    ax.margins(x=0.17)
    light_frame(ax)


def _write_names(ax: Axes, table: pd.DataFrame, cost: str, front: NDArray) -> None:
    """Each name at the right of its point, or at the left, where it covers nothing; away from a near twin."""
    points = np.column_stack([table[cost], 1 - table["accuracy"]])
    spots = ax.transData.transform(points)
    taken = [_reach(ax, *point, spread) for point, spread in zip(points, table["spread"], strict=True)]
    for number, (name, chosen) in enumerate(zip(table.index, front, strict=True)):
        ways = spots - spots[number]
        distances = np.hypot(*ways.T)
        distances[number] = np.inf
        nearest = distances.argmin()
        twin_at_right = distances[nearest] < TWINS and ways[nearest, 0] > 0
        aligned = "right" if twin_at_right else "left"  # the text then ends at the point, or starts there
        text = ax.annotate(name, points[number], (0, 0), textcoords="offset points", fontsize=9, color=INK,
                           fontweight="bold" if chosen else "normal")  # fmt: skip
        for shift, alignment in sorted(PLACES, key=lambda place: place[1]["ha"] != aligned):
            text.xyann = shift
            text.set(**alignment)
            box = text.get_window_extent()
            inside = ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1
            if inside and not any(box.overlaps(other) for other in taken):
                break
        taken.append(box)


def _reach(ax: Axes, cost: float, error: float, spread: float) -> Bbox:
    """What a point and its error bar cover, in pixels."""
    ends = np.clip([error - spread, error + spread], error / 10, None)
    (x, one), (_, other) = ax.transData.transform([(cost, end) for end in ends])
    return Bbox.from_extents(x - 6, min(one, other) - 6, x + 6, max(one, other) + 6)


def _short_number(value: float, _position: int | None = None) -> str:
    """1000 -> 1k, 2500000 -> 2.5M."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
