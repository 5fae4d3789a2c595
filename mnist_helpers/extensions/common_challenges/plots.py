"""What many trainings did: curves with a band over the seeds, gaps, and what one setting changes.

`results` are tables of `Experiments.run`: a row per epoch of every training, with the columns trial, seed,
epoch, train_loss, train_accuracy, val_loss and val_accuracy; `rows` have one row per training, that of the
epoch which is to be judged. `metric` is "loss" or "accuracy", and `title` that of the legend: what the trials
differ in. Lines are means over the seeds, bands reach from the lowest to the highest seed.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.experiments import last_epochs
from mnist_helpers.plotting.style import (
    BLUE,
    FAINT,
    INK,
    LABELS,
    SKY,
    VERMILION,
    light_frame,
    new_axes,
    new_grid,
    plain_log_numbers,
    series_styles,
)

MARKERS = "os^Dv"
SPLITS = {"train": "training", "val": "validation"}


def plot_learning_curves(results: pd.DataFrame, metric: str = "loss", title: str = "") -> NDArray:
    """Training on the left, validation on the right, one line per trial (seven at most); two Axes.

    Accuracies get an axis on which the trainings' ends can be told apart: the worst stands halfway up.
    """
    axes = _panels(2)
    names = results["trial"].unique()
    limits = _limits_of_the_ends(results) if metric == "accuracy" else None
    for ax, (column, split) in zip(axes, SPLITS.items(), strict=True):
        for name, style in zip(names, series_styles(names), strict=True):
            _line(ax, results[results["trial"] == name], "epoch", f"{column}_{metric}", **style)
        ax.set_title(split)
        _finish_epochs(ax, metric, limits)
    axes[0].set_ylabel(LABELS[metric])
    axes[1].legend(title=title, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
    return axes


def _limits_of_the_ends(results: pd.DataFrame) -> tuple[float, float] | None:
    """An accuracy axis up to 1 that has the worst last epoch of any training halfway; None if all are 1."""
    mistakes = 1 - last_epochs(results)[["train_accuracy", "val_accuracy"]].min(axis=None)
    return (max(1 - 2 * mistakes, 0), 1) if mistakes > 0 else None


def plot_cures(
    results: pd.DataFrame,
    metric: str = "loss",
    limits: tuple[float, float] | None = None,
    reference: pd.DataFrame | None = None,
) -> NDArray:
    """One panel per trial with its training and its validation line; the gap between them is shaded.

    As many Axes as trials, on one vertical and one horizontal scale, so that a shorter training shows.

    Parameters
    ----------
    limits : lower and upper end of the vertical axis.
    reference : results of one other trial, whose validation line is repeated in every panel.
    """
    names = results["trial"].unique()
    axes = _panels(len(names))
    for ax, name in zip(axes, names, strict=True):
        rows = results[results["trial"] == name]
        train = _line(ax, rows, "epoch", f"train_{metric}", label="training", color=BLUE, marker="o")
        val = _line(ax, rows, "epoch", f"val_{metric}", label="validation", color=VERMILION, marker="s",
                    linestyle="--")  # fmt: skip
        ax.fill_between(train.index, train, val, color=FAINT, alpha=0.2, linewidth=0, label="gap")
        if reference is not None:
            before = reference.groupby("epoch")[f"val_{metric}"].mean()
            ax.plot(before, color=INK, linestyle=":", label=f"validation, {reference['trial'].iloc[0]}")
        ax.set_title(name)
        _finish_epochs(ax, metric, limits)
        ax.set_xlim(0, max(rows["epoch"].max() for rows in (results, reference) if rows is not None) + 1)
    axes[0].set_ylabel(LABELS[metric])
    axes[0].legend(frameon=False, fontsize=9)
    return axes


def plot_gaps(rows: pd.DataFrame, metric: str = "accuracy", ax: Axes | None = None) -> Axes:
    """One line per trial, from its validation score to its training score: the gap, as long as it is."""
    names = list(rows["trial"].unique())
    ax = new_axes(ax, 7, 1 + 0.35 * len(names))
    for height, name in enumerate(names):
        of_trial = rows[rows["trial"] == name]
        ends = [of_trial[f"{column}_{metric}"] for column in SPLITS]
        ax.plot([end.mean() for end in ends], (height, height), color=FAINT, linewidth=3, zorder=1)
        for end, colour, marker, label in zip(ends, (BLUE, VERMILION), "os", SPLITS.values(), strict=True):
            ax.plot(end, [height] * len(end), color=colour, marker=marker, linestyle="", markersize=6,
                    alpha=0.8, label=label if height == 0 else None)  # fmt: skip
    ax.set(xlabel=LABELS[metric], ylabel="trial", ylim=(len(names) - 0.5, -0.5))
    ax.set_yticks(range(len(names)), names)
    light_frame(ax, "both")
    if metric == "accuracy":
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1), fontsize=9)
    return ax


def plot_ordered_curves(
    results: pd.DataFrame, title: str = "", levels: Mapping[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """The training losses of all trials, from dark blue to coral in their order, on a logarithmic axis.

    `levels` (name -> loss) are drawn as dotted lines.
    """
    ax = new_axes(ax, 8, 4)
    names = results["trial"].unique()
    for number, name in enumerate(names):
        colour = plt.get_cmap("plasma")(0.62 * number / max(len(names) - 1, 1))
        _line(ax, results[results["trial"] == name], "epoch", "train_loss", label=name, color=colour,
              marker=MARKERS[number % len(MARKERS)], linestyle="-" if number % 2 else "--")  # fmt: skip
    for level, height in (levels or {}).items():
        ax.axhline(height, color=INK, linestyle=":", linewidth=1.5, label=f"{level} ({height:.2f})")
    ax.set(yscale="log", title="training loss", ylabel=LABELS["loss"])
    plain_log_numbers(ax)
    _finish_epochs(ax, "loss")
    ax.legend(title=title, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
    return ax


def plot_range_test(
    rates: ArrayLike,
    losses: ArrayLike,
    smoothed: ArrayLike,
    chosen: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The loss of every step, raw and smoothed, against its learning rate; all have shape (steps,)."""
    ax = new_axes(ax, 7, 3.4)
    ax.plot(rates, losses, color=SKY, linewidth=0.8, label="loss of the step")
    ax.plot(rates, smoothed, color=BLUE, linewidth=2, label="smoothed")
    if chosen is not None:
        ax.axvline(chosen, color=VERMILION, linestyle="--", label=f"chosen: {chosen:.2g}")
    finite = np.asarray(smoothed)[np.isfinite(smoothed)]
    ax.set(
        xscale="log", xlabel="learning rate of the step (logarithmic)", ylabel="loss of the step (nats)",
        ylim=(0, 2 * finite[0]), title="Learning-rate range test",
    )  # fmt: skip
    light_frame(ax)
    ax.legend(frameon=False)
    return ax


