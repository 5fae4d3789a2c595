"""Notebooks under other front ends, and in environments that other programs have left behind."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from mnist_helpers.course.kernels import OwnKernel, run_cells

# VS Code sets this name, and asks for figures as SVG as well.
FIRST = "__vsc_ipynb_file__ = 'a.ipynb'\n%config InlineBackend.figure_formats = {'svg', 'png'}"
LEFT_OVER = {
    "MPLBACKEND": "Agg", "PYTHONHASHSEED": "7", "LC_ALL": "C", "COLUMNS": "20", "FORCE_COLOR": "1",
    "MNIST_BUDGET": "", "MNIST_RECOMPUTE": "0", "MNIST_DATA_DIR": " ",
}  # fmt: skip


class Plain(OwnKernel):
    """A kernel that gets the environment as it is."""

    @property
    def kernel_spec(self):
        spec = super().kernel_spec
        spec.env = {}
        return spec


def pictures(cells: list) -> list[int]:
    return [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in cells]


def test_figures_appear_at_every_run_of_a_cell_whatever_was_exported(monkeypatch, tmp_path):
    for name, value in LEFT_OVER.items():
        monkeypatch.setenv(name, value)
    draw = "_ = plotting.plot_images(torch.zeros(2, 28, 28, dtype=torch.uint8))"
    lines = ["import torch", "from mnist_helpers import plotting", draw, draw]
    notebook = new_notebook(cells=[new_code_cell(line) for line in [FIRST, *lines, *lines]])
    run_cells(notebook, 120, tmp_path, kernel_manager_class=Plain)
    assert pictures(notebook.cells) == [0, *[0, 0, 1, 1] * 2]


@pytest.mark.parametrize("backend", ["agg", "Agg", "svg"])
def test_outside_of_notebooks_a_way_of_drawing_stays_as_it_is(monkeypatch, backend):
    import matplotlib.pyplot as plt

    from mnist_helpers.plotting.style import show_in_notebook

    monkeypatch.setenv("MPLBACKEND", backend)
    before = plt.get_backend()
    show_in_notebook()
    assert plt.get_backend() == before
