"""What augmentation and regularisation do: to pictures, to accuracies, to weights."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import BLUE, INK, LABELS, light_frame, new_axes, new_grid, series_styles

GAP = 2  # white pixels around every picture


def plot_changes(rows: Mapping[str, ArrayLike], ax: Axes | None = None) -> Axes:
    """One row of pictures per name, which stands at its left.

    They have the shape (n, 28, 28), and values in [0, 1] or, if they are uint8, in [0, 255].
    """
    strips = [_strip(np.asarray(pictures)) for pictures in rows.values()]
    height, width = strips[0].shape
    ax = new_axes(ax, 1.2 + width / 40, 0.1 + len(strips) * height / 40)
    ax.imshow(np.concatenate(strips), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[])
    ax.set_yticks([(row + 0.5) * height - 0.5 for row in range(len(strips))], list(rows))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def _strip(pictures: NDArray) -> NDArray:
    """(n, 28, 28) -> (28 + 2 GAP, n · (28 + 2 GAP)), from 0 to 1, with white between the pictures."""
    pictures = pictures / 255 if pictures.dtype == np.uint8 else pictures
    framed = np.pad(pictures, ((0, 0), (GAP, GAP), (GAP, GAP)), constant_values=1)
    return np.concatenate(list(framed), axis=1)


def plot_accuracy_table(means: pd.DataFrame, spreads: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """A coloured table of mean accuracies, each with its spread: recipes downwards, test digits across.

    Both are shares, in tables of the same shape, rows and columns by name; a spread of NaN is left out.
    """
    ax = new_axes(ax, 2.4 + 1.15 * means.shape[1], 1.1 + 0.55 * len(means))
    texts = [
        [f"{mean:.1%}" + (f"\n± {100 * spread:.1f}" if np.isfinite(spread) else "") for mean, spread in pairs]
        for pairs in np.stack([means, spreads.loc[means.index, means.columns]], axis=-1)
    ]
    sns.heatmap(
        means, annot=np.array(texts), fmt="", cmap="cividis", vmin=0.5, vmax=1, linewidths=1, ax=ax,
        annot_kws={"fontsize": 9},
        cbar_kws={"label": "accuracy", "format": PercentFormatter(1, decimals=0), "extend": "min"},
    )  # fmt: skip
    for text, mean in zip(ax.texts, means.to_numpy().ravel(), strict=True):
        text.set_color("black" if mean > 0.72 else "white")  # where black on cividis is the easier to read
    ax.set(xlabel="test digits", ylabel="trained with")
    ax.set_yticklabels(ax.get_yticklabels(), rotation=0)
    ax.set_xticklabels(
        [textwrap.fill(name.replace("± ", "±\u00a0"), 11) for name in means.columns], rotation=0
    )
    ax.tick_params(length=0)
    return ax


def plot_digit_accuracies(means: pd.DataFrame, spreads: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Each digit's share of right answers, one kind of marker per recipe, bars for the spread.

    `means` and `spreads` are shares: one row per recipe, ten columns, by name.
    """
    ax = new_axes(ax, 8.5, 4)
    for row, (name, style) in enumerate(zip(means.index, series_styles(means.index), strict=True)):
        places = np.arange(10) + 0.18 * (row - (len(means) - 1) / 2)
        spread = np.nan_to_num(spreads.loc[name, means.columns])
        ax.errorbar(places, means.loc[name], spread, capsize=3, **style | {"linestyle": ""})
    ax.set(xlabel="digit", ylabel="share of these that are read correctly", xticks=range(10))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    ax.legend(frameon=False, ncols=len(means), loc="upper center", bbox_to_anchor=(0.5, 1.12))
    return ax


def plot_weight_histograms(
    edges: ArrayLike, shares: Mapping[str, ArrayLike], reference: str | None = None
) -> NDArray:
    """How the weights of each model are spread, on a logarithmic axis; Axes with common scales.

    Parameters
    ----------
    edges : of the bins, shape (bins + 1,).
    shares : by name, the share of the weights in every bin, shape (bins,). The outermost bins hold all
        weights beyond them, too.
    reference : the one that has no Axes of its own, but its outline in those of all others.
    """
    edges, names = np.asarray(edges), [name for name in shares if name != reference]
    axes = new_grid(None, len(names), min(4, len(names)), 2.8, 2.5, sharex=True, sharey=True)
    for ax, name in zip(axes, names, strict=True):
        ax.stairs(np.asarray(shares[name]), edges, fill=True, color=BLUE)
        if reference is not None:
            ax.stairs(np.asarray(shares[reference]), edges, color=INK, linestyle="--", label=reference)
        ax.set(yscale="log", title=name, xlabel="weight")
        ax.tick_params(labelbottom=True)
        light_frame(ax)
    axes[0].set_ylabel("share of weights")
    if reference is not None:
        handles, labels = axes[0].get_legend_handles_labels()
        axes[0].figure.legend(handles, labels, loc="outside lower center", frameon=False)
    return axes


def plot_rotation(
    degrees: ArrayLike,
    accuracies: Mapping[str, ArrayLike],
    pictures: ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Accuracy against the angle by which the digits are turned: means over the seeds, and their range.

    Parameters
    ----------
    degrees : shape (n,), clockwise.
    accuracies : by name of the recipe, shares of shape (seeds, n).
    pictures : a digit turned by each of these angles, shape (n, 28, 28), drawn along the upper edge.
    """
    ax = new_axes(ax, 8.5, 4.2)
    degrees = np.asarray(degrees)
    for name, style in zip(accuracies, series_styles(accuracies), strict=True):
        shares = np.asarray(accuracies[name], dtype=float)
        ax.plot(degrees, shares.mean(0), **style)
        ax.fill_between(degrees, shares.min(0), shares.max(0), color=style["color"], alpha=0.18, linewidth=0)
    step = np.diff(degrees).min()
    for angle, picture in zip(degrees, np.asarray(pictures), strict=True) if pictures is not None else ():
        spot = ax.inset_axes((angle - 0.4 * step, 1.03, 0.8 * step, 0.16), transform=ax.transData)
        spot.imshow(picture, cmap="gray")
        spot.set_axis_off()
    ax.set(xlabel="turned clockwise by (degrees)", ylabel=LABELS["accuracy"], xticks=degrees, ylim=(0, 1.2))
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    ax.legend(loc="center right", frameon=False)
    return ax
