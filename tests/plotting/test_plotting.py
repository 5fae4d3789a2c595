"""Every figure: what is drawn is what was handed in, where it was asked for, and nothing else changes."""

import copy
from dataclasses import fields

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from mnist_helpers import MLP, History, Prediction, PreparedPicture, plotting
from mnist_helpers.evaluation import Evaluation

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (4, 28, 28), dtype=np.uint8)
PROBABILITIES = np.array([0.01, 0.02, 0.03, 0.5, 0.04, 0.05, 0.2, 0.0, 0.05, 0.1])
HISTORY = History((1.5, 0.5, 0.2), (0.6, 0.9, 0.95), (1.6, 0.7, 0.6), (0.5, 0.8, 0.85), seconds=3.5)
CONFUSION = np.diag(np.arange(90, 100)) + np.eye(10, k=1, dtype=int) * 3
PREDICTION = Prediction(
    torch.tensor([1, 2, 3, 4]), torch.tensor([0.5, 0.9, 0.99999, 0.7]), torch.full((4, 10), 0.1)
)
PREDICTION_OF_TWO = Prediction(
    torch.tensor([3, 6]),
    torch.tensor([0.5, 0.5]),
    torch.tensor(np.stack([PROBABILITIES, np.roll(PROBABILITIES, 3)])),
)
PICTURE = PreparedPicture(
    **{field.name: IMAGES[0, : 20 + n] for n, field in enumerate(fields(PreparedPicture))}
)
EVALUATION = Evaluation(
    0.1, 0.9, *RNG.random((3, 10)), 0.5, 0.5, 0.5, CONFUSION,
    torch.zeros(1), torch.zeros(1), torch.zeros(1, 10),
)  # fmt: skip
INTERVALS = {
    name: [(score - 0.02, score + 0.01) for score in getattr(EVALUATION, name)]
    for name in ("precision", "recall")
}

X, NODES = np.linspace(-1, 1, 5), [("w", (0, 0), 1.0, 2.0), ("loss", (2, 0), 3.0, 1.0)]
SCORES = {"one": X[:, None] + X, "two": X[:, None] - X}

# function: (what it is given, how many Axes it draws)
CASES = {
    "plot_accuracies": (({"one": 0.9, "two": 0.8}, [(0.8, 0.95), (0.7, 0.9)], [0.99, 0.97]), 1),
    "plot_answers": ((IMAGES[:2], PREDICTION_OF_TWO, ["first", "second"]), 4),
    "plot_architecture": ((), 1),
    "plot_batch_slopes": (({8: [0.1, -0.2], 32: [0.05]}, 0.02), 1),
    "plot_borders": ((np.eye(2), [True, False], X, SCORES, dict.fromkeys(SCORES, np.eye(1, 3))), 2),
    "plot_class_scores": ((EVALUATION, INTERVALS), 1),
    "plot_computation": ((NODES, [("w", "loss", 2.0)]), 1),
    "plot_confusion_matrix": ((CONFUSION,), 1),
    "plot_digit_distribution": ((np.arange(10, 20), np.arange(1, 11)), 1),
    "plot_evidence": ((IMAGES[:2] / 255, np.linspace(-2, 1, 784), 1.0), 6),
    "plot_history": ((HISTORY,), 2),
    "plot_image_values": ((IMAGES[0],), 1),
    "plot_images": ((IMAGES, [7, 0, 5, 3]), 4),
    "plot_measures": ((X, {"loss": X**2, "accuracy": abs(X)}), 2),
    "plot_picture_steps": ((PICTURE,), 6),
    "plot_pictures": (({"one": IMAGES[0], "two": IMAGES[1]},), 2),
    "plot_pixel_histogram": ((np.arange(1, 257),), 1),
    "plot_predictions": ((IMAGES, PREDICTION, [1, 2, 3, 9]), 4),
    "plot_preprocessing_steps": ((IMAGES[0], IMAGES[0] / 255, IMAGES[0].ravel() / 255), 3),
    "plot_probabilities": ((PROBABILITIES, 6), 1),
    "plot_races": (({"small": HISTORY, "large": HISTORY},), 2),
    "plot_seeds": (({"one": [0.97, 0.98], "two": [0.99]},), 1),
    "plot_settings": (({0.001: HISTORY, 0.01: HISTORY}, "learning rate"), 2),
    "plot_slope": ((X, X**2, [0.9, 0.5]), 1),
    "plot_step_losses": (({"one": X, "two": -X}, {"guessing": 2.3}), 2),
    "plot_sums": ((X, {"one": X[:, None], "two": np.stack([X, -X], axis=1)}), 2),
    "plot_surprise": (([0.5, 0.1],), 1),
    "plot_valley": ((X, X, RNG.random((5, 5)), [(0.9, 0.9), (0.5, 0.5)]), 1),
}
WATCHED = {"Sliders", "live_history", "plot_filmstrip"}  # several figures each: their own tests look at them
# Here captions, named rows or the labels of the panel beside say what other figures say on both axes.
UNLABELLED = {
    "plot_accuracies", "plot_answers", "plot_architecture", "plot_borders", "plot_computation",
    "plot_evidence", "plot_images", "plot_picture_steps", "plot_pictures", "plot_predictions", "plot_races",
    "plot_seeds", "plot_settings", "plot_step_losses", "plot_sums",
}  # fmt: skip
every_figure = pytest.mark.parametrize(
    ("name", "arguments", "count"), [(name, *case) for name, case in CASES.items()], ids=CASES.keys()
)


