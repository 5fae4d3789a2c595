"""The figure of your_own_digit: it draws what it is given, with labels, and not by colour alone."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mnist_helpers.extensions.your_own_digit import plots

TABLE = pd.DataFrame(
    {"before": [0.5, 0.9], "kept out": [0.8, 0.95], "taught": [0.99, 1.0]}, index=["1 upstroke", "7 barred"]
)


def test_every_kind_has_a_row_and_every_column_a_marker():
    ax = plots.plot_kinds(TABLE)
    assert [label.get_text() for label in ax.get_yticklabels()] == [*TABLE.index]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [*TABLE]
    points = ax.collections[1:]
    for drawn, name in zip(points, TABLE, strict=True):
        np.testing.assert_allclose(drawn.get_offsets(), np.stack([TABLE[name], [0, 1]], axis=1))
    assert len({tuple(drawn.get_paths()[0].vertices.ravel()) for drawn in points}) == 3
    assert "right answers" in ax.get_xlabel()
    assert ax.yaxis_inverted()


def test_it_draws_into_axes_that_are_given():
    _, ax = plt.subplots()
    assert plots.plot_kinds(TABLE, ax=ax) is ax
