"""The palette stays readable: for colour-blind readers, as text, on light and dark pages."""

from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from mnist_helpers.extensions.common_challenges.plots import plot_ordered_curves
from mnist_helpers.plotting import style
from mnist_helpers.plotting.style import BLUE, GREEN, INK, ORANGE, VERMILION, new_axes

# Severity 1.0, from Machado, Oliveira and Fernandes (2009), IEEE Transactions on Visualization 15(6).
VISION = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
APART = 15  # distance in CIELAB; 2.3 is just noticeable
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x, y, z = np.cbrt(np.clip(TO_XYZ @ np.clip(rgb, 0, 1), 1e-6, None) / (0.9505, 1.0, 1.089))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one, other):
    bright, dark = sorted((TO_XYZ[1] @ linear(one), TO_XYZ[1] @ linear(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("together", [(BLUE, ORANGE), (BLUE, VERMILION, GREEN)], ids=["bars", "lines"])
def test_colours_drawn_together_stay_apart(together, vision):
    seen = [lab(np.array(VISION[vision]) @ linear(colour)) for colour in together]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > APART


def test_the_measure_knows_red_from_green_only_with_full_vision():
    """The classic bad pair is caught, so the test above can fail."""
    red, green = "#C0392B", "#5F7F2F"
    seen = {name: [lab(np.array(m) @ linear(c)) for c in (red, green)] for name, m in VISION.items()}
    assert np.linalg.norm(np.subtract(*seen["full"])) > 60
    assert np.linalg.norm(np.subtract(*seen["deuteranopia"])) < APART


def test_text_is_dark_enough_on_white():
    assert contrast(INK, "white") > 7  # WCAG 2.2, level AAA for text
    for colour in (BLUE, VERMILION, GREEN, style.FAINT):
        assert contrast(colour, "white") > 3  # and for graphical objects


def test_figures_keep_their_white_page_in_a_dark_theme():
    with mpl.rc_context(mpl.rcParamsDefault):
        figure = new_axes(None).figure
        assert to_rgb(figure.get_facecolor()) == (1, 1, 1)
        plt.close(figure)


def test_no_line_of_an_ordered_row_is_too_pale_for_white_paper():
    rows = [{"trial": f"{n}", "seed": 0, "epoch": e, "train_loss": 1.0} for n in range(11) for e in (1, 2)]
    for line in plot_ordered_curves(pd.DataFrame(rows)).lines:
        assert contrast(line.get_color(), "white") > 3  # as graphical objects above
