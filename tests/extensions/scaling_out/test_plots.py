"""The figure of scaling out: milliseconds on logarithmic axes."""

import matplotlib.pyplot as plt

from mnist_helpers.extensions.scaling_out import plots


def test_all_reduces_are_points_and_the_fit_is_a_line_in_milliseconds():
    _, (left, _) = plt.subplots(1, 2)
    ax = plots.plot_all_reduce({4: 1e-4, 4e6: 5e-3}, {4: 2e-4, 4e6: 4e-3}, gradient_bytes=437_544, ax=left)
    assert ax is left
    fit, points, ours = ax.lines
    assert list(points.get_ydata()) == [0.1, 5.0]
    assert list(fit.get_ydata()) == [0.2, 4.0]
    assert points.get_linestyle() == "None"
    assert list(ours.get_xdata()) == [437_544] * 2
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert "bytes" in ax.get_xlabel()
    assert "milliseconds" in ax.get_ylabel()
