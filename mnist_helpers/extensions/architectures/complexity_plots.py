"""The comparison chart: what models are worth over what they cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    SKY,
    VERMILION,
    figure_of,
    light_frame,
    new_axes,
)

FAMILY_STYLES = {
    "linear": (INK, "X"), "MLP": (VERMILION, "s"), "LeNet": (GREEN, "^"), "CNN": (SKY, "D"),
    "ResNet": (BLUE, "o"), "Slim": (ORANGE, "p"),
}  # fmt: skip
COST_LABELS = {
    "parameters": "parameters (logarithmic)",
    "multiply_adds": "multiply-adds per image (logarithmic)",
    "seconds_per_epoch": "seconds per epoch of training (logarithmic)",
}
# Parameters -> test accuracy, as the authors of other projects give them: of single runs, picked by test
# accuracy. The first two: https://github.com/JoshWarn/Parameter-Efficient-MNIST and
# https://github.com/ruslangrimov/mnist-minimal-model.
CLAIMED = {697: 0.99, 4_862: 0.9907, 9_074: 0.9941, 13_562: 0.9952}
LOWEST = 0.98  # what is less accurate stands at the lower edge, so that the others have room
TICKS = (0.98, 0.985, 0.99, 0.992, 0.994, 0.995, 0.996, 0.997)
KEEP_CLEAR = "keep clear"  # the mark of lines that no name may cover
DIRECTIONS = [(x, y) for x in (1, -1, 0) for y in (0.5, -0.5, 1, -1, 0) if x or abs(y) == 1]
REACHES = (8, 16, 28, 42)  # points from a marker to its name; the nearest free place is taken


def plot_accuracy_vs_complexity(
    table: pd.DataFrame, fronts: Mapping[str, ArrayLike], claimed: Mapping[int, float] | None = None
) -> NDArray:
    """Test accuracy over cost: the first kind of cost large, the others below it; one Axes for each.

    Both axes are logarithmic, the vertical one in the error: equal steps up divide the errors alike. The
    Pareto front is a line, and its names are bold.

    Parameters
    ----------
    table : as `compare_models` returns it, with a column for each cost.
    fronts : column of a cost, one of `COST_LABELS` -> which models are on its front, (n,) bool.
    claimed : parameters -> accuracy of models from elsewhere, drawn hollow where the cost is parameters.
    """
    first, *others = fronts
    rows: list = [[first] * max(len(others), 1), others] if others else [[first]]
    size, heights = (11, 5 + 4 * bool(others)), [5, 4][: len(rows)]
    _, panels = plt.subplot_mosaic(
        rows, figsize=size, layout="constrained", height_ratios=heights, sharey=True
    )
    for cost, front in fronts.items():
        draw_panel(panels[cost], table, cost, front, claimed if cost == "parameters" else None)
    for cost in others[1:]:
        panels[cost].set_ylabel("")
    panels[first].legend(frameon=False, loc="upper left", ncols=4)
    write_names([(panels[cost], table, cost, front) for cost, front in fronts.items()])
    return np.array([panels[cost] for cost in fronts])


def plot_budget(
    table: pd.DataFrame, cost: str, budget: float, chosen: str | None = None, ax: Axes | None = None
) -> Axes:
    """One panel of the chart: what costs more than `budget` is veiled, the `chosen` model has a ring."""
    ax = new_axes(ax, 9, 4.6)
    front = table.index == chosen
    draw_panel(ax, table, cost, front)
    limits = ax.get_xlim()
    ax.axvspan(budget, max(limits[1], budget), color="white", alpha=0.75, linewidth=0, zorder=4)
    ax.axvline(budget, color=INK, linestyle="--", zorder=5, gid=KEEP_CLEAR)
    ax.set_xlim(limits)
    if chosen is not None:
        place = table.loc[chosen, cost], _heights(table)[front][0]
        ax.plot(*place, "o", markersize=19, markerfacecolor="none", markeredgecolor=INK, gid=KEEP_CLEAR)
    write_names([(ax, table, cost, front)])
    return ax


def draw_panel(
    ax: Axes, table: pd.DataFrame, cost: str, front: ArrayLike, claimed: Mapping[int, float] | None = None
) -> None:
    """Points with error bars in the style of their families, the front as a line, claims as hollow points."""
    heights, is_low = _heights(table), (table["accuracy"] < LOWEST).to_numpy()
    best = np.flatnonzero(front)[np.argsort(table[cost].to_numpy()[np.flatnonzero(front)])]
    if len(best) > 1:
        ax.plot(table[cost].iloc[best], heights[best], color=FAINT, linewidth=6, alpha=0.35, zorder=1,
                solid_capstyle="round", label="Pareto front (bold)")  # fmt: skip
    for family, (colour, marker) in FAMILY_STYLES.items():
        members = (table["family"] == family).to_numpy()
        style: dict[str, Any] = {"color": colour, "markeredgecolor": INK}
        shown, low = table[members & ~is_low], table[members & is_low]
        if len(shown):
            ax.errorbar(shown[cost], 1 - shown["accuracy"], yerr=shown["spread"], fmt=marker, markersize=8,
                        capsize=4, ecolor=INK, elinewidth=1.2, label=family, zorder=3, **style)  # fmt: skip
        ax.plot(low[cost], np.full(len(low), 1 - LOWEST), linestyle="", marker="v", markersize=8, zorder=3,
                clip_on=False, in_layout=False, **style)  # fmt: skip
    claimed = claimed or {}
    for parameters, accuracy in claimed.items():
        ax.plot(parameters, 1 - accuracy, "h", markersize=9, markerfacecolor="white", markeredgecolor=FAINT,
                markeredgewidth=1.5, zorder=2, gid=KEEP_CLEAR,
                label="claimed elsewhere: the best run" if parameters == min(claimed) else None)  # fmt: skip
    ticks = [1 - tick for tick in TICKS]
    ax.set(xscale="log", yscale="log", xlabel=COST_LABELS[cost], ylim=(1 - LOWEST, min(ticks)))
    ax.set_ylabel("test accuracy, mean ± standard deviation\n(errors are logarithmic)")
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):g}%"))
    ax.xaxis.set_major_formatter(FuncFormatter(_short_number))
    ax.margins(x=0.1)
    light_frame(ax)


def write_names(panels: Sequence[tuple[Axes, pd.DataFrame, str, ArrayLike]]) -> None:
    """Write each model's name at the nearest place where it hides no point, no error bar and no name."""
    figure_of(panels[0][0]).draw_without_rendering()  # from here on every point has its place on the page
    for ax, table, cost, front in panels:
        spots = ax.transData.transform(np.column_stack([table[cost], _heights(table)]))
        taken = _obstacles(ax, table, spots)
        for name, spot, bold in zip(table.index, spots, np.asarray(front), strict=True):
            low = table.loc[name, "accuracy"] < LOWEST
            words = f"{name} ({table.loc[name, 'accuracy']:.1%})" if low else name
            x, y = ax.transData.inverted().transform(spot)
            text = ax.annotate(words, (x, y), (0, 0), va="bottom", fontsize=9, textcoords="offset points",
                               color=INK, zorder=6, fontweight="bold" if bold else "normal")  # fmt: skip
            text.set_in_layout(False)
            taken.append(_place(ax, text, spot, taken))


