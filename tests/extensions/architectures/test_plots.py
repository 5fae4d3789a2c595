"""The figures of architectures: they draw what they are given, with labels, and not by colour alone."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.transforms import Bbox

from mnist_helpers.extensions.architectures import complexity_plots, plots
from mnist_helpers.networks import pareto_front
from mnist_helpers.plotting.style import BLUE


def labelled(ax):
    return ax.get_xlabel() and ax.get_ylabel()


def test_activation_functions_and_their_slopes_stand_side_by_side():
    x = np.linspace(-1, 1, 5)
    axes = plots.plot_activation_functions(x, {"a": x, "b": x**2}, {"a": x**0, "b": 2 * x})
    assert all(labelled(ax) for ax in axes)
    np.testing.assert_array_equal(axes[0].lines[1].get_ydata(), x**2)
    np.testing.assert_array_equal(axes[1].lines[1].get_ydata(), 2 * x)
    assert axes[0].lines[0].get_linestyle() != axes[0].lines[1].get_linestyle()


def test_gradient_sizes_are_drawn_on_a_logarithmic_axis_from_layer_1():
    ax = plots.plot_gradient_sizes({"plain": [1e-9, 1e-5, 1e-1], "skip": [1, 1, 1]})
    assert labelled(ax)
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(ax.lines[0].get_data(), ([1, 2, 3], [1e-9, 1e-5, 1e-1]))
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()


def test_every_network_has_its_line_in_a_style_of_its_own():
    ax = plots.plot_gradient_sizes({str(n): [1, 2] for n in range(7)})
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in ax.lines}) == 7


def test_a_convolution_shows_every_value_and_where_one_of_them_comes_from():
    patch, kernel, result = np.arange(20).reshape(4, 5), np.eye(3), np.arange(6).reshape(2, 3)
    axes = plots.plot_convolution(patch, kernel, result, window=(1, 2))
    assert [len(ax.texts) for ax in axes] == [20, 9, 6]
    assert axes[0].texts[7].get_text() == "7"
    large, small = axes[0].patches[0], axes[2].patches[0]
    assert large.get_xy() == small.get_xy() == (1.5, 0.5)
    assert (large.get_width(), large.get_height(), small.get_width()) == (3, 3, 1)
    assert to_rgb(large.get_edgecolor()) == to_rgb(BLUE)  # seen on black, on white, on orange and on purple


def test_kernels_share_one_scale_with_zero_in_the_middle():
    kernels = np.random.default_rng(0).normal(size=(6, 5, 5))
    axes = plots.plot_kernels(kernels)
    limits = {ax.images[0].get_clim() for ax in axes}
    assert limits == {(-np.abs(kernels).max(), np.abs(kernels).max())}
    np.testing.assert_array_equal(axes[3].images[0].get_array(), kernels[3])


def test_feature_maps_stand_layer_by_layer_behind_their_image():
    image, maps = np.eye(28), {"first": np.ones((6, 28, 28)), "second": np.arange(1600.0).reshape(16, 10, 10)}
    axes = plots.plot_feature_maps(image, maps)
    assert axes.shape == (2, 9)
    np.testing.assert_array_equal(axes[0, 0].images[0].get_array(), image)
    assert [len(ax.images) for ax in axes[0]] == [1] * 7 + [0, 0]
    np.testing.assert_array_equal(axes[1, 8].images[0].get_array(), maps["second"][7])
    assert [axes[row, 1].texts[0].get_text() for row in (0, 1)] == ["first", "second"]


@pytest.fixture
def table():
    rows = {
        "linear": ("linear", 7_850, 7_840, 0.915), "MLP 32": ("MLP", 25_450, 25_408, 0.962),
        "MLP 512-256": ("MLP", 535_818, 535_040, 0.9915), "LeNet": ("LeNet", 61_706, 416_520, 0.9910),
        "CNN 8": ("CNN", 6_274, 508_352, 0.9905), "ResNet 8": ("ResNet", 19_714, 687_552, 0.9945),
        "ResNet 16": ("ResNet", 77_562, 2_636_672, 0.9955),
    }  # fmt: skip
    columns = ["family", "parameters", "multiply_adds", "accuracy"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).infer_objects().assign(spread=0.0005)


@pytest.fixture
def chart(table):
    costs = ("parameters", "multiply_adds")
    return complexity_plots.plot_accuracy_vs_complexity(
        table, {cost: pareto_front(table[cost], table.accuracy) for cost in costs}
    )


def test_the_chart_has_logarithmic_axes_and_error_bars_in_every_family(chart, table):
    for ax, cost in zip(chart, ("parameters", "multiply_adds"), strict=True):
        assert ax.get_xscale() == ax.get_yscale() == "log"
        assert cost.replace("_", "-") in ax.get_xlabel()
        assert len(ax.containers) == 5
        for container in ax.containers:
            rows = table[table.family == container.get_label()]
            points, _, (bars,) = container.lines
            np.testing.assert_array_equal(points.get_xdata(), rows[cost])
            np.testing.assert_allclose(points.get_ydata().astype(float), 1 - rows.accuracy)
            heights = [np.ptp(segment[:, 1]) for segment in bars.get_segments()]
            np.testing.assert_allclose(heights, 0.001)
        markers = [container.lines[0].get_marker() for container in ax.containers]
        assert len(set(markers)) == 5  # not by colour alone
    assert chart[0].get_ylabel()
    low, high = chart[0].get_ylim()
    assert low > high  # few errors are at the top
    assert "99%" in [label.get_text() for label in chart[0].get_yticklabels()]


def test_the_front_is_a_line_through_its_models_whose_names_are_bold(chart, table):
    for ax, cost in zip(chart, ("parameters", "multiply_adds"), strict=True):
        front = table[pareto_front(table[cost], table.accuracy)].sort_values(cost)
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), front[cost])
        bold = {text.get_text() for text in ax.texts if text.get_fontweight() == "bold"}
        assert bold == set(front.index)
        assert {text.get_text() for text in ax.texts} == set(table.index)


def test_no_name_covers_another_one(chart):
    chart[0].figure.canvas.draw()
    for ax in chart:
        boxes = [text.get_window_extent() for text in ax.texts]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_names_stay_off_error_bars_and_inside_their_panel(chart, table):
    chart[0].figure.canvas.draw()
    for ax in chart:
        bars = [
            Bbox(ax.transData.transform(segment)).padded(1)
            for container in ax.containers
            for segment in container.lines[2][0].get_segments()
        ]
        for name in ax.texts:
            box = name.get_window_extent()
            assert not any(box.overlaps(bar) for bar in bars), name.get_text()
            assert ax.bbox.x0 <= box.x0 < box.x1 <= ax.bbox.x1, name.get_text()


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_models_side_by_side_each_name_stands_on_its_own_side(table, order):
    twins = table.loc[["CNN 8", "MLP 512-256"]].assign(multiply_adds=[508_352, 535_040], accuracy=0.99)
    table.loc["ResNet 8", "accuracy"] = 0.9918  # a third one is near
    everybody = pd.concat([table.drop(twins.index), twins[::order]])
    front = {"multiply_adds": pareto_front(everybody.multiply_adds, everybody.accuracy)}
    (ax,) = complexity_plots.plot_accuracy_vs_complexity(everybody, front)
    middle = ax.transData.transform((520_000, 0.01))[0]
    boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert boxes["CNN 8"].x1 < middle < boxes["MLP 512-256"].x0


def test_given_axes_are_used(table):
    _, ax = plt.subplots()
    assert plots.plot_gradient_sizes({"one": [0.9]}, ax=ax) is ax
