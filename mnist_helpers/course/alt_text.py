"""A figure in words, for readers who hear a page: what kind of chart, what is on its axes, what it shows.

The kernels that make the committed outputs and the pages of `make run` load this module as an IPython
extension. It puts the words into the metadata of every figure's output, where all copies find them.
A diagram, which has no axes to read off, is described by the function that draws it: `ax.set_label("…")`.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import QuadMesh
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedFormatter, FuncFormatter, PercentFormatter
from numpy.typing import ArrayLike, NDArray

FORMATS = ("image/png", "image/svg+xml", "image/jpeg")
FEW = 12  # panels, bars and rows that are told one by one; of captions and words twice as many
LONGEST = 1000  # characters: nobody can skip within a description


def load_ipython_extension(shell) -> None:
    """Let every figure that this kernel displays bring its description."""
    bundle = shell.display_formatter.mimebundle_formatter
    bundle.for_type(Figure, lambda figure, **_: ({}, _metadata(describe(figure))))
    bundle.for_type_by_name("PIL.Image", "Image", lambda photo, **_: ({}, _metadata(describe_photo(photo))))


def _metadata(alt: str) -> dict[str, dict[str, str]]:
    return {kind: {"alt": alt} for kind in FORMATS}


def describe_photo(photo) -> str:
    """A picture of PIL's that stands by itself: what can be measured; what it shows is said beside it."""
    kind = "grey" if photo.mode in ("1", "L", "I", "F") else "coloured"
    return f"A {kind} photo, {photo.width} pixels wide and {photo.height} high."


def describe(figure: Figure) -> str:
    """The panels in words, one after the other; pictures side by side are told together."""
    filled = [ax for ax in figure.axes if ax.has_data() or ax.texts or ax.patches]
    panels = [ax for ax in filled or figure.axes if ax.get_label() != "<colorbar>"]
    title = f"{_words(figure.get_suptitle())}: " if figure.get_suptitle() else ""
    if len(panels) > 1 and all(ax.images for ax in panels):
        told = _pictures(panels)
    elif len(panels) == 1:
        told = _panel(panels[0])
    else:
        parts = [f"{number}. {_panel(ax)}" for number, ax in enumerate(panels[:FEW], 1)]
        more = f" {len(panels) - FEW} more are like these." if len(panels) > FEW else ""
        told = f"{len(panels)} panels. {' '.join(parts)}{more}"
    whole = title + told
    return whole if len(whole) <= LONGEST else whole[: LONGEST - 2].rsplit(" ", 1)[0] + " …"


