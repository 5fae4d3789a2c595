"""Gradient descent drawn: every place it came by, frame by frame, and with sliders."""

import matplotlib.pyplot as plt
import numpy as np

from mnist_helpers import plotting

ACROSS, UP = np.linspace(-2, 2, 21), np.linspace(0, 4, 11)


def parabola(rate, steps, ax=None):
    path = 1.5 * (1 - rate) ** np.arange(steps + 1)
    return plotting.plot_slope(ACROSS, ACROSS**2 / 2, path, ax=ax)


def test_a_descent_lies_on_the_curve_and_its_last_place_is_marked():
    ax = parabola(0.5, 3)
    curve, path, last = ax.lines
    np.testing.assert_allclose(curve.get_ydata(), ACROSS**2 / 2)
    np.testing.assert_allclose(path.get_xdata(), [1.5, 0.75, 0.375, 0.1875])
    np.testing.assert_allclose(path.get_ydata(), path.get_xdata() ** 2 / 2, atol=0.01)
    assert last.get_xydata().tolist() == [path.get_xydata()[-1].tolist()]
    assert last.get_markersize() > path.get_markersize()


def test_a_valley_shows_its_lowest_place_and_the_way():
    losses = (ACROSS[None] - 1) ** 2 + (UP[:, None] - 2) ** 2
    ax = plotting.plot_valley(ACROSS, UP, losses, [(-1, 0), (0, 1)])
    lowest, path, last = ax.lines
    np.testing.assert_allclose(lowest.get_xydata(), [(1, 2)])
    assert path.get_xydata().tolist() == [[-1, 0], [0, 1]]
    assert last.get_xydata().tolist() == [[0, 1]]
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (0, 4))


def test_a_filmstrip_has_a_row_per_rate_and_a_frame_per_step():
    axes = plotting.plot_filmstrip(parabola, rates=(0.1, 0.5), steps=(0, 1, 4))
    assert axes.shape == (2, 3)
    assert [ax.get_title() for ax in axes[0]] == ["after 0 steps", "after 1 step", "after 4 steps"]
    assert [ax.get_ylabel().split("\n")[0] for ax in axes[:, 0]] == ["learning rate 0.1", "learning rate 0.5"]
    assert [[len(ax.lines[1].get_xdata()) for ax in row] for row in axes] == [[1, 2, 5]] * 2
    assert axes[1, 2].lines[1].get_xdata()[1] == 0.75


def test_the_sliders_choose_the_frame():
    drawn = []

    def draw(rate, steps):
        drawn.append((rate, steps))
        return parabola(rate, steps)

    sliders = plotting.Sliders(draw, rates=(0.1, 0.5), steps=10)
    rate, step, picture = sliders.children
    first = picture.value
    step.value, rate.value = 4, 0.5
    assert drawn == [(0.1, 0), (0.1, 4), (0.5, 4)]
    assert first.startswith('<img alt="The frame of learning rate 0.1, steps 0" src="data:image/png;')
    assert picture.value != first
    assert not plt.get_fignums()


def test_what_is_no_descent_has_names_of_its_own():
    axes = plotting.plot_filmstrip(parabola, (0.5,), (1, 11), row="T = {:g}", column="turned by {}°")
    assert [ax.get_title() for ax in axes[0]] == ["turned by 1°", "turned by 11°"]
    assert axes[0, 0].get_ylabel().startswith("T = 0.5\n")
    first, second, picture = plotting.Sliders(parabola, (0.5,), 9, names=("T", "degrees")).children
    assert (first.description, second.description) == ("T", "degrees")
    assert 'alt="The frame of T 0.5, degrees 0"' in picture.value


def test_without_widgets_a_sentence_stands_in_the_place_of_the_sliders(bundle_of):
    bundle = bundle_of(plotting.Sliders(parabola, rates=(0.1, 0.5), steps=10))
    assert "JupyterLab" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
