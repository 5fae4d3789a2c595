"""The curves of a training: after it, while it runs, and beside those of other settings."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter
from numpy.typing import NDArray

from mnist_helpers.checks import check_kind
from mnist_helpers.history import History
from mnist_helpers.plotting.style import (
    BLUE,
    FAINT,
    INK,
    LABELS,
    VERMILION,
    light_frame,
    new_grid,
    plain_log_numbers,
    series_styles,
)


def plot_history(
    history: History, start: Sequence[float] | None = None, axes: NDArray | None = None
) -> NDArray:
    """Loss and accuracy per epoch, training and validation, side by side; two Axes.

    Parameters
    ----------
    history : the training; its lowest validation loss is marked.
    start : loss and accuracy on the training images, loss and accuracy on the validation images, before the
        first step. With it the curves begin at epoch 0, and the loss of every step is drawn behind them.
    """
    check_kind(history, History, "history", "train gives it, and load_or_train as the second of two")
    axes = new_grid(axes, 2, 2, 5.5, 4)
    before = [()] * 4 if start is None else [(value,) for value in start]
    epochs = range(start is None, history.num_epochs + 1)
    if start is not None:  # a batch's loss is measured before its step, so the first stands at 0
        done = np.arange(len(history.step_loss)) * history.num_epochs / max(len(history.step_loss), 1)
        axes[0].plot(
            done, history.step_loss, color=FAINT, alpha=0.5, linewidth=0.4, label="each step's batch"
        )
    for ax, name, (first, train), (other, val) in (
        (axes[0], "loss", (before[0], history.train_loss), (before[2], history.val_loss)),
        (axes[1], "accuracy", (before[1], history.train_accuracy), (before[3], history.val_accuracy)),
    ):
        ax.plot(epochs, (*first, *train), color=BLUE, marker="o", label="training")
        ax.plot(epochs, (*other, *val), color=VERMILION, marker="s", linestyle="--", label="validation")
        ax.set(xlabel="epoch", ylabel=LABELS[name], title=name.capitalize())
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        light_frame(ax)
    if history.num_epochs:
        best = history.best_epoch
        axes[0].plot(best, history.val_loss[best - 1], "o", color=INK, markersize=13, fillstyle="none",
                     label=f"lowest validation loss (epoch {best})")  # fmt: skip
    for ax in axes:
        ax.legend(frameon=False)
    axes[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0 if start else 1))
    return axes


def live_history(num_epochs: int, start: Sequence[float] | None = None) -> Callable[[History], None]:
    """Curves that grow while `train(…, progress=live_history(num_epochs))` runs, in every kind of notebook.

    They are `plot_history(history, start)`, drawn anew in their place after every epoch.
    """
    axes = new_grid(None, 2, 2, 5.5, 4)
    figure = axes[0].figure
    plt.close(figure)  # or the notebook would show it once more below the cell

    def draw(history: History) -> None:
        for ax in axes:
            ax.clear()
        plot_history(history, start, axes)
        for ax in axes:
            ax.set_xlim(-0.03 * num_epochs, 1.03 * num_epochs)

    def show(history: History) -> None:
        draw(history)
        picture.update(figure)

    draw(History())
    picture = display(figure, display_id=True)
    return show


def plot_settings(histories: Mapping[float, History], name: str, axes: NDArray | None = None) -> NDArray:
    """The final losses at every value of a hyperparameter, and the seconds beside them; two Axes.

    `histories` maps the values, drawn on a logarithmic axis, to trainings that were otherwise alike.
    """
    axes = new_grid(axes, 2, 2, 5.5, 3.6, width_ratios=(2, 1))
    values = list(histories)
    for ends, label, (colour, marker, line) in (
        ([h.train_loss[-1] for h in histories.values()], "training", (BLUE, "o", "-")),
        ([h.val_loss[-1] for h in histories.values()], "validation", (VERMILION, "s", "--")),
    ):
        axes[0].plot(values, ends, color=colour, marker=marker, linestyle=line, label=label)
    axes[0].set(ylabel="loss in the end (nats)", title="What it reaches")
    axes[0].legend(frameon=False)
    axes[1].plot(values, [h.seconds for h in histories.values()], color=INK, marker="D")
    axes[1].set(ylabel="seconds", title="What it costs")
    for ax in axes:
        ax.set(xlabel=f"{name} (logarithmic)", xscale="log", ylim=(0, 1.1 * ax.dataLim.y1))
        ax.set_xticks(values, [np.format_float_positional(value, trim="-") for value in values])
        ax.xaxis.set_minor_locator(NullLocator())
        light_frame(ax)
    return axes


def plot_races(histories: Mapping[str, History], axes: NDArray | None = None) -> NDArray:
    """Validation losses of several trainings, by the epochs and by the seconds they took; two Axes."""
    axes = new_grid(axes, 2, 2, 5.5, 4, sharey=True)
    for history, style in zip(histories.values(), series_styles(histories), strict=True):
        epochs = np.arange(1, history.num_epochs + 1)
        for ax, unit in zip(axes, (1, history.seconds / history.num_epochs), strict=True):
            ax.plot(epochs * unit, history.val_loss, markersize=4, **style)
    axes[0].set(xlabel="epochs", ylabel="validation loss (nats)", title="Per epoch")
    axes[1].set(xlabel="seconds", title="By the clock")
    for ax in axes:
        ax.set(yscale="log", xlim=(0, None))
        plain_log_numbers(ax)
        light_frame(ax)
    axes[0].legend(frameon=False)
    return axes
