"""The figures of architectures: they draw what they are given, with labels, and not by colour alone."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.transforms import Bbox

from mnist_helpers.extensions.architectures import complexity_plots, plots
from mnist_helpers.extensions.architectures.explorer import BudgetSlider, best_within
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


def test_a_window_shows_its_values_the_products_and_which_pixel_they_make():
    image, kernel = np.arange(20.0).reshape(4, 5), np.array([[-1, 0, 1]] * 3)
    result = np.zeros((4, 5))
    axes = plots.plot_window(image, kernel, result, place=(2, 1))
    assert [len(ax.texts) for ax in axes] == [0, 9, 9, 9, 0]
    assert [text.get_text() for text in axes[1].texts][:3] == ["5", "6", "7"]
    assert [text.get_text() for text in axes[3].texts][:3] == ["-5", "0", "7"]
    assert axes[3].get_xlabel() == "sum: 6"
    large, small = axes[0].patches[0], axes[4].patches[0]
    assert large.get_xy() == (-0.5, 0.5)
    assert small.get_xy() == (0.5, 1.5)
    assert (large.get_width(), large.get_height(), small.get_width()) == (3, 3, 1)
    assert to_rgb(large.get_edgecolor()) == to_rgb(BLUE)  # seen on black, on white, on orange and on purple


def test_a_window_at_the_edge_reaches_into_the_frame_of_zeros():
    axes = plots.plot_window(np.ones((4, 5)), np.ones((3, 3)), np.zeros((4, 5)), place=(0, 4))
    assert [text.get_text() for text in axes[1].texts] == ["0", "0", "0", "1", "1", "0", "1", "1", "0"]


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


def some_models():
    rows = {
        "linear": ("linear", 7_850, 7_840, 0.1, 0.915), "MLP 32": ("MLP", 25_450, 25_408, 0.13, 0.962),
        "MLP 512": ("MLP", 535_818, 535_040, 0.7, 0.9900), "LeNet": ("LeNet", 61_706, 416_520, 1.4, 0.9910),
        "CNN 8": ("CNN", 6_274, 508_352, 2.4, 0.9901), "ResNet 8": ("ResNet", 19_714, 687_552, 4.1, 0.9945),
        "ResNet 16": ("ResNet", 77_562, 2_636_672, 5.0, 0.9955), "Slim 1": ("Slim", 1_698, 150_000, 2, 0.985),
    }  # fmt: skip
    columns = ["family", "parameters", "multiply_adds", "seconds_per_epoch", "accuracy"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).infer_objects()
    return table.assign(spread=0.0005, val_accuracy=table.accuracy - 0.001)


def fronts(table):
    return {cost: pareto_front(table[cost], table.val_accuracy) for cost in complexity_plots.COST_LABELS}


@pytest.fixture
def table():
    return some_models()


@pytest.fixture(scope="module")
def chart():
    """Drawn once: placing the names takes a second or two."""
    table = some_models()
    return complexity_plots.plot_accuracy_vs_complexity(table, fronts(table), complexity_plots.CLAIMED)


def test_the_chart_has_logarithmic_axes_and_error_bars_in_every_family(chart, table):
    for ax, cost in zip(chart, complexity_plots.COST_LABELS, strict=True):
        assert ax.get_xscale() == ax.get_yscale() == "log"
        assert ax.get_xlabel() == complexity_plots.COST_LABELS[cost]
        shown = table[table.accuracy >= complexity_plots.LOWEST]
        assert {container.get_label() for container in ax.containers} == set(shown.family)
        for container in ax.containers:
            rows = shown[shown.family == container.get_label()]
            points, _, (bars,) = container.lines
            np.testing.assert_array_equal(points.get_xdata(), rows[cost])
            np.testing.assert_allclose(points.get_ydata().astype(float), 1 - rows.accuracy)
            heights = [np.ptp(segment[:, 1]) for segment in bars.get_segments()]
            np.testing.assert_allclose(heights, 0.001)
        markers = [container.lines[0].get_marker() for container in ax.containers]
        assert len(set(markers)) == len(markers)  # not by colour alone
    assert chart[0].get_ylabel()
    low, high = chart[0].get_ylim()
    assert low > high  # few errors are at the top
    assert "99%" in [label.get_text() for label in chart[0].get_yticklabels()]


def test_what_is_worse_than_the_lowest_stands_at_the_edge_and_is_named_with_its_accuracy(chart):
    for ax in chart:
        low = [line for line in ax.lines if line.get_marker() == "v"]
        assert sum(len(line.get_xdata()) for line in low) == 2
        assert {text.get_text() for text in ax.texts} >= {"linear (91.5%)", "MLP 32 (96.2%)"}


def test_claims_of_others_are_hollow_and_only_where_their_cost_is_known(chart):
    hollow = [[line for line in ax.lines if line.get_marker() == "h"] for ax in chart]
    assert [len(lines) for lines in hollow] == [len(complexity_plots.CLAIMED), 0, 0]
    found = {int(line.get_xdata()[0]): 1 - float(line.get_ydata()[0]) for line in hollow[0]}
    assert found == pytest.approx(complexity_plots.CLAIMED)
    assert {line.get_markerfacecolor() for line in hollow[0]} == {"white"}


def test_the_front_is_a_line_through_its_models_whose_names_are_bold(chart, table):
    for ax, (cost, on_front) in zip(chart, fronts(table).items(), strict=True):
        front = table[on_front].sort_values(cost)
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), front[cost])
        bold = {text.get_text().split(" (")[0] for text in ax.texts if text.get_fontweight() == "bold"}
        assert bold == set(front.index)
        assert {text.get_text().split(" (")[0] for text in ax.texts} == set(table.index)


def test_no_name_covers_a_point_an_error_bar_a_claim_or_another_name(chart, table):
    chart[0].figure.canvas.draw()
    for ax, cost in zip(chart, complexity_plots.COST_LABELS, strict=True):
        names = [text.get_window_extent() for text in ax.texts]
        assert not any(one.overlaps(other) for one, other in combinations(names, 2))
        heights = np.minimum(1 - table.accuracy, 1 - complexity_plots.LOWEST)
        points = ax.transData.transform(np.column_stack([table[cost], heights]))
        bars = [
            Bbox(ax.transData.transform(segment)).padded(1)
            for container in ax.containers
            for segment in container.lines[2][0].get_segments()
        ]
        claims = [line.get_window_extent() for line in ax.lines if line.get_marker() == "h"]
        for name, text in zip(names, ax.texts, strict=True):
            for other in [
                *bars,
                *claims,
                *(Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in points),
            ]:
                assert not name.overlaps(other), text.get_text()
            assert ax.bbox.x0 <= name.x0 < name.x1 <= ax.bbox.x1, text.get_text()


def test_a_budget_rings_the_chosen_model_and_veils_what_costs_more(table):
    ax = complexity_plots.plot_budget(table, "parameters", 10_000, "CNN 8")
    assert [line.get_xdata() for line in ax.lines if line.get_linestyle() == "--"] == [[10_000, 10_000]]
    ring = next(line for line in ax.lines if line.get_marker() == "o" and line.get_markersize() > 15)
    assert ring.get_xdata() == [6_274]
    assert ax.patches[0].get_x() == 10_000
    assert ax.get_xlim()[1] < 10 * table.parameters.max()


def test_the_best_within_a_budget_is_chosen_by_validation(table):
    assert best_within(table, "parameters", 20_000) == "ResNet 8"
    assert best_within(table, "parameters", 19_000) == "CNN 8"
    table.loc["Slim 1", "val_accuracy"] = 0.9999  # its test accuracy stays the lowest of the convolutional
    assert best_within(table, "parameters", 20_000) == "Slim 1"
    assert best_within(table, "parameters", 1) is None


def test_buttons_and_slider_choose_the_picture_and_the_sentence(table):
    slider = BudgetSlider(table)
    cost, budget, answer, picture = slider.children
    budget.value = 10_000
    assert "Take <b>CNN 8</b>: 6,274 parameters" in answer.value
    before = picture.value
    cost.value = "seconds_per_epoch"
    assert table.seconds_per_epoch.min() < budget.value < table.seconds_per_epoch.max()
    budget.value = 4.5
    assert "Take <b>ResNet 8</b>: 4.1 seconds per epoch of training" in answer.value
    assert picture.value != before
    budget.value = 10**budget.min
    assert answer.value == "None of them is as cheap as that."
    assert not plt.get_fignums()


def test_without_widgets_a_sentence_stands_in_their_place(table, bundle_of):
    bundle = bundle_of(BudgetSlider(table))
    assert "JupyterLab" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_given_axes_are_used(table):
    _, ax = plt.subplots()
    assert plots.plot_gradient_sizes({"one": [0.9]}, ax=ax) is ax
