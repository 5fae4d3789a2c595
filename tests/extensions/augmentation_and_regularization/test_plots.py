"""The figures of augmentation_and_regularization: what is drawn is what was handed in."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from mnist_helpers.extensions.augmentation_and_regularization import plots

RNG = np.random.default_rng(0)
PICTURES = RNG.random((3, 28, 28))
ROWS = {"before": (PICTURES * 255).astype(np.uint8), "after": PICTURES[::-1]}
RECIPES, EXAMS = ["nothing", "turns"], ["as they are", "noise of ± 60", "shifted"]
MEANS = pd.DataFrame([[0.98, 0.77, 0.6], [0.97, 0.8, 0.7]], index=RECIPES, columns=EXAMS)
SPREADS = pd.DataFrame([[0.001, 0.02, np.nan], [0.002, 0.03, 0.004]], index=RECIPES, columns=EXAMS)
DIGITS = pd.DataFrame(
    RNG.random((5, 10)), index=["nothing", "mirroring", "any angle", "shifts", "all"],
    columns=[f"digit {k}" for k in range(10)],
)  # fmt: skip
EDGES = np.linspace(-0.4, 0.4, 9)
ANGLES = [0, 90, 180]
TURNED = {"nothing": RNG.random((3, 3)), "turns": RNG.random((3, 3))}
SHARES = {f"model {k}": RNG.random(8) for k in range(4)}

CASES = {
    "plot_changes": (ROWS,),
    "plot_accuracy_table": (MEANS, SPREADS),
    "plot_digit_accuracies": (DIGITS, DIGITS / 100),
    "plot_rotation": (ANGLES, TURNED),
}


def test_every_picture_stands_in_its_row_and_column():
    ax = plots.plot_changes(ROWS)
    mosaic = ax.images[0].get_array()
    assert mosaic.shape == (2 * 32, 3 * 32)
    for row, pictures in enumerate(ROWS.values()):
        for column, picture in enumerate(pictures):
            cell = mosaic[32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
            expected = picture / 255 if picture.dtype == np.uint8 else picture
            np.testing.assert_allclose(cell[2:-2, 2:-2], expected)
            assert cell[0].min() == cell[:, 0].min() == 1  # white between them
    assert [label.get_text() for label in ax.get_yticklabels()] == ["before", "after"]
    assert ax.get_yticks().tolist() == [15.5, 47.5]


def test_tensors_are_drawn_as_arrays_are():
    from_tensor = plots.plot_changes({"one": torch.from_numpy(PICTURES)})
    from_array = plots.plot_changes({"one": PICTURES})
    np.testing.assert_array_equal(from_tensor.images[0].get_array(), from_array.images[0].get_array())


def test_every_cell_of_the_table_says_mean_and_spread():
    ax = plots.plot_accuracy_table(MEANS, SPREADS)
    assert [text.get_text() for text in ax.texts] == [
        "98.0%\n± 0.1", "77.0%\n± 2.0", "60.0%", "97.0%\n± 0.2", "80.0%\n± 3.0", "70.0%\n± 0.4",
    ]  # fmt: skip
    np.testing.assert_allclose(ax.collections[0].get_array().ravel(), MEANS.to_numpy().ravel())
    assert [label.get_text() for label in ax.get_yticklabels()] == RECIPES
    dark = {text.get_text()[:5]: text.get_color() for text in ax.texts}
    assert (dark["98.0%"], dark["60.0%"]) == ("black", "white")
    assert [label.get_text().split() for label in ax.get_xticklabels()] == [name.split() for name in EXAMS]


def test_each_recipe_has_its_own_marker_at_every_digit():
    ax = plots.plot_digit_accuracies(DIGITS, DIGITS / 100)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(DIGITS.index)
    for container, (_, values) in zip(ax.containers, DIGITS.iterrows(), strict=True):
        line = container.lines[0]
        np.testing.assert_allclose(line.get_ydata().astype(float), values)
        np.testing.assert_array_equal(np.round(line.get_xdata().astype(float)), range(10))
        low, high = np.array(container.lines[2][0].get_segments())[:, :, 1].T
        np.testing.assert_allclose(high - low, 2 * values / 100)
    assert len({container.lines[0].get_marker() for container in ax.containers}) == 5


def test_a_single_seed_has_no_spread_and_is_drawn_all_the_same(recwarn):
    unknown = DIGITS * np.nan
    plots.plot_digit_accuracies(DIGITS, unknown).figure.canvas.draw()
    plots.plot_accuracy_table(MEANS, SPREADS * np.nan).figure.canvas.draw()
    assert not recwarn.list


def test_spreads_belong_to_their_recipe_in_whatever_order_they_are_given():
    drawn = [plots.plot_digit_accuracies(DIGITS, spreads) for spreads in (DIGITS / 100, DIGITS[::-1] / 100)]
    bars = [[container.lines[2][0].get_segments() for container in ax.containers] for ax in drawn]
    np.testing.assert_array_equal(*bars)
    texts = [
        [text.get_text() for text in plots.plot_accuracy_table(MEANS, spreads).texts]
        for spreads in (SPREADS, SPREADS.iloc[::-1, ::-1])
    ]
    assert texts[0] == texts[1]


def test_histograms_show_every_bin_on_a_logarithmic_axis_over_the_outline_of_the_reference():
    axes = plots.plot_weight_histograms(EDGES, SHARES, reference="model 1")
    assert [ax.get_title() for ax in axes] == ["model 0", "model 2", "model 3"]
    for ax in axes:
        own, outline = (patch.get_data() for patch in ax.patches)
        np.testing.assert_allclose(own.values, SHARES[ax.get_title()])
        np.testing.assert_allclose(outline.values, SHARES["model 1"])
        np.testing.assert_allclose(own.edges, EDGES)
        assert ax.get_yscale() == "log"
        assert ax.get_xlabel() == "weight"
        assert ax.get_ylim() == axes[0].get_ylim()  # to be compared at a glance
    (legend,) = axes[0].figure.legends  # beside the bars: on them it could not be read
    assert [text.get_text() for text in legend.get_texts()] == ["model 1"]
    axes[0].figure.canvas.draw()
    assert not any(legend.get_window_extent().overlaps(ax.get_window_extent()) for ax in axes)


def test_accuracy_against_rotation_has_a_line_and_a_band_per_recipe_and_a_picture_per_angle():
    ax = plots.plot_rotation(ANGLES, TURNED, PICTURES)
    ax.figure.canvas.draw()  # matplotlib 3.9 places pictures in the axes only now
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(TURNED)
    for line, band, shares in zip(ax.lines, ax.collections, TURNED.values(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), shares.mean(axis=0))
        edges = {(x, round(y, 6)) for x, y in band.get_paths()[0].vertices.tolist()}
        assert {(x, round(y, 6)) for x, y in zip(ANGLES, shares.min(axis=0), strict=True)} <= edges
    assert ax.get_xticks().tolist() == ANGLES
    assert len({line.get_marker() for line in ax.lines}) == len(TURNED)
    for spot, picture, angle in zip(ax.child_axes, PICTURES, ANGLES, strict=True):
        np.testing.assert_allclose(spot.images[0].get_array(), picture)
        left, right = (ax.transData.inverted().transform(spot.get_window_extent())[:, 0]).tolist()
        assert left < angle < right  # over its own tick


@pytest.mark.parametrize("name", CASES)
def test_they_draw_into_the_axes_they_are_given_without_a_warning(name, recwarn):
    figure, ax = plt.subplots()
    assert getattr(plots, name)(*CASES[name], ax=ax) is ax
    assert ax.has_data()
    assert plt.get_fignums() == [figure.number]
    figure.canvas.draw()
    assert not recwarn.list
