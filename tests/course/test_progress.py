"""Counting finished exercises in notebooks that learners have edited, renamed, broken and left half done."""

import io
import os
import sys

import nbformat
import pandas as pd
import pytest
from conftest import ROOT
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from mnist_helpers.course.cli import app
from mnist_helpers.course.copies import notebooks_below, student_copy
from mnist_helpers.course.progress import exercises_of, measure, run_what_can_be_run

# Checkers of a made-up course, in a cell of the page; those of the package print the same marks.
PRELUDE = """def check_sum(answer):
    print("○ Not answered yet." if answer is ... else "✓ Right." if answer == 4 else "✗ Not yet.")
check_product = check_square = check_sum"""
STARTERS = {"check_sum": "1 — core", "check_product": "2 — optional", "check_square": "3 — optional"}


def page(answers, extra=()):
    """The made-up notebook, with a learner's code in place of each starter."""
    cells = [new_markdown_cell("# Sums"), new_code_cell(PRELUDE)]
    for (check, label), answer in zip(STARTERS.items(), answers, strict=True):
        cells += [
            new_markdown_cell(f"### Your turn {label}: a question"),
            new_code_cell(answer or f"a = ...\n{check}(a)", metadata={"tags": ["exercise"]}),
            new_code_cell(f"# Solution\na = 4\n{check}(a)", metadata={"tags": ["solution"]}),
        ]
    return new_notebook(cells=[*cells, *extra])


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "course"
    folder.mkdir()
    nbformat.write(page([None, None, None]), folder / "01_sums.ipynb")
    return folder


@pytest.fixture
def marks(course, tmp_path):
    """The marks and remarks of a learner's notebook, by the exercise's label."""

    def marks(notebook, name="01_sums.ipynb", timeout=60):
        folder = tmp_path / "learner"
        folder.mkdir(exist_ok=True)
        nbformat.write(notebook, folder / name)
        verdicts = measure(folder, course, timeout)
        return {exercise.label: verdict for exercise, verdict in verdicts}

    return marks


def test_right_wrong_and_unanswered_are_counted_and_solutions_are_not(marks):
    found = marks(page(["check_sum(2 + 2)", "check_product(5)", None]))
    assert [(label, mark) for label, (mark, _) in found.items()] == [
        ("1 core", "✓"), ("2 optional", "✗"), ("3 optional", "○"),
    ]  # fmt: skip


def test_an_error_a_missing_check_and_a_missing_cell_do_not_stop_the_count(marks):
    notebook = page(["1 / 0\ncheck_sum(4)", "answer = 4", "check_square(4)"])
    notebook.cells.insert(2, new_code_cell("raise RuntimeError('mine')"))
    assert marks(notebook) == {
        "1 core": ("✗", "ZeroDivisionError: division by zero"),
        "2 optional": ("–", "the line with the check is gone"),
        "3 optional": ("✓", ""),
    }


def test_endless_loops_and_killed_kernels_are_left_out_and_the_others_counted(marks):
    loop = "while True:\n    try:\n        input\n    except BaseException:\n        pass\ncheck_sum(4)"
    found = marks(page([loop, "import os\nos._exit(1)\ncheck_product(4)", "check_square(4)"]), timeout=2)
    assert found == {
        "1 core": ("✗", "the cell ran for more than 2 seconds"),
        "2 optional": ("✗", "the cell ended its kernel"),
        "3 optional": ("✓", ""),
    }


def test_a_kernel_that_ends_before_its_first_cell_costs_that_cell(monkeypatch, tmp_path):
    attempts = iter([(2, CellTimeoutError("too slow")), (None, DeadKernelError("gone")), (0, None)])

    def run(notebook, timeout, folder, *, on_cell_start, **_):
        begun, error = next(attempts)
        if begun is not None:
            on_cell_start(notebook.cells[begun], begun)
        if error:
            raise error

    monkeypatch.setattr("mnist_helpers.course.progress.run_cells", run)
    notebook = new_notebook(cells=[new_code_cell(f"cell {i}") for i in range(3)])
    remarks = run_what_can_be_run(notebook, tmp_path, 9)
    assert remarks == {2: "ran for more than 9 seconds", 0: "ended its kernel"}


def test_a_renamed_notebook_with_dropped_tags_and_headings_is_known_by_title_and_checkers(marks):
    notebook = page(
        ["check_sum(4)", "check_product(3)", "check_square(4)"], [new_code_cell("check_product(4)")]
    )
    notebook.cells = [cell for cell in notebook.cells if "Your turn" not in cell.source]
    for cell in notebook.cells:
        cell.metadata.clear()
    found = marks(notebook, name="Kopie von sums (2).ipynb")
    assert [mark for mark, _ in found.values()] == ["✓", "✓", "✓"]  # the last attempt counts


def test_a_file_that_is_no_notebook_is_told_and_others_are_no_concern(course, tmp_path):
    learner = tmp_path / "learner"
    learner.mkdir()
    (learner / "01_sums.ipynb").write_text('{"cells": [', encoding="utf-8")
    nbformat.write(new_notebook(cells=[new_markdown_cell("# My recipes")]), learner / "cake.ipynb")
    verdicts = dict(measure(learner, course, 60))
    assert set(verdicts.values()) == {("–", "01_sums.ipynb cannot be read as a notebook")}
    assert len(verdicts) == 3


