"""What to believe of a model: its confidence, its accuracy, its weights, its view of the digits."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.extensions.trusting_the_model.calibration import ReliabilityBins
from mnist_helpers.plotting.style import BLUE, FAINT, INK, VERMILION, light_frame, new_axes, new_grid


def plot_reliability(bins: ReliabilityBins, title: str = "", ax: Axes | None = None) -> Axes:
    """Accuracy against confidence, one point per bin with its 95% interval; the counts stand below."""
    ax = new_axes(ax, 6, 5.4)
    filled = bins.counts > 0
    x, y = bins.confidence[filled], bins.accuracy[filled]
    spread = np.maximum([y - bins.low[filled], bins.high[filled] - y], 0)
    ax.plot((0, 1), (0, 1), color=INK, linewidth=1, linestyle="--", label="as sure as it is right")
    ax.errorbar(x, y, yerr=spread, color=BLUE, marker="o", linestyle="", capsize=3,
                label="the model, with 95% intervals")  # fmt: skip
    for middle, count in zip((bins.edges[:-1] + bins.edges[1:]) / 2, bins.counts, strict=True):
        ax.text(middle, -0.06, f"{count:,}", ha="center", va="center", fontsize=8, color=INK)
    ax.axhline(-0.02, color=FAINT, linewidth=0.8)
    ax.set(
        xlabel="confidence (below the points: number of answers)", ylabel="share of right answers",
        xlim=(0, 1.01), ylim=(-0.1, 1.03), xticks=bins.edges, title=title,
    )  # fmt: skip
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    ax.legend(loc="upper left", frameon=False)
    return ax


def plot_weights(weights: ArrayLike) -> NDArray:
    """Weights of shape (n, h, w) as n pictures: orange above zero, purple below, white at zero; n Axes.

    All share one scale, so that strong and weak ones can be told apart; it stands beside them, in steps,
    because smooth colours would make a picture of a megabyte.
    """
    weights = np.asarray(weights)
    axes = new_grid(len(weights), 16, 0.6425, 0.6)
    top = np.quantile(np.abs(weights), 0.999)  # a few outliers would make all the rest pale
    for ax, image in zip(axes, weights, strict=True):
        picture = ax.imshow(
            image, cmap=plt.get_cmap("PuOr_r", 11), vmin=-top, vmax=top, interpolation="nearest"
        )
        ax.set(xticks=[], yticks=[])
    axes[0].figure.colorbar(
        picture, ax=list(axes), label="weight: below 0 purple, above 0 orange", extend="both", pad=0.01,
        aspect=40,
    )  # fmt: skip
    return axes


def plot_activations(image: ArrayLike, hidden1: ArrayLike, hidden2: ArrayLike, logits: ArrayLike) -> NDArray:
    """One image (28, 28) on its way: 128 and 64 activations as grids, 10 logits as bars; four Axes."""
    axes = new_grid(4, 4, 3, 3.6, width_ratios=(1, 1.5, 1, 1.3))
    axes[0].imshow(np.asarray(image), cmap="gray")
    axes[0].set(title="image: 28 × 28 pixels", xticks=[], yticks=[])
    for ax, values, shape, name in (
        (axes[1], hidden1, (8, 16), "hidden 1: 128 units"),
        (axes[2], hidden2, (8, 8), "hidden 2: 64 units"),
    ):
        picture = ax.imshow(np.asarray(values).reshape(shape), cmap="viridis", vmin=0)
        ax.figure.colorbar(picture, ax=ax, shrink=0.75, label="activation", location="bottom")
        ax.set(title=name, xticks=[], yticks=[])
    logits = np.asarray(logits)
    colours = [VERMILION if digit == logits.argmax() else FAINT for digit in range(10)]
    axes[3].bar(range(10), logits, color=colours)
    axes[3].axhline(0, color=INK, linewidth=0.8)
    axes[3].set(title=f"logits: the largest is {logits.argmax()}", xlabel="digit", ylabel="logit",
                xticks=range(10))  # fmt: skip
    light_frame(axes[3])
    return axes


def plot_embedding(points: ArrayLike, labels: ArrayLike, title: str = "", ax: Axes | None = None) -> Axes:
    """Images as points (n, 2), each drawn as its digit, so that the colour only helps the eye."""
    ax = new_axes(ax, 4.8, 4.5)
    points, labels = np.asarray(points), np.asarray(labels)
    for digit, colour in enumerate(sns.color_palette("colorblind", 10)):
        x, y = points[labels == digit].T
        ax.scatter(x, y, marker=f"${digit}$", s=22, color=colour, linewidths=0.2)
    ax.set(title=title, xlabel="first coordinate (no unit)", ylabel="second coordinate (no unit)")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
