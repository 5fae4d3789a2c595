"""Figures of neurons: what is drawn is the product, the sum, the border and the bends."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from mnist_helpers import plotting
from mnist_helpers.plotting.style import BLUE, VERMILION

IMAGES = np.random.default_rng(0).random((2, 784))
WEIGHTS = np.linspace(-2, 1, 784)
X = np.linspace(-1, 1, 5)
PARTS = np.column_stack([X, -2 * X])
POINTS, INSIDE = np.array([[0.0, 0.5], [0.1, -0.5], [0.9, 0.0]]), np.array([True, True, False])
# Inside is where x is below 1/2; one neuron bends along x = 1/2.
BORDERS = (POINTS, INSIDE, X, {"one": 0.5 - X[:, None] + 0 * X}, {"one": np.array([[2.0, 0.0, -1.0]])})


def test_the_evidence_is_the_product_and_its_sum_is_written_above():
    picture, weights, evidence = plotting.plot_evidence(IMAGES[:1], WEIGHTS, -1.5)
    np.testing.assert_allclose(picture.images[0].get_array(), IMAGES[0].reshape(28, 28))
    np.testing.assert_allclose(weights.images[0].get_array(), WEIGHTS.reshape(28, 28))
    np.testing.assert_allclose(evidence.images[0].get_array(), (IMAGES[0] * WEIGHTS).reshape(28, 28))
    total = IMAGES[0] @ WEIGHTS - 1.5
    assert f"bias −1.5: {total:+.1f}".replace("-", "−") in evidence.get_title()
    assert weights.images[0].get_clim() == evidence.images[0].get_clim() == (-2, 2)  # 0 is white
    assert [to_hex(weights.images[0].cmap(end)).upper() for end in (0.0, 1.0)] == [BLUE, VERMILION]


def test_signs_mark_the_pixels_that_speak_strongly():
    _, weights, _ = plotting.plot_evidence(IMAGES[:1], WEIGHTS, 0)
    plus, minus = (marks.get_offsets() for marks in weights.collections)
    assert len(plus) == (WEIGHTS > 0.6).sum()
    assert len(minus) == (WEIGHTS < -0.6).sum()
    assert plus[-1].tolist() == [27, 27]  # column and row of the last pixel


def test_the_sum_of_the_parts_is_the_thick_line():
    *parts, total = plotting.plot_sums(X, {"both": PARTS})[0].lines
    np.testing.assert_array_equal([line.get_ydata() for line in parts], PARTS.T)
    np.testing.assert_array_equal(total.get_ydata(), -X)
    assert total.get_linewidth() > parts[0].get_linewidth()


def test_the_border_and_the_bend_lie_where_score_and_neuron_are_zero():
    (ax,) = plotting.plot_borders(*BORDERS)
    shaded, border, inside, outside = ax.collections
    assert shaded.get_paths()[0].vertices[:, 0].max() == pytest.approx(0.5)
    np.testing.assert_allclose(border.get_paths()[0].vertices[:, 0], 0.5)
    assert ax.lines[0].get_xy1()[0] == ax.lines[0].get_xy2()[0] == 0.5
    np.testing.assert_array_equal(inside.get_offsets(), POINTS[INSIDE])
    np.testing.assert_array_equal(outside.get_offsets(), POINTS[~INSIDE])
    assert len(inside.get_paths()[0].vertices) != len(outside.get_paths()[0].vertices)  # circle, triangle
