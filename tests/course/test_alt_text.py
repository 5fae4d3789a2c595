"""A figure in words: kind, axes, series; and on its way from the kernel to the notebook and its page."""

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.ticker import PercentFormatter
from nbformat.v4 import new_code_cell, new_notebook

from mnist_helpers import plotting
from mnist_helpers.course.alt_text import LONGEST, describe
from mnist_helpers.course.html import to_html
from mnist_helpers.course.runner import execute


def test_a_line_chart_tells_its_axes_and_where_each_line_begins_and_ends():
    _, ax = plt.subplots()
    ax.plot(range(20), np.linspace(2, 0.5, 20), label="training")
    ax.plot(range(20), [2, *np.linspace(1.9, 0.2, 9), *np.linspace(0.3, 0.9, 10)], label="validation")
    ax.set(xlabel="epoch", ylabel="loss\n(nats)", title="Loss")
    assert describe(ax.figure) == (
        "Line chart “Loss”: loss (nats) against epoch. Training: from 2 to 0.5. "
        "Validation: from 2 to 0.9, lowest 0.2."
    )


def test_few_bars_are_told_one_by_one_as_they_are_labelled_or_as_the_axis_writes_them():
    _, ax = plt.subplots()
    bars = ax.bar(range(3), [0.5, 0.3, 0.2])
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    assert describe(ax.figure) == "Bar chart. 50.0%, 30.0%, 20.0%."
    ax.bar_label(bars, ["half", "", "a fifth"])
    assert describe(ax.figure) == "Bar chart. Half, 30.0%, a fifth."


def test_named_rows_are_told_with_the_number_that_stands_beside_each():
    ax = plotting.plot_seeds({"plain": [0.97, 0.98], "dropout": [0.98, 0.98]})
    assert describe(ax.figure).endswith("Plain: 97.50%. Dropout: 98.00%.")


def test_a_table_tells_its_highest_numbers_and_a_colour_bar_is_no_panel():
    confusion = np.diag([9] * 10)
    confusion[4, 7] = 5
    told = describe(plotting.plot_confusion_matrix(confusion).figure)
    assert told.startswith("Table of 10 rows and 10 columns, coloured by number of mistakes")
    assert "Highest: row 4, column 7: 5;" in told
    assert "panels" not in told


def test_pictures_are_told_together_with_their_captions_and_empty_places_are_not_counted():
    axes = plotting.plot_images(np.ones((5, 28, 28)), [3, 1, 4, 1, 5], columns=3)
    assert describe(axes[0].figure) == "5 pictures in 2 rows, with the captions: 3; 1; 4; 1; 5."


def test_many_panels_and_long_captions_end_in_time():
    axes = plotting.plot_images(np.ones((300, 8, 8)), ["a caption of some length"] * 300, columns=20)
    assert len(describe(axes[0].figure)) <= LONGEST
    _, axes = plt.subplots(5, 5)
    for ax in axes.flat:
        ax.plot([1, 2, 3], [1, 2, 3])
    assert describe(axes[0, 0].figure).startswith("25 panels. 1. Line chart. 1, 2, 3. 2. ")


@pytest.mark.parametrize(
    "draw",
    [
        plotting.plot_architecture,
        lambda: plotting.plot_computation(
            [("x", (0, 0), 2.0, 3.0), ("loss", (2, 0), 6.0, 1.0)], [("x", "loss")]
        ),
    ],
    ids=["architecture", "computation"],
)
def test_diagrams_are_described_by_what_draws_them(draw):
    told = describe(draw().figure)
    assert told.startswith("Diagram of a ")
    assert any(
        part in told
        for part in ("hidden 1 ReLU: 128", "x 2, gradient 3; loss 6, gradient 1. Arrows: x to loss.")
    )


def test_a_diagram_of_others_is_told_by_its_words():
    _, ax = plt.subplots()
    ax.text(0, 0, "input")
    ax.text(1, 0, "output")
    ax.set_axis_off()
    assert describe(ax.figure) == "Diagram. Words in it: input; output."


def test_a_chart_that_a_learner_has_not_drawn_yet_says_so():
    _, ax = plt.subplots()
    ax.set(xlabel="digit", ylabel="images")
    assert describe(ax.figure) == "A chart with nothing in it yet: images against digit."


DRAWING = """\
import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
set_matplotlib_formats("FORMAT")
_ = plt.figure(figsize=(2, 2)).add_subplot().bar([1, 2, 3], [4, 5, 6])
"""


@pytest.mark.parametrize(("name", "kind"), [("png", "image/png"), ("svg", "image/svg+xml")])
def test_words_go_from_the_kernel_to_the_notebook_and_to_its_page(tmp_path, name, kind):
    path = tmp_path / "bars.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(DRAWING.replace("FORMAT", name))]), path)
    notebook = execute(path)
    (figure,) = notebook.cells[0].outputs
    assert figure.metadata == {kind: {"alt": "Bar chart. 4, 5, 6."}}
    page = to_html(notebook, tmp_path, "bars")
    assert 'alt="Bar chart. 4, 5, 6."' in page
    assert "No description" not in page
    assert "<title>bars</title>" in page


def test_a_photo_that_stands_by_itself_is_measured(tmp_path):
    code = "from PIL import Image\nImage.new('RGB', (48, 36))"
    path = tmp_path / "photo.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(code)]), path)
    (output,) = execute(path).cells[0].outputs
    assert output.metadata["image/png"]["alt"] == "A coloured photo, 48 pixels wide and 36 high."
