"""Figures that several extensions share: named rows of accuracies, and pictures under their names."""

import numpy as np

from mnist_helpers import plotting


def test_pictures_stand_under_their_names_and_sizes():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    colour = np.zeros((5, 6, 3), dtype=np.uint8)
    pictures = {"grey": grey, "mask": grey > 4, "colour": colour, "more": grey}
    axes = plotting.plot_pictures(pictures)
    assert [ax.get_title() for ax in axes] == [
        "grey\n3 × 4 pixels", "mask\n3 × 4 pixels", "colour\n5 × 6 pixels", "more\n3 × 4 pixels",
    ]  # fmt: skip
    np.testing.assert_array_equal(axes[0].images[0].get_array(), grey)
    assert axes[0].images[0].get_clim() == (0, 255)
    assert axes[1].images[0].get_clim() == (0, 1)
    assert sum(ax.axison for ax in axes[0].figure.axes) == 4  # the places that are left over are empty


def test_a_mark_stands_at_its_row_and_column():
    picture = np.zeros((20, 10), dtype=np.uint8)
    plain, marked = plotting.plot_pictures({"plain": picture, "marked": picture}, {"marked": (15.0, 4.0)})
    assert not plain.lines
    assert marked.lines[0].get_xydata().tolist() == [[4.0, 15.0]]


def test_accuracies_stand_with_names_numbers_and_intervals():
    ax = plotting.plot_accuracies({"one": 0.97, "two": 0.986}, [(0.966, 0.975), (0.965, 0.995)])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    assert [text.get_text() for text in ax.texts] == ["97.00%", "99%"]  # few images allow no decimals
    np.testing.assert_allclose(ax.lines[0].get_xdata(), (0.966, 0.975))


def test_what_a_model_claimed_is_marked_beside_what_it_reached():
    ax = plotting.plot_accuracies({"one": 0.9, "two": 0.8}, [(0.8, 0.95), (0.7, 0.9)], [0.99, 0.97])
    assert ax.lines[-1].get_xydata().tolist() == [[0.99, 0], [0.97, 1]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["claimed: mean confidence"]


def test_every_seed_is_a_dot_and_their_mean_a_line_with_its_number():
    ax = plotting.plot_seeds({"one": [0.97, 0.98], "two": [0.99]})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    np.testing.assert_allclose(ax.lines[0].get_xdata(), (0.97, 0.98))
    np.testing.assert_allclose(ax.lines[1].get_xdata(), 0.975)
    assert [text.get_text() for text in ax.texts] == ["97.50%", "99.00%"]