def draw(name: str, *arguments, **options) -> list[Axes]:
    return list(np.atleast_1d(getattr(plotting, name)(*arguments, **options)))


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def heights(ax: Axes) -> list[float]:
    return [bar.get_height() for bar in ax.patches]


def test_every_public_figure_is_drawn_here():
    assert CASES.keys() | WATCHED == set(plotting.__all__)


@every_figure
def test_it_draws_a_figure_of_its_own_that_can_be_rendered(name, arguments, count, recwarn):
    axes = draw(name, *arguments)
    assert len(axes) == count
    assert len({ax.figure for ax in axes}) == len(plt.get_fignums()) == 1
    for ax in axes:
        if name in UNLABELLED:
            assert ax.get_title() or texts(ax)
        else:
            assert ax.get_xlabel()
            assert ax.get_ylabel()
    axes[0].figure.canvas.draw()
    # A missing glyph or a layout that does not fit would warn; what another test left open may, too.
    kinds = [warning.category for warning in recwarn]
    assert not [k for k in kinds if issubclass(k, UserWarning) and not issubclass(k, DeprecationWarning)]


@every_figure
def test_it_draws_into_axes_as_subplots_gives_them_and_tells_of_another_number(name, arguments, count):
    column, more = (plt.subplots(n, 1, squeeze=False)[1] for n in (count, count + 1))
    if count == 1:
        with pytest.raises(TypeError, match=r"ax must be of the kind Axes, not ndarray; plt\.subplots"):
            draw(name, *arguments, ax=more)
        return
    assert draw(name, *arguments, axes=column) == list(column.flat)
    with pytest.raises(ValueError, match=f"{count + 1} Axes are given where {count} are needed; make them"):
        draw(name, *arguments, axes=more)
    with pytest.raises(ValueError, match=f"1 Axes are given where {count} are needed"):
        draw(name, *arguments, axes=more[0, 0])


