"""The figures of many trainings: means and bands over the seeds, gaps, settings; not by colour alone."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mnist_helpers.extensions.common_challenges import plots

EPOCHS, SEEDS = [1, 2, 3], [0, 1, 2]


def made_up(*names):
    """Three epochs of three seeds each; the training loss of trial n in epoch e with seed s is n + s / e."""
    rows = [
        {"trial": name, "seed": seed, "epoch": epoch, "train_loss": number + 1 + seed / epoch,
         "val_loss": number + 2 + seed / epoch, "train_accuracy": 0.9 + 0.01 * seed,
         "val_accuracy": 0.8 + 0.01 * seed, "size": 8 * 2**number}
        for number, name in enumerate(names) for seed in SEEDS for epoch in EPOCHS
    ]  # fmt: skip
    return pd.DataFrame(rows)


def last(results):
    return results[results["epoch"] == EPOCHS[-1]]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def band(ax, number=0):
    """Lower and upper edge of a band at every epoch."""
    corners = ax.collections[number].get_paths()[0].vertices
    return {(x, y) for x, y in corners.round(6).tolist()}


CASES = {
    "plot_learning_curves": ((made_up("a", "b"),), 2),
    "plot_cures": ((made_up("a", "b", "c"),), 3),
    "plot_gaps": ((last(made_up("a", "b")),), 1),
    "plot_ordered_curves": ((made_up("a", "b", "c"), "rate", {"guessing": 2.3}), 1),
    "plot_range_test": (([0.1, 0.2, 0.3], [2.0, 1.0, 3.0], [2.0, 1.5, 2.5], 0.02), 1),
    "plot_schedules": (({"up": [0.1, 0.2], "down": [0.2, 0.1]},), 1),
    "plot_setting": ((last(made_up("a", "b")), "size", "val_accuracy"), 1),
}
every_figure = pytest.mark.parametrize(
    ("name", "arguments", "count"), [(name, *case) for name, case in CASES.items()], ids=CASES.keys()
)


@every_figure
def test_draws_a_labelled_figure_of_its_own_without_a_warning(name, arguments, count, recwarn):
    axes = np.atleast_1d(getattr(plots, name)(*arguments))
    assert len(axes) == count
    assert len(plt.get_fignums()) == 1
    assert all(ax.get_xlabel() for ax in axes)
    assert axes[0].get_ylabel()
    axes[0].figure.canvas.draw()
    kinds = [warning.category for warning in recwarn]
    assert not [k for k in kinds if issubclass(k, UserWarning) and not issubclass(k, DeprecationWarning)]


@pytest.mark.parametrize(
    ("name", "arguments"), [(n, given) for n, (given, count) in CASES.items() if count == 1]
)
def test_draws_into_given_axes_and_leaves_the_table_alone(name, arguments):
    figure, ax = plt.subplots()
    before = arguments[0].copy()
    assert getattr(plots, name)(*arguments, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]
    assert before.equals(arguments[0]) if isinstance(before, pd.DataFrame) else before == arguments[0]


def test_curves_are_means_and_bands_reach_from_the_lowest_to_the_highest_seed():
    results = made_up("a", "b")
    axes = plots.plot_learning_curves(results, "loss")
    assert [ax.get_title() for ax in axes] == ["training", "validation"]
    assert legend(axes[1]) == ["a", "b"]
    for ax, column in zip(axes, ("train_loss", "val_loss"), strict=True):
        for number, name in enumerate("ab"):
            expected = results[results["trial"] == name].groupby("epoch")[column]
            line = ax.lines[number]
            assert line.get_xdata().tolist() == EPOCHS
            assert np.allclose(line.get_ydata(), expected.mean())
            edges = {(e, round(y, 6)) for e in EPOCHS for y in (expected.min()[e], expected.max()[e])}
            assert edges <= band(ax, number)
        assert len({line.get_marker() for line in ax.lines}) == 2
        assert len({line.get_linestyle() for line in ax.lines}) == 2


def test_an_accuracy_axis_has_the_worst_end_of_any_training_halfway():
    results = made_up("a")
    for ax in plots.plot_learning_curves(results, "accuracy"):
        assert np.allclose(ax.get_ylim(), (0.6, 1))  # the worst ends at 0.8
    perfect = results.assign(train_accuracy=1.0, val_accuracy=1.0)
    poor = results.assign(val_accuracy=0.1)
    assert plots.plot_learning_curves(perfect, "accuracy")[0].get_ylim()[1] > 1
    assert plots.plot_learning_curves(poor, "accuracy")[0].get_ylim() == (0, 1)


def test_more_lines_than_styles_are_refused():
    with pytest.raises(ValueError, match="7 at most"):
        plots.plot_learning_curves(made_up(*"abcdefgh"))


def test_every_cure_has_its_panel_with_both_lines_and_the_gap():
    results = pd.concat([made_up("sick"), made_up("cured").query("epoch < 3")])
    axes = plots.plot_cures(results, "loss")
    assert [ax.get_title() for ax in axes] == ["sick", "cured"]
    assert legend(axes[0]) == ["training", "validation", "gap"]
    for ax in axes:
        train, val = ax.lines
        assert np.allclose(val.get_ydata() - train.get_ydata(), 1)
        assert train.get_linestyle() != val.get_linestyle()
        assert ax.get_xlim()[1] > 3
    assert axes[1].lines[0].get_xdata().tolist() == [1, 2]


def test_every_panel_repeats_the_validation_line_of_the_reference():
    reference = made_up("none")
    axes = plots.plot_cures(made_up("a", "b").query("epoch < 3"), "loss", reference=reference)
    assert legend(axes[0]) == ["training", "validation", "gap", "validation, none"]
    for ax in axes:
        before = ax.lines[-1]
        assert np.allclose(before.get_ydata(), reference.groupby("epoch")["val_loss"].mean())
        assert ax.get_xlim() == (0, 4)  # the reference has one more epoch


def test_a_gap_reaches_from_mean_to_mean_and_shows_every_seed():
    ax = plots.plot_gaps(last(made_up("a", "b")), "accuracy")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    gap, train, val = ax.lines[:3]
    assert np.allclose(gap.get_xdata(), [0.91, 0.81])
    assert np.allclose(train.get_xdata(), [0.9, 0.91, 0.92])
    assert np.allclose(val.get_xdata(), [0.8, 0.81, 0.82])
    assert train.get_marker() != val.get_marker()
    assert legend(ax) == ["training", "validation"]


def test_ordered_curves_stand_in_one_logarithmic_plot_with_their_levels():
    results = made_up("0.1", "1", "10")
    results.loc[results["trial"] == "10", "train_loss"] = np.inf  # a training that diverged
    ax = plots.plot_ordered_curves(results, "rate", levels={"guessing": 2.3})
    assert ax.get_yscale() == "log"
    assert legend(ax) == ["0.1", "1", "10", "guessing (2.30)"]
    assert ax.get_legend().get_title().get_text() == "rate"
    assert len({line.get_color() for line in ax.lines[:3]}) == 3
    assert len({line.get_marker() for line in ax.lines[:3]}) == 3
    ax.figure.canvas.draw()


def test_the_range_test_draws_what_it_is_given_and_leaves_room_at_the_start():
    rates, losses = [0.01, 0.1, 1.0], [2.0, 1.0, 900.0]
    ax = plots.plot_range_test(rates, losses, [2.0, 1.5, np.nan], chosen=0.01)
    assert ax.get_xscale() == "log"
    assert ax.lines[0].get_ydata().tolist() == losses
    assert ax.lines[2].get_xdata() == [0.01, 0.01]
    assert ax.get_ylim() == (0, 4)
    assert "chosen: 0.01" in legend(ax)


def test_a_setting_gets_a_tick_per_value_and_a_line_per_group():
    results = last(made_up("a", "b"))
    rows = pd.concat([results.assign(kind="one"), results.assign(kind="two", val_accuracy=0.5)])
    ax = plots.plot_setting(rows, "size", "val_accuracy", by="kind", labels=("size", ""),
                               scales=("log", "linear"))  # fmt: skip
    assert [label.get_text() for label in ax.get_xticklabels()] == ["8", "16"]
    assert legend(ax) == ["one", "two"]
    assert np.allclose(ax.lines[0].get_ydata(), 0.81)
    assert np.allclose(ax.lines[1].get_ydata(), 0.5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("size", "val_accuracy")
    assert plots.plot_setting(results, "size", "val_loss", scales=("log", "log")).get_yscale() == "log"


def test_schedules_are_drawn_step_by_step():
    ax = plots.plot_schedules({"up": [0.1, 0.2], "down": [0.2, 0.1]})
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.1, 0.2], [0.2, 0.1]]
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    assert legend(ax) == ["up", "down"]
