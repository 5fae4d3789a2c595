"""The figures of trusting_the_model: they draw what they are given, with labels, and not by colour alone."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from mnist_helpers.extensions.trusting_the_model import plots
from mnist_helpers.extensions.trusting_the_model.calibration import ReliabilityBins, reliability_bins


def labelled(ax):
    return ax.get_xlabel() and ax.get_ylabel()


def test_reliability_shows_every_filled_bin_and_marks_those_without_a_mistake():
    nan = np.nan
    bins = ReliabilityBins(
        counts=np.array([900, 0, 50, 50]), doubt=np.array([1e-9, nan, 0.01, 0.2]),
        wrong=np.array([0, nan, 0.02, 0.3]), low=np.array([0, nan, 0.01, 0.2]),
        high=np.array([0.004, nan, 0.1, 0.4]),
    )  # fmt: skip
    ax = plots.plot_reliability(bins, "title")
    assert labelled(ax)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    diagonal, none = ax.lines[0], ax.lines[-1]
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    np.testing.assert_allclose(ax.containers[0].lines[0].get_xydata(), [(0.01, 0.02), (0.2, 0.3)])
    assert none.get_ydata().tolist() == [0.004]
    assert none.get_xdata()[0] == ax.get_xlim()[0]  # what is off the axis stands at its edge
    assert len(ax.get_legend().get_texts()) == 3


def test_weights_share_one_scale_with_zero_in_the_middle():
    weights = np.random.default_rng(0).normal(size=(10, 28, 28))
    axes = plots.plot_weights(weights)
    assert len(axes) == 10
    limits = {ax.images[0].get_clim() for ax in axes}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high
    np.testing.assert_array_equal(axes[7].images[0].get_array(), weights[7])


def test_saliency_shows_each_image_above_its_slopes_with_zero_in_the_middle():
    images, slopes = np.random.default_rng(0).uniform(size=(2, 3, 28, 28))
    slopes[1] -= 2
    axes = plots.plot_saliency(images, slopes, ["one", "two", "three"])
    assert [ax.get_title() for ax in axes] == ["one", "two", "three", "", "", ""]
    np.testing.assert_array_equal(axes[1].images[0].get_array(), images[1])
    np.testing.assert_array_equal(axes[4].images[0].get_array(), slopes[1])
    low, high = axes[4].images[0].get_clim()
    assert low == -high == slopes[1].min()


def test_given_axes_are_used():
    _, ax = plt.subplots()
    bins = reliability_bins(torch.full((3, 10), 0.1), torch.zeros(3, dtype=torch.int64))
    assert plots.plot_reliability(bins, ax=ax) is ax
    assert ax.get_legend() is None
    low, high = ax.get_xlim()
    assert all(10 * low < tick < high / 10 for tick in ax.get_xticks())  # labels of neighbours do not touch
