"""Three ways down a valley, and how signals grow or fade on their way through many layers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_helpers.plotting.style import BLUE, FAINT, INK, VERMILION, new_grid, new_table


def plot_walks(
    surface: Callable[[NDArray, NDArray], NDArray], walks: Mapping[str, NDArray], axes: NDArray | None = None
) -> NDArray:
    """Lines of equal loss, and on them the path of each optimiser to the lowest point: an Axes per walk.

    Parameters
    ----------
    surface : the loss at two parameters, given as arrays of one shape; lowest at (0, 0).
    walks : by name, the places (steps + 1, 2) from the start on.
    """
    axes = new_grid(axes, len(walks), 1, 8, 2.1, sharex=True)
    reach = np.max([np.abs(path).max(axis=0) for path in walks.values()], axis=0) * 1.15
    across, up = np.meshgrid(*(np.linspace(-r, r, 200) for r in reach))
    losses = surface(across, up)
    levels = losses.max() * np.linspace(0, 1, 14) ** 2
    for ax, (name, path) in zip(axes, walks.items(), strict=True):
        ax.contour(across, up, losses, levels, colors=FAINT, linewidths=0.7)
        ax.plot(*path.T, color=BLUE, marker="o", markersize=3, linewidth=1.2)
        ax.plot(*path[0], color=INK, marker="s", linestyle="", label="start")
        ax.plot(0, 0, color=VERMILION, marker="*", markersize=13, linestyle="", label="lowest point")
        end = surface(*path[-1])
        ax.set(title=f"{name}: loss {end:.2g} after {len(path) - 1} steps", ylabel="second\nparameter")
    axes[-1].set_xlabel("first parameter")
    axes[0].legend(loc="upper right", ncols=2, fontsize=9)
    return axes


def plot_activations(
    starts: Mapping[str, Sequence[NDArray]], shown: Sequence[int], axes: NDArray | None = None
) -> NDArray:
    """Histograms of the activations: a row for each way to start, a column for each layer shown, one scale.

    Parameters
    ----------
    starts : by name, the activations of all layers, arrays of any shape. Those beyond 3 are counted at 3.
    shown : the layers to show, counted from 1.
    """
    axes = new_table(axes, len(starts), len(shown), 1.9, 1.35, (0.6, 0.4), sharex=True, sharey=True)
    for (name, layers), row in zip(starts.items(), axes, strict=True):
        for number, ax in zip(shown, row, strict=True):
            values = np.ravel(layers[number - 1])
            shares = np.full(values.size, 1 / values.size)
            ax.hist(np.clip(values, 0, 3), np.linspace(0, 3, 31), weights=shares, color=BLUE)
            spread = f"spread {np.std(values):.3g}"
            ax.text(0.95, 0.9, spread, transform=ax.transAxes, ha="right", va="top", fontsize=9)
            ax.set(yticks=[0, 0.5, 1])
            ax.set_xticks([0, 1, 2, 3], ["0", "1", "2", "≥ 3"])
            ax.spines[["top", "right"]].set_visible(False)
        row[0].set_ylabel(f"{name}\nshare", fontsize=9)
    for number, top, bottom in zip(shown, axes[0], axes[-1], strict=True):
        top.set_title(f"layer {number}", fontsize=10)
        bottom.set_xlabel("activation", fontsize=9)
    return axes