@every_figure
def test_it_draws_into_the_axes_it_is_given_and_changes_nothing_else(name, arguments, count, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("that is for the caller to do")

    for owner, function in ((plt, "show"), (plt, "savefig"), (Figure, "savefig"), (Figure, "show")):
        monkeypatch.setattr(owner, function, refuse)
    figure, axes = plt.subplots(1, count, squeeze=False)
    style, before = dict(mpl.rcParams), copy.deepcopy(arguments)
    given = {"ax": axes[0, 0]} if count == 1 else {"axes": axes[0]}
    assert draw(name, *arguments, **given) == list(axes[0])
    assert all(ax.has_data() or texts(ax) for ax in axes[0])
    assert plt.get_fignums() == [figure.number]
    assert dict(mpl.rcParams) == style
    for value, copied in zip(arguments, before, strict=True):
        assert not isinstance(value, np.ndarray) or np.array_equal(value, copied)


def test_the_distribution_shows_shares_as_bars_and_counts_as_numbers():
    train, test = np.arange(10, 20), np.arange(1, 11) * 1000
    (ax,) = draw("plot_digit_distribution", train, test)
    assert np.allclose(heights(ax), [*(train / train.sum()), *(test / test.sum())])
    assert texts(ax) == [f"{count:,}" for count in [*train, *test]]
    assert {"training set (145 images)", "test set (55,000 images)"} < set(legend(ax))


def test_the_pixel_histogram_shows_every_count_on_a_logarithmic_axis():
    counts = RNG.integers(1, 1000, 256)
    (ax,) = draw("plot_pixel_histogram", counts)
    assert heights(ax) == counts.tolist()
    assert ax.get_yscale() == "log"


def test_the_probabilities_are_the_bars_and_the_true_digit_is_named():
    (ax,) = draw("plot_probabilities", PROBABILITIES, 6)
    assert np.allclose(heights(ax), PROBABILITIES)
    assert [label.get_text() for label in ax.get_xticklabels()][6] == "6\ntrue"
    assert "answers 3" in ax.get_title()
    colours = [to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours.count(colours[3]) == 1  # the answer stands out


def test_the_curves_are_the_history():
    loss, accuracy = draw("plot_history", HISTORY)
    for ax, train, val in (
        (loss, HISTORY.train_loss, HISTORY.val_loss),
        (accuracy, HISTORY.train_accuracy, HISTORY.val_accuracy),
    ):
        assert legend(ax)[:2] == ["training", "validation"]
        for line, values in zip(ax.lines[:2], (train, val), strict=True):
            assert line.get_xdata().tolist() == [1, 2, 3]
            assert line.get_ydata().tolist() == list(values)
        assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()  # not by colour alone


def test_the_scores_are_precision_and_recall_of_each_digit_with_their_intervals():
    (ax,) = draw("plot_class_scores", EVALUATION, INTERVALS)
    assert legend(ax) == ["precision", "recall"]
    assert len({bars[0].get_marker() for bars in ax.containers}) == 2
    for name, bars in zip(INTERVALS, ax.containers, strict=True):
        points, _, (lines,) = bars
        assert np.allclose(points.get_ydata(), getattr(EVALUATION, name))
        assert np.allclose([line[:, 1] for line in lines.get_segments()], INTERVALS[name])


def test_each_image_stands_beside_its_probabilities():
    axes = draw("plot_answers", IMAGES[:2], PREDICTION_OF_TWO, ["first", "second"], [5, 6])
    for picture, bars, image, row, caption in zip(
        axes[::2], axes[1::2], IMAGES, PREDICTION_OF_TWO.probabilities, ("first", "second"), strict=False
    ):
        assert np.array_equal(picture.images[0].get_array(), image)
        assert picture.get_title() == caption
        assert np.allclose(heights(bars), row)
    assert [label.get_text() for label in axes[3].get_xticklabels()][6] == "6\ntrue"


@pytest.mark.parametrize("shares", [False, True])
def test_every_cell_of_the_heatmap_says_its_value_and_colours_are_for_mistakes(shares):
    values = CONFUSION / CONFUSION.sum(axis=1, keepdims=True) if shares else CONFUSION
    (ax,) = draw("plot_confusion_matrix", values)
    written = {text.get_position(): text.get_text() for text in ax.texts}
    for (row, column), value in np.ndenumerate(values):
        text = f"{value:.1%}" if shares else f"{value}"
        assert written.get((column + 0.5, row + 0.5), "") == ("" if value == 0 else text)
    coloured, right = ax.collections[0].get_array().reshape(10, 10), np.eye(10, dtype=bool)
    assert np.array_equal(coloured.mask, right)
    assert np.allclose(coloured[~right], values[~right])
    assert ax.collections[0].get_clim() == (0, values[~right].max())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted digit", "true digit")


def test_a_confusion_matrix_without_mistakes_can_be_drawn(recwarn):
    (ax,) = draw("plot_confusion_matrix", np.eye(10, dtype=int) * 7)
    ax.figure.canvas.draw()
    assert not recwarn.list
    assert texts(ax).count("7") == 10


def test_a_grid_shows_every_image_with_its_caption():
    for captions in ([7, 0, 5, 3], np.array([7, 0, 5, 3]), torch.tensor([7, 0, 5, 3])):
        axes = draw("plot_images", torch.from_numpy(IMAGES), captions, columns=3)
        assert [ax.get_title() for ax in axes] == ["7", "0", "5", "3"]
        for ax, image in zip(axes, IMAGES, strict=True):
            assert np.array_equal(ax.images[0].get_array(), image)


def test_the_images_of_a_grid_share_one_scale():
    images = np.stack([np.eye(28) * top for top in (60, 255)])
    assert [ax.images[0].get_clim()[1] for ax in draw("plot_images", images)] == [255, 255]


@pytest.mark.parametrize("captions", [[], [7, 0, 5]])
def test_captions_that_do_not_fit_the_images_are_refused(captions):
    with pytest.raises(ValueError, match=r"shorter|longer"):
        plotting.plot_images(IMAGES, captions)


def test_every_pixel_is_written_into_the_image_of_values():
    (ax,) = draw("plot_image_values", IMAGES[0])
    assert texts(ax) == [str(value) for value in IMAGES[0].ravel()]
    positions = [text.get_position() for text in ax.texts[:29]]
    assert positions[1] == (1, 0)
    assert positions[28] == (0, 1)


def test_the_preprocessing_steps_show_what_they_are_given():
    first, second, third = draw(
        "plot_preprocessing_steps", IMAGES[0], IMAGES[1] / 255, torch.from_numpy(IMAGES[2].ravel() / 255)
    )
    assert np.array_equal(first.images[0].get_array(), IMAGES[0])
    assert first.images[0].get_clim() == (0, 255)
    assert np.allclose(second.images[0].get_array(), IMAGES[1] / 255)
    assert second.images[0].get_clim() == (0, 1)
    assert np.allclose(third.lines[0].get_ydata(), IMAGES[2].ravel() / 255)


def test_the_picture_steps_are_in_their_order():
    axes = draw("plot_picture_steps", PICTURE)
    for number, (ax, field) in enumerate(zip(axes, fields(PreparedPicture), strict=True), 1):
        assert np.array_equal(ax.images[0].get_array(), getattr(PICTURE, field.name))
        assert ax.get_title().startswith(f"{number}. ")


def test_right_and_wrong_answers_differ_in_more_than_colour():
    axes = draw("plot_predictions", IMAGES, PREDICTION, torch.tensor([1, 2, 3, 9]))
    right, wrong = axes[0], axes[3]
    assert "right: says 1\ntrue 1, 50.0% sure" in right.get_title()
    assert "WRONG: says 4\ntrue 9, 70.0% sure" in wrong.get_title()
    assert wrong.spines["left"].get_linewidth() > right.spines["left"].get_linewidth()
    assert wrong.spines["left"].get_linestyle() != right.spines["left"].get_linestyle()
    assert "100.0%" not in axes[2].get_title()  # a softmax is never that sure


def test_the_diagram_states_every_dimension_and_the_parameters():
    (ax,) = draw("plot_architecture")
    written = "\n".join(texts(ax))
    for text in ("784", "128", "64", "10", "109,386 parameters", "= 100,480", "= 8,256", "= 650"):
        assert text in written


def test_the_diagram_draws_other_networks_too():
    (ax,) = draw("plot_architecture", (4, 3, 2), ("in", "hidden", "out"))
    assert f"{(4 + 1) * 3 + (3 + 1) * 2} parameters" in texts(ax)


def test_nothing_to_draw_and_things_of_another_kind_are_told():
    """`plot_images(images[wrong])` where no answer is wrong."""
    none = torch.zeros(0)
    nothing = Prediction(none.long(), none, none.reshape(0, 10))
    for draw in (
        lambda: plotting.plot_images(none),
        lambda: plotting.plot_predictions(none, nothing, none),
        lambda: plotting.plot_pictures({}),
        lambda: plotting.plot_images(torch.zeros(2, 28, 28), columns=0),
        lambda: plotting.plot_measures([0, 1], {}),
        lambda: plotting.plot_step_losses({}),
        lambda: plotting.plot_filmstrip(plotting.plot_seeds, [], [1]),
        lambda: plotting.plot_answers(none, nothing, []),
    ):
        with pytest.raises(ValueError, match="there is nothing to draw: "):
            draw()
    with pytest.raises(TypeError, match="history must be of the kind History, not tuple; train gives it"):
        plotting.plot_history((MLP(), History()))
    with pytest.raises(TypeError, match="prediction must be of the kind Prediction, not Tensor"):
        plotting.plot_predictions(torch.zeros(2, 28, 28), torch.zeros(2), torch.zeros(2))
