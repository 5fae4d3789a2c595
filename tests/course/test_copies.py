"""Copies for students and instructors, made from the real notebooks."""

import re

import nbformat
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mnist_helpers.course.copies import (
    instructor_copy,
    instructors_notes,
    notebooks_below,
    student_copy,
    write_copies,
)

NOTEBOOKS = ROOT / "notebooks"


@pytest.fixture
def notebook():
    hidden = {"source_hidden": True, "outputs_hidden": True}
    return new_notebook(
        cells=[
            new_markdown_cell("# Sums\n\n<details><summary>Answer</summary>\n\n42\n\n</details>"),
            new_code_cell("answer = ...", metadata={"tags": ["exercise"]}, execution_count=1),
            new_code_cell(
                "answer = 42", metadata={"tags": ["solution"], "jupyter": hidden}, execution_count=2
            ),
            new_code_cell("claims.verdict()", metadata={"tags": ["claims"], "jupyter": hidden}),
        ]
    )


def test_students_get_the_exercise_without_solution_checks_and_outputs(notebook):
    copy = student_copy(notebook)
    assert [cell.source.splitlines()[0] for cell in copy.cells] == ["# Sums", "answer = ..."]
    assert copy.cells[-1].execution_count is None


def test_instructors_get_solutions_answers_and_notes_open(notebook):
    copy = instructor_copy(notebook, "Ask for a guess first.")
    assert len(copy.cells) == 5
    assert "<details open>" in copy.cells[0].source
    assert copy.cells[1].source == "## For instructors\n\nAsk for a guess first."
    assert all("jupyter" not in cell.metadata for cell in copy.cells)


def test_every_notebook_has_a_note_in_the_guide():
    notes = instructors_notes((NOTEBOOKS / "INSTRUCTORS.md").read_text(encoding="utf-8"))
    assert set(notes) == {path.stem for path in notebooks_below(NOTEBOOKS)}
    assert "ln 10" in notes["03_model_architecture"]
    assert not any("[Step" in note or "##" in note for note in notes.values())


def test_every_notebook_is_copied_and_its_links_still_lead_somewhere(tmp_path):
    root = tmp_path / "course"
    (root / "notebooks" / "extensions").mkdir(parents=True)
    (root / "figures").mkdir()
    (root / "figures" / "one.png").touch()
    (root / "README.md").touch()
    first = "# One\n\n![one](../figures/one.png) [all](../README.md#start) [two](extensions/two.ipynb)"
    second = "# Two\n\n[back](../01_one.ipynb) [web](https://example.org) [all](../../README.md)"
    for name, text in (("01_one.ipynb", first), ("extensions/two.ipynb", second)):
        nbformat.write(new_notebook(cells=[new_markdown_cell(text)]), root / "notebooks" / name)
    written = write_copies(lambda copy, name: copy, root / "notebooks", root / "build" / "same")
    assert len(written) == 2
    for path in written:
        text = nbformat.read(path, as_version=4).cells[0].source
        links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "https" not in link]
        assert links
        assert [link for link in links if not (path.parent / link).exists()] == []


def test_no_solution_is_left_in_any_students_copy(tmp_path):
    for path in write_copies(lambda copy, name: student_copy(copy), NOTEBOOKS, tmp_path):
        for cell in nbformat.read(path, as_version=4).cells:
            assert "solution" not in cell.metadata.get("tags", [])
            assert "# Solution" not in cell.source
