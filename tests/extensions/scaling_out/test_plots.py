"""The figures of scaling out: milliseconds on logarithmic axes, and the shortest step marked."""

import matplotlib.pyplot as plt
import pytest

from mnist_helpers.extensions.scaling_out import plots


def test_all_reduces_are_points_and_the_fit_is_a_line_in_milliseconds():
    ax = plots.plot_all_reduce({4: 1e-4, 4e6: 5e-3}, {4: 2e-4, 4e6: 4e-3}, gradient_bytes=437_544)
    fit, points, ours = ax.lines
    assert list(points.get_ydata()) == [0.1, 5.0]
    assert list(fit.get_ydata()) == [0.2, 4.0]
    assert points.get_linestyle() == "None"
    assert list(ours.get_xdata()) == [437_544] * 2
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert "bytes" in ax.get_xlabel()
    assert "milliseconds" in ax.get_ylabel()


def test_every_line_has_a_ring_at_its_shortest_step():
    predicted = {"small": {1: 1e-3, 2: 2e-3}, "large": {1: 9e-3, 2: 5e-3, 4: 4e-3}}
    ax = plots.plot_step_times(predicted, {"large": {1: 8e-3, 2: 6e-3}}, title="where it ends")
    rings = [
        (line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_fillstyle() == "none"
    ]
    assert rings == [(1, 1.0), (4, 4.0)]
    assert list(ax.lines[-1].get_ydata()) == [8.0, 6.0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["small", "large"]
    assert ax.get_title() == "where it ends"


def test_lines_differ_by_more_than_colour():
    ax = plots.plot_step_times({str(n): {1: 1, 2: 2} for n in range(7)}, {}, "seven")
    styles = [(line.get_color(), line.get_linestyle()) for line in ax.lines if line.get_label()[0] != "_"]
    assert len(set(styles)) == 7
    assert len({line for _, line in styles}) >= 4


def test_eight_lines_cannot_be_told_apart():
    with pytest.raises(ValueError, match="8 lines cannot be told apart; 7 at most"):
        plots.plot_step_times({str(n): {1: 1} for n in range(8)}, {}, "eight")


def test_both_draw_into_given_axes():
    _, (left, right) = plt.subplots(1, 2)
    assert plots.plot_all_reduce({4: 1}, {4: 1}, 4, ax=left) is left
    assert plots.plot_step_times({"a": {1: 1}}, {}, "", ax=right) is right