def _heights(table: pd.DataFrame) -> NDArray:
    """The error of each model, or that of the lower edge if it is larger."""
    return (1 - table["accuracy"]).clip(upper=1 - LOWEST).to_numpy()


def _obstacles(ax: Axes, table: pd.DataFrame, spots: NDArray) -> list[Bbox]:
    """What the points and error bars of all models, and lines to keep clear of, cover: in pixels."""
    taken = []
    for (x, y), error, spread in zip(spots, _heights(table), table["spread"], strict=True):
        ends = ax.transData.transform([(1, max(error + way * spread, 1e-6)) for way in (-1, 1)])[:, 1]
        reach = ends if error < 1 - LOWEST else (y, y)
        taken.append(Bbox.from_extents(x - 6, min(reach) - 6, x + 6, max(reach) + 6))
    taken += [line.get_window_extent() for line in ax.lines if line.get_gid() == KEEP_CLEAR]
    return taken


def _place(ax: Axes, text: Annotation, spot: NDArray, taken: Sequence[Bbox]) -> Bbox:
    """Move `text` near `spot` to where it covers least, and join it to the spot if that is far; its box."""
    box, points = text.get_window_extent(), ax.figure.dpi / 72
    places = []
    for reach in REACHES:
        for across, up in DIRECTIONS:
            x, y = spot + points * reach * np.array([across, up])
            left, bottom = x + (across - 1) / 2 * box.width, y + (np.sign(up) - 1) / 2 * box.height
            place = Bbox.from_bounds(left, bottom, box.width, box.height)
            inside = ax.bbox.x0 <= place.x0 and place.x1 <= ax.bbox.x1 and ax.bbox.y0 <= place.y0
            covered = sum(place.overlaps(other) for other in taken) + (not inside)
            places.append((covered, reach, place))
    _, reach, best = min(places, key=lambda place: place[:2])
    text.xyann = (best.x0 - spot[0]) / points, (best.y0 - spot[1]) / points
    if reach > REACHES[1]:
        nearest = np.clip(spot, best.min, best.max)
        ends = ax.transData.inverted().transform([spot, nearest])
        ax.plot(*ends.T, color=FAINT, linewidth=0.8, zorder=1)
    return best


def _short_number(value: float, _position: int | None = None) -> str:
    """1000 -> 1k, 2500000 -> 2.5M."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
