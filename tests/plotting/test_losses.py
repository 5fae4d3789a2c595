"""The panels of step losses: one per training, the same scale, levels named."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mnist_helpers import plotting
from mnist_helpers.plotting.style import SERIES


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


def test_every_level_is_drawn_or_all_are_refused():
    levels = {f"level {n}": n / 3 for n in range(len(SERIES) - 1)}
    (ax,) = plotting.plot_step_losses({"a": [1, 2]}, levels)
    assert len(ax.lines) == len(SERIES)
    with pytest.raises(ValueError, match="8 lines cannot be told apart; 7 at most"):
        plotting.plot_step_losses({"a": [1, 2]}, levels | {"one more": 3})


def test_draws_into_given_axes():
    _, given = plt.subplots(1, 2)
    drawn = plotting.plot_step_losses({"a": [1, 2], "b": [2, 1]}, {"level": 1.5}, top=3, axes=given)
    assert drawn is given
    assert given[0].get_legend() is not None
    assert given[1].get_ylim() == (0, 3)


def test_without_levels_there_is_no_legend():
    (ax,) = plotting.plot_step_losses({"a": [1, 2]})
    assert not ax.figure.legends


def test_a_healthy_training_lies_behind_every_panel_and_in_the_legend():
    axes = plotting.plot_step_losses({"a": [3, 4], "b": [2, 2]}, {"guessing": 2.3}, healthy=[2.3, 0.1])
    for ax, losses in zip(axes, ([3, 4], [2, 2]), strict=True):
        behind, sick, _ = ax.lines
        assert list(behind.get_ydata()) == [2.3, 0.1]
        assert list(sick.get_ydata()) == losses
        assert behind.get_linewidth() < sick.get_linewidth()
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["healthy", "guessing (2.30)"]


def test_the_curve_of_surprise_is_minus_the_logarithm():
    ax = plotting.plot_surprise((0.5, 0.1))
    curve, marked = ax.lines
    np.testing.assert_allclose(curve.get_ydata(), -np.log(curve.get_xdata()))
    np.testing.assert_allclose(marked.get_xydata(), [(0.5, 0.693147), (0.1, 2.302585)], rtol=1e-5)
    assert [text.get_text() for text in ax.texts] == ["50%: 0.69", "10%: 2.30"]


def test_every_measure_has_its_panel():
    axes = plotting.plot_measures([0, 1, 2], {"accuracy": [0, 0, 1], "loss": [3, 2, 1]})
    assert [ax.get_ylabel() for ax in axes] == ["accuracy", "loss"]
    assert [ax.lines[0].get_ydata().tolist() for ax in axes] == [[0, 0, 1], [3, 2, 1]]


def test_every_batch_is_a_dot_in_the_row_of_its_size():
    ax = plotting.plot_batch_slopes({8: [0.1, -0.2], 32: [0.05]}, whole=0.02)
    small, large, whole = ax.lines
    assert small.get_xydata().tolist() == [[0.1, 0], [-0.2, 0]]
    assert large.get_xydata().tolist() == [[0.05, 1]]
    assert whole.get_xdata() == [0.02, 0.02]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["8", "32"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["all images: +0.020"]
