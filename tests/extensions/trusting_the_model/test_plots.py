"""The figures of trusting_the_model: they draw what they are given, with labels, and not by colour alone."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mnist_helpers.extensions.trusting_the_model import plots
from mnist_helpers.extensions.trusting_the_model.calibration import reliability_bins


@pytest.fixture(autouse=True)
def _agg():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def labelled(ax):
    return ax.get_xlabel() and ax.get_ylabel()


def test_reliability_shows_every_filled_bin_and_every_count():
    probabilities = torch.randn(300, 10, generator=torch.Generator().manual_seed(0)).mul(3).softmax(dim=1)
    bins = reliability_bins(probabilities, probabilities.argmax(dim=1))
    ax = plots.plot_reliability(bins, "title")
    assert labelled(ax)
    x, y = ax.containers[0].lines[0].get_data()
    np.testing.assert_allclose(x, bins.confidence[bins.counts > 0])
    np.testing.assert_allclose(y, 1)
    assert [text.get_text() for text in ax.texts] == [f"{count:,}" for count in bins.counts]


def test_weights_share_one_scale_with_zero_in_the_middle():
    weights = np.random.default_rng(0).normal(size=(10, 28, 28))
    axes = plots.plot_weights(weights)
    assert len(axes) == 10
    limits = {ax.images[0].get_clim() for ax in axes}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high
    np.testing.assert_array_equal(axes[7].images[0].get_array(), weights[7])


def test_activations_keep_every_value():
    image, h1, h2, logits = np.zeros((28, 28)), np.arange(128.0), np.arange(64.0), np.arange(10.0)
    axes = plots.plot_activations(image, h1, h2, logits)
    np.testing.assert_array_equal(axes[1].images[0].get_array().ravel(), h1)
    np.testing.assert_array_equal(axes[2].images[0].get_array().ravel(), h2)
    assert [bar.get_height() for bar in axes[3].patches] == list(logits)
    assert "largest is 9" in axes[3].get_title()


def test_embedding_draws_each_digit_as_itself():
    points, labels = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 10
    ax = plots.plot_embedding(points, labels, "map")
    assert labelled(ax)
    assert len(ax.collections) == 10
    shapes = {path.vertices.shape for collection in ax.collections for path in collection.get_paths()}
    assert len(shapes) > 5  # markers differ, not only colours
    np.testing.assert_allclose(ax.collections[3].get_offsets(), points[labels == 3])


def test_given_axes_are_used():
    _, ax = plt.subplots()
    assert plots.plot_embedding(np.zeros((10, 2)), np.arange(10), ax=ax) is ax
