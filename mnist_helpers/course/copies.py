"""Copies of the notebooks for the two sides of a classroom: without the solutions, or with them open."""

import os
import re
from collections.abc import Callable, Collection
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor, TagRemovePreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

FLOWCHART = re.compile(r"^```mermaid\n(.*?)^```", re.DOTALL | re.MULTILINE)


def student_copy(notebook: NotebookNode) -> NotebookNode:
    """Without solutions, maintainers' checks and outputs: the learner predicts, then runs."""
    for preprocessor in (
        TagRemovePreprocessor(remove_cell_tags={"solution", "claims"}, enabled=True),
        ClearOutputPreprocessor(enabled=True),
    ):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return notebook


def instructor_copy(notebook: NotebookNode, note: str = "") -> NotebookNode:
    """With solutions, quiz answers and the maintainers' checks open, and `note` after the opening cell."""
    for cell in notebook.cells:
        cell.metadata.pop("jupyter", None)
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("<details>", "<details open>")
    if note:
        notebook.cells.insert(1, new_markdown_cell(f"## For instructors\n\n{note}"))
    return notebook


def instructors_notes(guide: str) -> dict[str, str]:
    """The notes in INSTRUCTORS.md by notebook: a heading that is a link to it, and the text below."""
    notes = re.split(r"^#{2,3} ", guide, flags=re.MULTILINE)
    linked = (re.match(r"\[[^\]]+\]\((?:.*/)?(\w+)\.ipynb\)\n(.*)", note, re.DOTALL) for note in notes)
    return {found[1]: found[2].strip() for found in linked if found}


def notebooks_below(folder: Path) -> list[Path]:
    """All notebooks in `folder` and its folders, in order, without what an editor keeps there."""
    found = filter(os.path.isfile, sorted(folder.rglob("[!.]*.ipynb")))  # no links that lead nowhere
    return [p for p in found if ".ipynb_checkpoints" not in p.parts]


def write_copies(
    transform: Callable[[NotebookNode, str], NotebookNode], notebooks: Path, output: Path
) -> list[Path]:
    """Write `transform(notebook, name)` of every notebook below `notebooks` to the same place below `output`.

    Links out of `notebooks`, to a figure for one, are made to fit the new place. Returns the new paths.
    """
    paths = notebooks_below(notebooks)
    written = []
    for path in paths:
        target = output / path.relative_to(notebooks)
        copy = transform(nbformat.read(path, as_version=4), path.stem)
        relink(copy, path.parent, target.parent, paths)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(copy, target)
        written.append(target)
    return written


def relink(notebook: NotebookNode, old: Path, new: Path, copied: Collection[Path]) -> None:
    """Make the links of a notebook that moves from folder `old` to `new` lead where they led.

    `copied` are the notebooks that move along; links to these stay as they are.
    """

    def fit(match: re.Match) -> str:
        link, _, fragment = match[1].partition("#")
        destination = Path(os.path.normpath(old / link))
        if destination in copied or not destination.exists():
            return match[0]
        relative = Path(os.path.relpath(destination, new)).as_posix()
        return f"]({relative}{'#' + fragment if fragment else ''})"

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(((?!https?:|#)[^)\s]+)\)", fit, cell.source)