def plot_setting(
    rows: pd.DataFrame,
    setting: str,
    measured: str,
    by: str | None = None,
    labels: tuple[str, str] = ("", ""),
    scales: tuple[str, str] = ("linear", "linear"),
    ax: Axes | None = None,
) -> Axes:
    """What a setting changes: a measured number against it, the mean over the seeds and their range.

    Parameters
    ----------
    setting, measured : the columns on the horizontal and the vertical axis.
    by : column by whose values the rows are split into lines (seven at most).
    labels : of the two axes; a column's name where empty.
    scales : of the two axes, "linear" or "log"; at a logarithmic setting every value gets its tick.
    """
    ax = new_axes(ax, 7, 3.4)
    groups = dict(list(rows.groupby(by, sort=False))) if by else {None: rows}
    for group, style in zip(groups.values(), series_styles(groups), strict=True):
        _line(ax, group, setting, measured, markevery=1, **style)
    values = sorted(rows[setting].unique())
    ax.set(xlabel=labels[0] or setting, ylabel=labels[1] or measured, xscale=scales[0], yscale=scales[1])
    ax.set_xticks(values, [f"{value:g}" for value in values], fontsize=8 if len(values) > 8 else None)
    ax.xaxis.set_minor_locator(NullLocator())
    if scales[1] == "log":
        plain_log_numbers(ax)
    if measured.endswith("accuracy"):
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    light_frame(ax)
    if by:
        ax.legend(frameon=False, fontsize=9)
    return ax


def plot_schedules(rates: Mapping[str, ArrayLike], ax: Axes | None = None) -> Axes:
    """Name of a schedule -> the learning rate of every step, shape (steps,); one line each."""
    ax = new_axes(ax, 7, 3)
    for values, style in zip(rates.values(), series_styles(rates), strict=True):
        ax.plot(values, linewidth=2, **style | {"marker": ""})
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, None))
    light_frame(ax)
    ax.legend(frameon=False, fontsize=9)
    return ax


def _panels(count: int) -> NDArray:
    return new_grid(None, count, count, 3.4, 3.2, margins=(1.6, 0), widest=10.5, sharey=True)


def _line(ax: Axes, rows: pd.DataFrame, x: str, y: str, markevery: int | None = None, **style) -> pd.Series:
    """Draw the mean over the seeds, and a band from their lowest to their highest; returns the mean."""
    scores = rows.groupby(x)[y].agg(["mean", "min", "max"])
    ax.plot(scores.index, scores["mean"], markersize=5, markevery=markevery or -(-len(scores) // 10), **style)
    ax.fill_between(scores.index, scores["min"], scores["max"], color=style["color"], alpha=0.18, linewidth=0)
    return scores["mean"]


def _finish_epochs(ax: Axes, metric: str, limits: tuple[float, float] | None = None) -> None:
    ax.set_xlabel("epoch")
    if limits is not None:
        ax.set_ylim(*limits)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if metric == "accuracy":
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    light_frame(ax)
