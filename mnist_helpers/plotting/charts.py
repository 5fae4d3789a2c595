"""Bars and markers: how often, how bright, how sure, how well."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.evaluation import Evaluation
from mnist_helpers.plotting.images import plot_images
from mnist_helpers.plotting.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    SERIES,
    VERMILION,
    light_frame,
    new_axes,
    new_grid,
    percent,
)
from mnist_helpers.prediction import Prediction


def plot_digit_distribution(train_counts: ArrayLike, test_counts: ArrayLike, ax: Axes | None = None) -> Axes:
    """Bars of each digit's share in both sets, its count above; `*_counts` have shape (10,)."""
    ax = new_axes(ax, 9, 4)
    width = 0.42
    for counts, offset, colour, hatch, name in (
        (np.asarray(train_counts), -width / 2, BLUE, "", "training set"),
        (np.asarray(test_counts), width / 2, ORANGE, "//", "test set"),
    ):
        shares = counts / counts.sum()
        bars = ax.bar(
            np.arange(10) + offset, shares, width, label=f"{name} ({counts.sum():,} images)",
            color=colour, hatch=hatch, edgecolor="white",
        )  # fmt: skip
        ax.bar_label(bars, [f"{count:,}" for count in counts], label_type="center", rotation=90, fontsize=9,
                     bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    ax.axhline(0.1, color=INK, linewidth=1, linestyle="--", label="perfect balance (10%)")
    ax.set(xlabel="digit", ylabel="share of the set", xticks=range(10), title="How often each digit occurs")
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.margins(y=0.15)
    light_frame(ax)
    ax.legend(ncols=3, loc="upper center", frameon=False)
    return ax


def plot_pixel_histogram(counts: ArrayLike, ax: Axes | None = None) -> Axes:
    """How many pixels have each brightness; `counts` has shape (256,), the axis of counts is logarithmic."""
    ax = new_axes(ax, 8, 3.2)
    ax.bar(np.arange(256), np.asarray(counts), width=1, color=BLUE)
    ax.set(
        yscale="log", xlabel="pixel value (0 = black background, 255 = white stroke)",
        ylabel="number of pixels", title="Pixel values (the vertical axis is logarithmic)",
    )  # fmt: skip
    light_frame(ax)
    return ax


def plot_probabilities(probabilities: ArrayLike, label: int | None = None, ax: Axes | None = None) -> Axes:
    """Ten bars, one probability per digit; the true digit, if given, is marked in words."""
    ax = new_axes(ax, 6, 3)
    probabilities = np.asarray(probabilities)
    digit = int(probabilities.argmax())
    bars = ax.bar(range(10), probabilities, color=[BLUE if k == digit else FAINT for k in range(10)])
    ax.bar_label(bars, [percent(p) if p >= 0.001 else "" for p in probabilities], fontsize=8, padding=2)
    names = [f"{k}\ntrue" if k == label else str(k) for k in range(10)]
    ax.set(xlabel="digit", ylabel="probability", ylim=(0, 1.12), title=f"The model answers {digit}")
    ax.set_xticks(range(10), names)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
    return ax


def plot_answers(
    images: ArrayLike,
    prediction: Prediction,
    captions: Sequence[object],
    labels: ArrayLike | None = None,
    axes: NDArray | None = None,
) -> NDArray:
    """A row for each image (28, 28), with its caption: the image, and its probabilities as bars; 2n Axes.

    The true digits, if given, are marked in words under the bars.
    """
    axes = new_grid(axes, 2 * len(captions), 2, 4.3, 2.9, width_ratios=(1, 2))
    plot_images(images, captions, axes=axes[::2])
    truths = [None] * len(captions) if labels is None else list(map(int, np.asarray(labels)))
    for row, label, ax in zip(prediction.probabilities, truths, axes[1::2], strict=True):
        plot_probabilities(row, label, ax)
    return axes


def plot_class_scores(
    evaluation: Evaluation, intervals: Mapping[str, Sequence[tuple[float, float]]], ax: Axes | None = None
) -> Axes:
    """Precision and recall of every digit as points, and their intervals as bars.

    `intervals` has ten pairs (low, high) under "precision", and ten under "recall".
    """
    ax = new_axes(ax, 9, 4)
    digits = np.arange(10)
    for offset, name, (colour, marker, _) in zip((-0.13, 0.13), intervals, SERIES[:2], strict=True):
        values, (low, high) = getattr(evaluation, name), np.transpose(intervals[name])
        ax.errorbar(digits + offset, values, (values - low, high - values), fmt=marker, color=colour,
                    capsize=3, label=name)  # fmt: skip
    ax.set(xlabel="digit", ylabel="score, with its 95% interval", xticks=digits,
           title="Precision and recall of each digit")  # fmt: skip
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    light_frame(ax)
    ax.legend(ncols=2, frameon=False)
    return ax


def plot_accuracies(
    accuracies: Mapping[str, float], intervals: Sequence[tuple[float, float]],
    claimed: Sequence[float] | None = None, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """One row per model: its accuracy as a point, its interval (low, high) as a line.

    Where the interval is wider than a point, the number has no decimals. What the models claimed to reach, if
    given, is marked by a diamond.
    """
    ax = new_axes(ax, 8, 0.8 + 0.45 * len(accuracies))
    for row, (accuracy, (low, high)) in enumerate(zip(accuracies.values(), intervals, strict=True)):
        ax.plot((low, high), (row, row), color=BLUE, linewidth=2)
        ax.plot(accuracy, row, color=BLUE, marker="o")
        text = f"{accuracy:.{0 if high - low > 0.01 else 2}%}"
        ax.annotate(text, (accuracy, row), (0, 6), textcoords="offset points", ha="center", fontsize=9)
    if claimed is not None:
        ax.plot(claimed, range(len(claimed)), "D", color=VERMILION, label="claimed: mean confidence")
        ax.legend(frameon=False)
    ax.set(xlabel="accuracy with its 95% interval", ylim=(len(accuracies) - 0.5, -0.7))
    _name_rows(ax, accuracies)
    return ax


def plot_seeds(accuracies: Mapping[str, Sequence[float]], ax: Axes | None = None) -> Axes:
    """One row per model: every seed's accuracy as a dot, their mean as a line with its number."""
    ax = new_axes(ax, 8, 0.9 + 0.36 * len(accuracies))
    for row, values in enumerate(accuracies.values()):
        mean = float(np.mean(values))
        ax.plot(values, np.full(len(values), row), "o", color=BLUE, alpha=0.5, markeredgewidth=0)
        ax.plot((mean, mean), (row - 0.3, row + 0.3), color=INK, linewidth=2)
        ax.annotate(f"{mean:.2%}", (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=9)
    ax.set(xlabel="accuracy: a dot per seed, a line at their mean", ylim=(len(accuracies) - 0.5, -0.5))
    _name_rows(ax, accuracies)
    return ax


def _name_rows(ax: Axes, names: Collection[str]) -> None:
    """One named row below the other, at heights 0, 1, …, and accuracies along the horizontal axis."""
    ax.set_yticks(range(len(names)), names)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    light_frame(ax, "both")
