"""The panels of step losses: one per training, the same scale, levels named."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest

from mnist_helpers import plotting


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_one_panel_per_training_with_its_name_and_its_losses():
    curves = {"healthy": [2.3, 1.0, 0.4], "sick": [2.3, 50.0, 2.3]}
    axes = plotting.plot_step_losses(curves, {"guessing": 2.3})
    assert [ax.get_title() for ax in axes] == list(curves)
    assert [list(ax.lines[0].get_ydata()) for ax in axes] == list(curves.values())
    assert {ax.get_ylim() for ax in axes} == {(0, 4)}
    assert "nats" in axes[0].get_ylabel()
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["guessing (2.30)"]


def test_levels_differ_by_line_style_not_by_colour_alone():
    (ax,) = plotting.plot_step_losses({"a": [1, 2]}, {"upper": 2, "lower": 1})
    assert len({line.get_linestyle() for line in ax.lines}) == 3


def test_draws_into_given_axes():
    _, given = plt.subplots(1, 2)
    drawn = plotting.plot_step_losses({"a": [1, 2], "b": [2, 1]}, {"level": 1.5}, top=3, axes=given)
    assert drawn is given
    assert given[0].get_legend() is not None
    assert given[1].get_ylim() == (0, 3)


def test_without_levels_there_is_no_legend():
    (ax,) = plotting.plot_step_losses({"a": [1, 2]})
    assert not ax.figure.legends
