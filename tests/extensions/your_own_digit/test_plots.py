"""The figures of your_own_digit: they draw what they are given, with labels, and not by colour alone."""

import numpy as np
import pytest

from mnist_helpers import plotting
from mnist_helpers.extensions.your_own_digit import plots


def test_pictures_stand_under_their_names_and_sizes():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    colour = np.zeros((5, 6, 3), dtype=np.uint8)
    pictures = {"grey": grey, "mask": grey > 4, "colour": colour, "more": grey}
    axes = plotting.plot_pictures(pictures)
    assert [ax.get_title() for ax in axes] == [
        "grey\n3 × 4 pixels", "mask\n3 × 4 pixels", "colour\n5 × 6 pixels", "more\n3 × 4 pixels",
    ]  # fmt: skip
    np.testing.assert_array_equal(axes[0].images[0].get_array(), grey)
    assert axes[0].images[0].get_clim() == (0, 255)
    assert axes[1].images[0].get_clim() == (0, 1)
    assert sum(ax.axison for ax in axes[0].figure.axes) == 4  # the places that are left over are empty


def test_a_mark_stands_at_its_row_and_column():
    picture = np.zeros((20, 10), dtype=np.uint8)
    plain, marked = plotting.plot_pictures({"plain": picture, "marked": picture}, {"marked": (15.0, 4.0)})
    assert not plain.lines
    assert marked.lines[0].get_xydata().tolist() == [[4.0, 15.0]]


def test_robustness_draws_every_line_with_its_bars():
    shifts = np.arange(5)
    accuracies = {"bare": np.linspace(1, 0.4, 5), "prepared": np.full(5, 0.98), "third": np.full(5, 0.9)}
    spreads = {"bare": np.full(5, 0.02), "prepared": np.full((2, 5), 0.01), "third": np.zeros(5)}
    ax = plots.plot_robustness(shifts, accuracies, spreads, "shift (pixels)")
    assert ax.get_xlabel() == "shift (pixels)"
    assert "accuracy" in ax.get_ylabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(accuracies)
    for container, values in zip(ax.containers, accuracies.values(), strict=True):
        np.testing.assert_allclose(container.lines[0].get_ydata(), values)
    segments = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(segments[0], [[0, 0.98], [0, 1.02]])
    looks = {(line.get_marker(), line.get_linestyle()) for line in (c.lines[0] for c in ax.containers)}
    assert len(looks) == 3


@pytest.mark.parametrize("draw", ["plot_pictures", "plot_robustness"])
def test_they_draw_into_axes_that_are_given(draw):
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, 1, squeeze=False)
    if draw == "plot_pictures":
        result = plotting.plot_pictures({"one": np.zeros((2, 2))}, axes=axes.flatten())
        assert result[0] is axes[0, 0]
    else:
        result = plots.plot_robustness([0, 1], {"a": [1, 0]}, {"a": [0, 0]}, "x", ax=axes[0, 0])
        assert result is axes[0, 0]
