"""Executing notebooks: the copies, the pages, and what a failing cell looks like."""

import io
import os
import re

import matplotlib.pyplot as plt
import nbformat
import pytest
from conftest import CTRL_C
from nbconvert import ScriptExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mnist_helpers.course.runner import (
    NotebookError,
    clean,
    course_notebooks,
    course_root,
    execute,
    refresh,
    run_course,
)


@pytest.fixture
def write(tmp_path):
    def write(*sources, name="01_sums.ipynb"):
        cells = [new_markdown_cell(s) if s.startswith("#") else new_code_cell(s) for s in sources]
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks" / name)
        return tmp_path / "notebooks" / name

    return write


def test_runs_the_six_numbered_notebooks_in_order():
    names = [path.name[:2] for path in course_notebooks(course_root())]
    assert names == ["01", "02", "03", "04", "05", "06"]


def test_writes_an_executed_copy_and_a_page_and_leaves_the_original(write, tmp_path, capsys):
    write("# More", "1", name="02_more.ipynb")
    for name in ("README.md", "notebooks/GLOSSARY.md"):
        (tmp_path / name).write_text("# Text")
    path = write(
        "# Sums", "print(6 * 7)", "# [next](02_more.ipynb) [word](GLOSSARY.md#sum) [all](../README.md)"
    )
    before = path.read_bytes()
    run_course([path, path.with_name("02_more.ipynb")], tmp_path / "build")
    executed = nbformat.read(tmp_path / "build" / path.name, as_version=4)
    assert executed.cells[1].outputs[0].text == "42\n"
    page = (tmp_path / "build" / "01_sums.html").read_text()
    assert "42" in page
    links = re.findall(r'href="([^"#:]+)(?:#(?!S)[^"]*)?"', page)
    assert links == ["02_more.html", "../notebooks/GLOSSARY.md", "../README.md"]
    assert all((tmp_path / "build" / link).exists() for link in links)
    assert path.read_bytes() == before
    assert "[1/2] 01_sums: 1 cells in" in capsys.readouterr().out


def test_a_failing_notebook_is_named_with_its_cell_and_error(write):
    path = write("# Sums", "total = 1", "# Division", "total / 0", "print('never')")
    with pytest.raises(NotebookError) as caught:
        execute(path)
    message = str(caught.value)
    assert "01_sums.ipynb: code cell 2 of 3 (under “Division”) failed with" in message
    assert "ZeroDivisionError: division by zero" in message


def test_a_dying_kernel_is_named_too(write):
    path = write("# The end", "import os\nos._exit(1)")
    with pytest.raises(
        NotebookError,
        match=r"code cell 1 of 1 \(under “The end”\) failed with DeadKernelError: .*out of memory; close",
    ):
        execute(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_ctrl_c_is_an_interrupt_and_no_error_of_the_machinery(write):
    with pytest.raises(KeyboardInterrupt):
        execute(write("# The page", CTRL_C))


def test_a_failed_refresh_leaves_the_committed_notebook_as_it_was(write):
    path = write("# Sums", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(NotebookError):
        refresh(path)
    assert path.read_bytes() == before


def test_a_notebook_that_cannot_be_written_back_whole_stays_as_it_was(write, monkeypatch):
    path = write("# Sums", "1")
    before = path.read_bytes()

    def full(notebook, place):
        place.write_text("half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mnist_helpers.course.runner.execute", lambda *_: new_notebook())
    monkeypatch.setattr("mnist_helpers.course.runner.nbformat.write", full)
    with pytest.raises(OSError, match="No space"):
        refresh(path)
    assert path.read_bytes() == before


def test_executed_copies_never_replace_the_notebooks_themselves(write, tmp_path):
    path = write("# Sums", "1")
    before = path.read_bytes()
    (tmp_path / "link").symlink_to(path.parent)
    with pytest.raises(NotebookError, match="name another folder for the copies"):
        run_course([path], tmp_path / "link")
    assert path.read_bytes() == before


def test_cleaning_keeps_tags_and_folds_and_drops_what_belongs_to_the_machine():
    kept = {"tags": ["exercise"], "jp-MarkdownHeadingCollapsed": True}
    cell = new_code_cell("1", metadata=kept | {"execution": {"start": "now"}, "collapsed": True})
    notebook = clean(
        new_notebook(cells=[cell], metadata={"language_info": {"name": "python", "version": "3.11.7"}})
    )
    assert notebook.cells[0].metadata == kept
    assert "version" not in notebook.metadata.language_info  # of this machine's Python


def test_a_cleaned_notebook_is_still_known_to_be_python():
    notebook = clean(new_notebook(cells=[new_code_cell("print(1)")]))
    script, resources = ScriptExporter().from_notebook_node(notebook)
    assert resources["output_extension"] == ".py"
    assert "print(1)" in script


def test_a_flowchart_is_there_without_a_network(write, tmp_path):
    """nbconvert hides the text of a flowchart, and a script from the network draws it."""
    path = write("# Way\n\n```mermaid\nflowchart TD\n    a --> b\n```", "1")
    run_course([path], tmp_path / "build")
    page = (tmp_path / "build" / "01_sums.html").read_text(encoding="utf-8")
    assert "a --&gt; b" in page
    rules = re.findall(r":not\(\.jp-RenderedMermaid\) \{\s*display: (\w+)", page)
    assert rules[-1] == "block"  # of rules for the same the last one counts


def test_cleaning_makes_two_drawings_of_one_figure_equal_and_of_two_cells_different():
    def drawn(count: int) -> list[str]:
        """The cleaned SVGs of `count` cells, drawn now."""
        cells = []
        for number in range(count):
            _, ax = plt.subplots()
            ax.plot([1, 2], [3, 4], "o-")
            plt.savefig(file := io.StringIO(), format="svg")
            output = new_output("display_data", data={"image/svg+xml": file.getvalue()})
            cells.append(new_code_cell("plot()", id=f"cell-{number}", outputs=[output]))
        return [c.outputs[0]["data"]["image/svg+xml"] for c in clean(new_notebook(cells=cells)).cells]

    first, second = drawn(2)
    assert [first] == drawn(1)
    assert "<dc:date>" not in first
    names, others = (set(re.findall(r'id="(cell-\d-\d+)"', svg)) for svg in (first, second))
    assert names
    assert others
    assert not names & others
    assert set(re.findall(r"#(cell-\d-\d+)", first)) == names  # every place that names one still finds it


def test_cleaning_leaves_other_outputs_as_they_are():
    output = new_output("display_data", data={"text/plain": "p0123456789 <dc:date>now</dc:date>"})
    notebook = clean(new_notebook(cells=[new_code_cell("1", outputs=[output])]))
    assert notebook.cells[0].outputs[0]["data"] == {"text/plain": "p0123456789 <dc:date>now</dc:date>"}
