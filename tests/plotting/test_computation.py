"""The computational graph: every number stands on its side, and gradients flow only where there are some."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex

from mnist_helpers import plotting
from mnist_helpers.plotting.style import BLUE, VERMILION

NODES = [
    ("w", (0, 1.6), -1.5, 4.0), ("x", (0, 0), 2.0, None), ("w · x", (2, 0.8), "(1, 1)", 2.0),
    ("loss", (4, 0.8), 2.303, 1.0),
]  # fmt: skip
EDGES = [("w", "w · x", 2.0), ("x", "w · x"), ("w · x", "loss", "2p")]


@pytest.fixture
def ax():
    return plotting.plot_computation(NODES, EDGES)


def drawn(ax, colour):
    """The texts in one colour, with their places."""
    texts = [text for text in ax.texts if to_hex(text.get_color()) == colour.lower()]
    return {text.get_text(): text.get_position() for text in texts}


def arrows(ax, colour):
    patches = [text.arrow_patch for text in ax.texts if getattr(text, "arrow_patch", None)]
    return [patch for patch in patches if to_hex(patch.get_edgecolor()) == colour.lower()]


def test_values_stand_above_the_boxes_and_gradients_below(ax):
    values, gradients = drawn(ax, BLUE), drawn(ax, VERMILION)
    assert values.keys() - {""} == {"−1.5", "2", "(1, 1)", "2.3"}
    assert values["−1.5"][1] > 1.6 > gradients["4"][1]
    assert gradients.keys() - {""} == {"4", "2", "1", "× 2", "× 2p"}


def test_gradients_flow_back_only_to_nodes_that_have_one(ax):
    forward, back = arrows(ax, BLUE), arrows(ax, VERMILION)
    assert (len(forward), len(back)) == (3, 2)
    assert {arrow.get_linestyle() for arrow in forward}.isdisjoint(arrow.get_linestyle() for arrow in back)


def test_without_gradients_the_graph_has_values_only():
    given = plt.figure().add_subplot()
    ax = plotting.plot_computation(
        [(name, place, value, None) for name, place, value, _ in NODES], EDGES, given
    )
    assert ax is given
    assert not arrows(ax, VERMILION)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["→ values, above"]
