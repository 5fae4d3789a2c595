"""Every exercise of every notebook: its place, its starter, its solution, its checker."""

import importlib
import pkgutil
import re
from pathlib import Path

import nbformat
import pytest

import mnist_helpers.exercises

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[!.]*.ipynb"))
CHECKED = "nbval-check-output"  # CI re-executes these cells and compares what the checker says


def tags(cell):
    return set(cell.metadata.get("tags", []))


def exercises_of(path):
    """(heading above, starter, solution) of every exercise; the solution is the cell after the starter."""
    found, heading = [], ""
    cells = nbformat.read(path, as_version=4).cells
    for i, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE) or [heading])[-1]
        if "exercise" in tags(cell):
            found.append((heading, cell, cells[i + 1]))
    return found


EXERCISES = [
    pytest.param(*cells, id=f"{path.stem}-{number}")
    for path in NOTEBOOKS
    for number, cells in enumerate(exercises_of(path), 1)
]
every_exercise = pytest.mark.parametrize(("heading", "starter", "solution"), EXERCISES)


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def last_line(cell):
    return cell.source.strip().splitlines()[-1]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_there_are_enough_exercises(path):
    assert len(exercises_of(path)) >= (4 if path.parent.name == "notebooks" else 2)


@every_exercise
def test_question_starter_and_solution_stand_together(heading, starter, solution):
    assert heading.startswith("Your turn ")
    assert tags(starter) == {"exercise", CHECKED}
    assert tags(solution) == {"solution", CHECKED}
    assert solution.source.startswith("# Solution\n")
    assert solution.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}


@every_exercise
def test_the_starter_earns_a_hint_and_raises_nothing(heading, starter, solution):
    assert printed(starter).startswith(("○", "✗"))
    assert "Traceback" not in printed(starter)


@every_exercise
def test_the_solution_passes_the_same_checker(heading, starter, solution):
    assert re.match(r"check_\w+\(", last_line(starter))
    assert last_line(starter).split("(")[0] == last_line(solution).split("(")[0]
    assert printed(solution).startswith("✓")


@every_exercise
def test_the_solution_is_nowhere_in_what_the_checker_says(heading, starter, solution):
    answer = solution.source.splitlines()[1].partition("=")[2].strip()
    assert len(answer) < 4 or answer not in printed(starter)


def test_every_checker_is_used_by_a_notebook_and_by_a_test():
    """A checker that nobody calls is dead; one that no test breaks may accept everything."""
    used = "".join(cell.source for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells)
    tested = "".join(path.read_text() for path in (ROOT / "tests").glob("test_exercises_*.py"))
    for module in pkgutil.iter_modules(mnist_helpers.exercises.__path__):
        names = vars(importlib.import_module(f"mnist_helpers.exercises.{module.name}"))
        for name in names:
            if name.startswith("check_"):
                assert f"{name}(" in used, f"{name} stands in no notebook"
                assert name in tested, f"{name} is not tested"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_ends_with_a_quiz_whose_answers_are_collapsed(path):
    text = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    quiz = text[text.index("\n## Quiz") : text.index("\n## Key points")] if "\n## Quiz" in text else ""
    assert 3 <= quiz.count("<details>") <= 5
    assert quiz.count("<details>") == quiz.count("</details>")
