"""What can be watched, frame by frame or with sliders; and gradient descent: along a curve, in a valley."""

import base64
from collections.abc import Callable, Sequence

import ipywidgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import BLUE, INK, VERMILION, light_frame, new_axes, new_table, png_of

# Draws one frame into given Axes or a figure of its own: of a descent, by its learning rate and its steps.
DrawFrame = Callable[..., Axes]


def plot_slope(parameter: ArrayLike, losses: ArrayLike, path: ArrayLike, ax: Axes | None = None) -> Axes:
    """A loss along one parameter, and the places that a descent came by.

    Parameters
    ----------
    parameter, losses : the curve, both of shape (n,), the parameter in rising order.
    path : the parameter before the first step and after each, shape (steps + 1,).
    """
    ax = new_axes(ax, 6, 3.6)
    parameter, losses, path = map(np.asarray, (parameter, losses, path))
    ax.plot(parameter, losses, color=BLUE)
    ax.set(xlabel="parameter w", ylabel="loss (nats)", xlim=(parameter[0], parameter[-1]))
    _draw_path(ax, path, np.interp(path, parameter, losses))
    light_frame(ax)
    return ax


def plot_valley(
    first: ArrayLike, second: ArrayLike, losses: ArrayLike, path: ArrayLike, ax: Axes | None = None
) -> Axes:
    """A loss over two parameters as a map, the darker the higher, and the places that a descent came by.

    Parameters
    ----------
    first, second : the parameters along the axes, shapes (n,) and (m,), in rising order.
    losses : shape (m, n).
    path : both parameters before the first step and after each, shape (steps + 1, 2).
    """
    ax = new_axes(ax, 5, 4)
    first, second, losses = map(np.asarray, (first, second, losses))
    levels = np.quantile(losses, np.linspace(0, 1, 14) ** 2)  # closer together near the bottom
    ax.contourf(first, second, losses, levels, cmap="Blues")
    row, column = np.unravel_index(np.argmin(losses), np.shape(losses))
    ax.plot(first[column], second[row], color=INK, marker="x", linestyle="", label="lowest")
    _draw_path(ax, *np.asarray(path).T)
    ax.set(xlabel="parameter w", ylabel="parameter b",
           xlim=(first[0], first[-1]), ylim=(second[0], second[-1]))  # fmt: skip
    return ax


def _draw_path(ax: Axes, across: NDArray, up: NDArray) -> None:
    """Every place as a dot, those after another joined to them, and the last one large."""
    size = 3.5 if len(across) < 15 else 2
    ax.plot(across, up, color=VERMILION, linestyle="--", linewidth=0.3 * size, marker="o", markersize=size)
    ax.plot(across[-1], up[-1], color=VERMILION, marker="o", markersize=9, markeredgecolor=INK)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def plot_filmstrip(
    draw: DrawFrame, rates: Sequence[float], steps: Sequence[int],
    row: str = "learning rate {:g}", column: str = "after {} steps",
) -> NDArray:  # fmt: skip
    """`draw(rate, step, ax=…)` as a strip of frames per rate, shape (rates, steps).

    What is not a descent has other names for its `row` and `column`.
    """
    axes = new_table(None, len(rates), len(steps), 1.9, 1.5, (0.6, 0.5), sharex=True, sharey=True)
    for strip, rate in zip(axes, rates, strict=True):
        for ax, step in zip(strip, steps, strict=True):
            draw(rate, step, ax=ax)
            ax.label_outer()
        strip[0].set_ylabel(f"{row.format(rate)}\n{strip[0].get_ylabel()}")
    for ax, step in zip(axes[0], steps, strict=True):
        ax.set_title(column.format(step).replace(" 1 steps", " 1 step"), fontsize=10)
    return axes


class Sliders(ipywidgets.VBox):
    """Two sliders, called by `names`, above the frame that they choose: one of `rates`, and 0 to `steps`.

    Where there are no widgets, as on a web page, a sentence stands in their place.
    """

    def __init__(
        self, draw: DrawFrame, rates: Sequence[float], steps: int,
        names: tuple[str, str] = ("learning rate", "steps"),
    ):  # fmt: skip
        rate = ipywidgets.SelectionSlider(options=rates, description=names[0], value=rates[0])
        step = ipywidgets.IntSlider(0, 0, steps, description=names[1])
        for slider in (rate, step):
            slider.style.description_width = "7em"
        picture = ipywidgets.HTML()

        def redraw(change: object = None) -> None:
            words = f"The frame of {names[0]} {rate.value:g}, {names[1]} {step.value}"
            code = base64.b64encode(png_of(draw(rate.value, step.value))).decode()
            picture.value = f'<img alt="{words}" src="data:image/png;base64,{code}">'

        rate.observe(redraw, "value")
        step.observe(redraw, "value")
        redraw()
        super().__init__([rate, step, picture])

    def __repr__(self) -> str:  # ipywidgets 7, which Colab has, and 8 hand it on as the text of the output
        return "Run this cell in JupyterLab, and two sliders appear here."
