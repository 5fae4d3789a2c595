"""How far a learner has come: run the notebooks, and read what the checkers of the exercises say.

Nothing is sent anywhere. But the cells are run as they stand, so run other people's notebooks where a program
of theirs may do no harm, such as in a container or under an account of its own.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from mnist_helpers.course.copies import notebooks_below
from mnist_helpers.course.kernels import run_cells

RIGHT, UNANSWERED, WRONG, GONE = "✓", "○", "✗", "–"
MARKS = {RIGHT: "right", UNANSWERED: "not answered", WRONG: "wrong or stopped", GONE: "not there"}
YOUR_TURN = re.compile(r"^#+ Your turn ([\d.]+)(?: — (core|optional))?", re.MULTILINE)
ATTEMPTS = 4  # a cell that hangs or kills its kernel is left out, and the others are run again


@dataclass(frozen=True)
class Exercise:
    """An exercise: its notebook, its number with "core" or "optional", and the names of its checkers."""

    notebook: str
    label: str
    checkers: frozenset[str]


def exercises_of(notebook: NotebookNode, name: str) -> Iterator[Exercise]:
    """The exercises of one of the course's own notebooks, in order."""
    label = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for number, kind in YOUR_TURN.findall(cell.source):
                label = f"{number} {kind}".strip()
        elif "exercise" in cell.metadata.get("tags", []):
            yield Exercise(name, label, frozenset(_checkers(cell.source)))


def measure(folder: Path, course: Path, timeout: int) -> Iterator[tuple[Exercise, tuple[str, str]]]:
    """For every exercise of the notebooks of `course` that `folder` has: a mark of `MARKS`, and a remark.

    A notebook may be renamed and moved: its title tells which one it is. An exercise is known by its checker,
    whatever happened to its heading. Of two copies of a notebook the newer file counts, and of two
    cells with one check the last. A cell may run for `timeout` seconds.
    """
    found: dict[str, tuple[Path, NotebookNode | None]] = {}
    for path in sorted(notebooks_below(folder), key=lambda path: path.stat().st_mtime):
        try:
            notebook = nbformat.read(path, as_version=4)
            found[_title(notebook)] = path, notebook
        except Exception:  # what a stranger wrote can fail in any way
            found.setdefault(path.stem, (path, None))
    for original in notebooks_below(course):
        reference = nbformat.read(original, as_version=4)
        if not (copy := found.get(_title(reference)) or found.get(original.stem)):
            continue
        path, notebook = copy
        exercises = list(exercises_of(reference, original.stem))
        verdicts = dict.fromkeys(exercises, (GONE, f"{path.name} cannot be read as a notebook"))
        with suppress(AttributeError, KeyError, TypeError):  # of cells that lack what a cell has
            if notebook is not None:
                remarks = run_what_can_be_run(notebook, path.parent, timeout)
                verdicts = {e: _verdict(e, notebook, remarks) for e in exercises}
        yield from verdicts.items()


def run_what_can_be_run(notebook: NotebookNode, folder: Path, timeout: int) -> dict[int, str]:
    """Execute all cells but solutions and checks of the page, past every error; outputs go into `notebook`.

    Returns a remark for each cell, by its index, that took more than `timeout` seconds or killed its kernel.
    """
    remarks: dict[int, str] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    current = 0

    def on_start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        current = cell_index

    for _ in range(ATTEMPTS):
        current = 0  # a kernel may end before its first cell
        places = [i for i, cell in enumerate(notebook.cells) if i not in remarks and not _is_solution(cell)]
        runnable = notebook.copy()
        runnable.cells = [notebook.cells[i] for i in places]
        try:
            run_cells(runnable, timeout, folder, allow_errors=True, on_cell_start=on_start)
            break
        except CellTimeoutError:
            remarks[places[current]] = f"ran for more than {timeout} seconds"
        except DeadKernelError:
            remarks[places[current]] = "ended its kernel"
    return remarks


def table(verdicts: dict[str, dict[Exercise, tuple[str, str]]]) -> pd.DataFrame:
    """One row per learner: a column for each exercise that any of them has, and how many of each mark."""
    exercises = list(dict.fromkeys(exercise for learner in verdicts.values() for exercise in learner))
    rows = {}
    for learner, marks in verdicts.items():
        row = {f"{e.notebook} {e.label}": marks.get(e, (GONE, ""))[0] for e in exercises}
        counts = {f"{mark} {meaning}": list(row.values()).count(mark) for mark, meaning in MARKS.items()}
        rows[learner] = counts | row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("learner")


def _verdict(exercise: Exercise, notebook: NotebookNode, remarks: dict[int, str]) -> tuple[str, str]:
    own = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    own = [(i, cell) for i, cell in own if not _is_solution(cell)]
    cells = [(i, cell) for i, cell in own if exercise.checkers & set(_checkers(cell.source))]
    if not cells:
        return GONE, "the line with the check is gone"
    i, cell = cells[-1]
    if i in remarks:
        return WRONG, f"the cell {remarks[i]}"
    printed = "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")
    marks = re.findall(rf"^([{RIGHT}{UNANSWERED}{WRONG}]) ", printed, re.MULTILINE)
    errors = [f"{o.ename}: {o.evalue}" for o in cell.outputs if o.output_type == "error"]
    if errors or not marks:
        return WRONG, errors[0] if errors else "the check said nothing"
    return next(mark for mark in (WRONG, UNANSWERED, RIGHT) if mark in marks), ""


def _checkers(source: str) -> list[str]:
    return re.findall(r"^\s*(?:\w+\.)?(check_\w+)\(", source, re.MULTILINE)


def _is_solution(cell: NotebookNode) -> bool:
    """Solutions and checks of the page, also where a front end has dropped the tags."""
    marked = {"solution", "claims"} & set(cell.metadata.get("tags", []))
    return bool(marked) or bool(re.match(r"# (?:@title )?(?:Solution|For maintainers)\b", cell.source))


def _title(notebook: NotebookNode) -> str:
    """The first heading of the first level; empty if there is none."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return heading[1].strip() if heading else ""