def test_every_exercise_of_the_course_has_a_label_and_checkers_of_its_own():
    for path in notebooks_below(ROOT / "notebooks"):
        notebook = nbformat.read(path, as_version=4)
        exercises = list(exercises_of(notebook, path.stem))
        assert len(exercises) == sum("exercise" in c.metadata.get("tags", []) for c in notebook.cells)
        assert all(exercise.label and exercise.checkers for exercise in exercises)
        assert (
            len({e.label for e in exercises})
            == len({c for e in exercises for c in e.checkers})
            == len(exercises)
        )


@pytest.fixture
def call(course, monkeypatch):
    monkeypatch.setattr("mnist_helpers.course.learner_commands.root_of_course", lambda: course.parent)
    (course.parent / "notebooks").symlink_to(course)
    monkeypatch.setenv("MNIST_BUDGET", "short")
    return lambda *arguments: CliRunner().invoke(app, ["progress", *map(str, arguments)])


def test_a_class_is_a_table_that_a_spreadsheet_reads(call, tmp_path):
    group = tmp_path / "class"
    answers = {"ada": ["check_sum(4)", None, "check_square(1)"], "blaise": [None, None, None]}
    for name, given in answers.items():
        (group / name / "deeper").mkdir(parents=True)
        nbformat.write(page(given), group / name / "deeper" / "01_sums.ipynb")
    (group / "carl").mkdir()
    result = call(group, "--learners")
    read = pd.read_csv(io.StringIO(result.stdout), index_col="learner")
    assert read.loc["ada", ["✓ right", "○ not answered", "✗ wrong or stopped", "– not there"]].tolist() == [
        1,
        1,
        1,
        0,
    ]
    assert read["01_sums 1 core"].tolist() == ["✓", "○", "–"]
    assert read.index.tolist() == ["ada", "blaise", "carl"]
    call(group, "--learners", "--output", tmp_path / "class.csv")
    assert pd.read_csv(tmp_path / "class.csv", index_col="learner", encoding="utf-8-sig").equals(read)


def test_one_learner_is_a_list_with_a_sum(call, course):
    output = call().output
    assert "○ 01_sums 1 core\n" in output
    assert "\n3 exercises: ✓ 0 right, ○ 3 not answered, ✗ 0 wrong or stopped, – 0 not there" in output
    assert nbformat.read(course / "01_sums.ipynb", as_version=4).cells[1].outputs == []  # nothing is written


def test_files_that_are_no_notebooks_of_one_learner_do_not_cost_the_table_of_all(call, tmp_path):
    group = tmp_path / "class"
    for name in ("ada", "bea", "carl", "dora", "eve"):
        (group / name).mkdir(parents=True)
    nbformat.write(page(["check_sum(4)", None, None]), group / "ada" / "01_sums.ipynb")
    (group / "bea" / "01_sums.ipynb").symlink_to("nowhere.ipynb")
    head = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '
    title = '{"cell_type": "markdown", "metadata": {}, "source": "# Sums"}'
    (group / "carl" / "01_sums.ipynb").write_text(head + '[{"cell_type": "markdown"}]}')
    (group / "dora" / "01_sums.ipynb").write_text(head + f'[{title}, {{"cell_type": "code"}}]}}')
    (group / "eve" / "01_sums.ipynb").write_text("[" * 100_000)
    result = call(group, "--learners")
    assert result.exit_code == 0, result.output
    read = pd.read_csv(io.StringIO(result.stdout), index_col="learner")
    assert read["01_sums 1 core"].tolist() == ["✓", "–", "–", "–", "–"]


def test_a_table_that_cannot_be_written_is_printed(call, tmp_path):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    nbformat.write(page([None, None, None]), tmp_path / "class" / "ada" / "01_sums.ipynb")
    result = call(tmp_path / "class", "--learners", "--output", tmp_path / "nowhere" / "class.csv")
    assert result.exit_code == 1
    assert "class.csv cannot be used (No such file or directory)" in result.output
    assert pd.read_csv(io.StringIO(result.stdout)).learner.tolist() == ["ada"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_learners_name_that_is_no_text_is_written_too(call, tmp_path):
    learner = tmp_path / "class" / os.fsdecode(b"Zo\xeb")
    learner.mkdir(parents=True)
    nbformat.write(page([None, None, None]), learner / "01_sums.ipynb")
    result = call(tmp_path / "class", "--learners", "--output", tmp_path / "class.csv")
    assert result.exit_code == 0
    assert "Zo?" in (tmp_path / "class.csv").read_text(encoding="utf-8-sig")


def test_a_file_for_the_table_of_one_learner_is_not_passed_over(call, tmp_path):
    result = call("--output", tmp_path / "class.csv")
    assert result.exit_code == 1
    assert result.output == "--output takes the table of a class; add --learners.\n"


def test_folders_without_the_course_are_one_sentence(call, tmp_path):
    (tmp_path / "empty").mkdir()
    for arguments, said in [
        ([tmp_path / "nowhere"], "There is no folder"),
        ([tmp_path / "empty"], "There is no notebook of the course in"),
        ([tmp_path / "empty", "--learners"], "has a notebook of the course"),
    ]:
        result = call(*arguments)
        assert result.exit_code == 1
        assert said in result.output
        assert len(result.output.strip().splitlines()) == 1


def test_a_students_copy_without_solutions_counts_like_the_notebook_itself():
    path = ROOT / "notebooks" / "02_data_preprocessing.ipynb"
    copy = student_copy(nbformat.read(path, as_version=4))
    there = "\n".join(cell.source for cell in copy.cells)
    for exercise in exercises_of(nbformat.read(path, as_version=4), path.stem):
        assert all(f"{check}(" in there for check in exercise.checkers)
