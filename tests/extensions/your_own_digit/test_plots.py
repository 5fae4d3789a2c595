"""The figures of your_own_digit: they draw what they are given, with labels, and not by colour alone."""

import matplotlib.pyplot as plt
import numpy as np

from mnist_helpers.extensions.your_own_digit import plots


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


def test_it_draws_into_axes_that_are_given():
    _, ax = plt.subplots()
    assert plots.plot_robustness([0, 1], {"a": [1, 0]}, {"a": [0, 0]}, "x", ax=ax) is ax
