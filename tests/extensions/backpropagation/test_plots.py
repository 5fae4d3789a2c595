"""The figures of backpropagation draw what they are given, with labels, and not by colour alone."""

import matplotlib.pyplot as plt
import numpy as np

from mnist_helpers.extensions.backpropagation import plots


def bowl(a, b):
    return a**2 + b**2


def test_every_walk_has_its_valley_its_path_and_where_it_ends():
    walks = {"plain": np.array([[2.0, 1.0], [1.0, 0.0]]), "better": np.array([[2.0, 1.0], [0.0, 0.0]])}
    axes = plots.plot_walks(bowl, walks)
    assert [ax.get_title() for ax in axes] == ["plain: loss 1 after 1 steps", "better: loss 0 after 1 steps"]
    for ax, path in zip(axes, walks.values(), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_xydata(), path)
        assert {line.get_marker() for line in ax.lines} == {"o", "s", "*"}
        assert ax.get_xlim()[1] > 2
        assert ax.get_ylabel()
    assert axes[-1].get_xlabel()


def test_activations_are_shares_on_one_scale_and_those_beyond_it_are_counted():
    starts = {"zero": [np.zeros(4), np.zeros(4)], "large": [np.ones(4), np.array([0.0, 0, 9, 9])]}
    axes = plots.plot_activations(starts, (1, 2))
    assert axes.shape == (2, 2)
    heights = np.array([bar.get_height() for bar in axes[1, 1].patches])
    assert heights.sum() == 1
    assert heights[0] == heights[-1] == 0.5
    assert axes[1, 1].texts[0].get_text() == "spread 4.5"
    assert [ax.get_title() for ax in axes[0]] == ["layer 1", "layer 2"]
    assert axes[0, 0].get_ylabel().startswith("zero")


def test_they_draw_into_axes_that_are_given():
    _, axes = plt.subplots(1, 2)
    assert plots.plot_walks(bowl, {"a": np.ones((2, 2)), "b": np.ones((2, 2))}, axes) is axes
    _, axes = plt.subplots(1, 2, squeeze=False)
    assert plots.plot_activations({"a": [np.ones(3)] * 5}, (1, 5), axes) is axes