def _pictures(panels: Sequence[Axes]) -> str:
    place = panels[0].get_subplotspec()
    rows = -(-len(panels) // place.get_gridspec().ncols) if place else 1
    captions = [_words(ax.get_title()) for ax in panels if ax.get_title()]
    told = f"{len(panels)} pictures in {rows} row{'s' if rows > 1 else ''}"
    return f"{told}, with the captions: {_listed(captions, '; ')}." if captions else f"{told}."


def _panel(ax: Axes) -> str:
    """One Axes: its kind and title, what runs along its axes, and what each series does."""
    if ax.get_label():  # the function that drew it knows better
        return str(ax.get_label())
    across, up = _words(ax.get_xlabel()), _words(ax.get_ylabel())
    told = _kind(ax) + (f" “{_words(ax.get_title())}”" if ax.get_title() else "")
    told += f": {up} against {across}" if up and across else f": {up or across}" if up or across else ""
    series, rows = list(_series(ax)), _names(ax.yaxis)
    texts = [words for text in ax.texts if (words := _words(text.get_text()))]
    if len(rows) > 1 and len(texts) == len(rows):
        series = [f"{name}: {text}" for name, text in zip(rows, texts, strict=True)]
    elif len(rows) > 1 and not series:
        series.append(f"rows: {_listed(rows)}")
    elif not series and texts and not ax.images:
        series.append(f"words in it: {_listed(texts, '; ')}")
    marked = [_words(name) for name in ax.get_legend_handles_labels()[1]]
    if marked := [name for name in marked if not any(part.startswith(name) for part in series)]:
        series.append(f"marked: {_listed(marked, '; ')}")
    return ". ".join(part[:1].upper() + part[1:] for part in [told, *series]) + "."


def _kind(ax: Axes) -> str:
    """What somebody who sees the panel would call it."""
    if ax.images:
        return "Picture of {} × {} pixels".format(*ax.images[-1].get_size())
    for mesh in ax.collections:
        if isinstance(mesh, QuadMesh):
            colours = f", coloured by {_words(mesh.colorbar.ax.get_ylabel())}" if mesh.colorbar else ""
            rows, columns = np.ma.asarray(mesh.get_array()).shape[:2]
            return f"Table of {rows} rows and {columns} columns{colours}"
    if any(isinstance(part, ContourSet) for part in ax.collections):
        return "Map, with lines or shades for the height"
    if any(isinstance(part, BarContainer) for part in ax.containers):
        return "Bar chart"
    if any(isinstance(part, StepPatch) for part in ax.patches):
        return "Histogram"
    if any(isinstance(part, ErrorbarContainer) for part in ax.containers):
        return "Chart of points with a bar through each"
    if any(map(_is_curve, ax.lines)):
        return "Line chart"
    if ax.lines or ax.collections:
        return "Chart of points" if ax.axison else "Diagram"
    return "Diagram" if ax.texts or ax.patches else "A chart with nothing in it yet"


def _is_curve(line: Line2D) -> bool:
    return line.get_linestyle() != "None" and np.size(line.get_xdata()) > 2


def _series(ax: Axes) -> Iterator[str]:
    """Every table, set of bars and curve, with the numbers that an eye would catch."""
    for mesh in (part for part in ax.collections if isinstance(part, QuadMesh)):
        values: NDArray = np.ma.filled(np.ma.asarray(mesh.get_array(), dtype=float), -np.inf)
        places = [divmod(int(place), values.shape[1]) for place in np.argsort(-values, axis=None)[:3]]
        names = _names(ax.yaxis), _names(ax.xaxis)
        if list(map(len, names)) == list(values.shape):
            rows, columns = names
            told = [f"row {rows[r]}, column {columns[c]}: {values[r, c]:.3g}" for r, c in places]
            yield f"highest: {'; '.join(told)}"
    bars = [part for part in ax.containers if isinstance(part, BarContainer) and len(part) > 1]
    curves = list(filter(_is_curve, ax.lines))
    named = [line for line in curves if not str(line.get_label()).startswith("_")]
    written = [_words(text.get_text()) for text in ax.texts]
    if len(written) != sum(map(len, bars)):
        written = []
    for part in bars[:FEW]:
        upright = part.orientation != "horizontal"
        axis = ax.yaxis if upright else ax.xaxis
        sizes = [bar.get_height() if upright else bar.get_width() for bar in part]
        labels, written = written[: len(part)], written[len(part) :]
        told = [label or _number(size, axis) for label, size in zip(labels, sizes, strict=False)]
        yield _named(part, _listed(told) or _told(sizes, axis))
    for line in (named or curves[:1])[:FEW]:
        yield _named(line, _told(line.get_ydata(), ax.yaxis))


def _named(part, told: str) -> str:
    name = _words(part.get_label())
    return told if name.startswith("_") else f"{name}: {told}"


def _told(numbers: ArrayLike, axis: Axis) -> str:
    """A few values one by one; of many the first and the last, and the lowest and the highest between."""
    values = np.asarray(numbers, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) <= FEW:
        return _listed([_number(value, axis) for value in values])
    ends = _number(values[0], axis), _number(values[-1], axis)
    extremes = {"lowest": _number(values.min(), axis), "highest": _number(values.max(), axis)}
    between = "".join(f", {name} {number}" for name, number in extremes.items() if number not in ends)
    return f"from {ends[0]} to {ends[1]}{between}"


def _number(value: float, axis: Axis) -> str:
    """As the axis would write it: a share in per cent, a count with its commas."""
    if isinstance(axis.get_major_formatter(), PercentFormatter):
        return f"{value:.1%}"
    plain = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) > 1e-6 else "0"
    return plain.replace("-", "−", 1)


def _names(axis: Axis) -> list[str]:
    """What stands at the ticks, where these are words."""
    named = isinstance(axis.get_major_formatter(), (FixedFormatter, FuncFormatter))
    return [_words(label.get_text()) for label in axis.get_ticklabels()] if named else []


def _listed(parts: Sequence[str], between: str = ", ") -> str:
    more = between + "…" if len(parts) > 2 * FEW else ""
    return between.join(parts[: 2 * FEW]) + more


def _words(text: str) -> str:
    return " ".join(str(text).replace("$", "").split())
