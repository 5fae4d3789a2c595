"""Every exercise of every notebook: its place, its starter, its solution, its checker."""

import ast
import importlib.util
import pkgutil
import random
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from conftest import ROOT

import mnist_helpers
from mnist_helpers.course.copies import notebooks_below

NOTEBOOKS = notebooks_below(ROOT / "notebooks")
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
MODULES = [
    importlib.import_module(name)
    for _, name, _ in pkgutil.walk_packages(mnist_helpers.__path__, "mnist_helpers.")
    if name.startswith("mnist_helpers.exercises.") or name.endswith(".exercises")
]
CHECKERS = {name for module in MODULES for name in vars(module) if name.startswith("check_")}


def table_of(path):
    """The `ANSWERS` of a test module."""
    spec = importlib.util.spec_from_file_location(f"answers_{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ANSWERS


TABLES = [
    (check, answers)
    for path in sorted((ROOT / "tests").rglob("*exercises/test_*.py"))
    + sorted((ROOT / "tests").rglob("test_exercises.py"))
    if path != Path(__file__) and "\nANSWERS = {" in path.read_text(encoding="utf-8")
    for check, answers in table_of(path).items()
]
every_exercise = pytest.mark.parametrize(("heading", "starter", "solution"), EXERCISES)


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def last_line(cell):
    """The last statement, on one line."""
    return ast.unparse(ast.parse(cell.source).body[-1])


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
    assert re.match(r"(exercises\.)?check_\w+\(", last_line(starter))
    assert last_line(starter).split("(")[0] == last_line(solution).split("(")[0]
    assert printed(solution).startswith("✓")


@every_exercise
def test_the_solution_is_nowhere_in_what_the_checker_says(heading, starter, solution):
    answer = solution.source.splitlines()[1].partition("=")[2].strip()
    assert len(answer) < 4 or answer not in printed(starter)


def test_every_checker_is_called_by_a_notebook_and_shown_answers():
    """A checker that nobody calls is dead; one that is shown no wrong answers may accept everything."""
    starters = [last_line(starter.values[1]) for starter in EXERCISES]
    called = {re.match(r"(?:exercises\.)?(\w+)", line)[1] for line in starters}
    assert called == CHECKERS == {check.__name__ for check, _ in TABLES}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_ends_with_a_quiz_whose_answers_are_collapsed(path):
    text = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    quiz = text[text.index("\n## Quiz") : text.index("\n## Key points")] if "\n## Quiz" in text else ""
    assert 2 <= quiz.count("<details>") <= 5
    assert quiz.count("<details>") == quiz.count("</details>")


every_table = pytest.mark.parametrize(("check", "answers"), TABLES, ids=[c.__name__ for c, _ in TABLES])


@every_table
def test_each_checker_is_shown_three_wrong_answers_and_two_right_ones(check, answers):
    assert sum(answer.is_right for answer in answers) >= 2
    assert sum(not answer.is_right for answer in answers) >= 3


ROWS = [(check, answers[0], answer) for check, answers in TABLES for answer in answers]


@pytest.mark.parametrize(
    ("check", "first", "answer"), ROWS, ids=[f"{check.__name__}-{given.gentle}" for check, _, given in ROWS]
)
def test_verdict(check, first, answer, capsys):
    """A right answer is accepted; a wrong one after it earns its hints, whatever the learner has drawn."""
    for run, given in enumerate([first.given] + 4 * [answer.given]):
        torch.manual_seed(run), np.random.seed(run), random.seed(run)  # noqa: NPY002 - learners use it
        check(*given)
    accepted, gentle, *concrete = capsys.readouterr().out.splitlines()
    assert accepted.startswith("✓")
    assert len(concrete) == 3
    assert {line[0] for line in (gentle, *concrete)} == {"✓" if answer.is_right else "✗"}
    assert answer.gentle in gentle
    assert all(answer.concrete in line for line in concrete)
