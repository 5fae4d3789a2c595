"""Execute the course's notebooks: copies with HTML pages into build/, or the committed ones in place."""

import re
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

from mnist_helpers.course.alt_text import FORMATS
from mnist_helpers.course.copies import notebooks_below, relink
from mnist_helpers.course.html import to_html
from mnist_helpers.course.kernels import KERNEL, LANGUAGE, QUIET, run_cells
from mnist_helpers.storage import whole_file

CELL_TIMEOUT = 600  # seconds
KERNEL_OPTIONS = [*QUIET, "--ext=mnist_helpers.course.alt_text"]  # every figure brings its alt text
WIDGET = "application/vnd.jupyter.widget-view+json"
SVG = "image/svg+xml"
KEPT = ("tags", "jupyter", "jp-MarkdownHeadingCollapsed")  # of a cell's metadata; the last folds a section


class NotebookError(RuntimeError):
    """A notebook stopped, and the message names it, the cell and the error; or there is no notebook."""


def course_root() -> Path:
    """The clone of the course that this package was installed from.

    Raises
    ------
    NotebookError
        The package stands alone, without the notebooks.
    """
    root = Path(__file__).parents[2]
    if not (root / "notebooks").is_dir():
        raise NotebookError(
            f"there is no folder notebooks in {root}; clone the course and run `pip install -e .` in it"
        )
    return root


def course_notebooks(root: Path) -> list[Path]:
    """The six numbered notebooks, in order."""
    return sorted((root / "notebooks").glob("0[1-6]_*.ipynb"))


def named_notebooks(root: Path, names: Sequence[str]) -> list[Path]:
    """The notebooks whose file names begin with one of `names`, in the order of these; all if there are none.

    Raises
    ------
    NotebookError
        A name fits no notebook.
    """
    paths, chosen = notebooks_below(root / "notebooks"), []
    for name in names or [""]:
        found = [path for path in paths if path.name.startswith(name)]
        if not found:
            there = ", ".join(path.stem for path in paths)
            raise NotebookError(f"no notebook's name begins with {name!r}; there are {there}")
        chosen += [path for path in found if path not in chosen]
    return chosen


def execute(path: Path, position: str = "", cell_timeout: int = CELL_TIMEOUT) -> NotebookNode:
    """Run one notebook in a fresh kernel in its own folder, with a progress bar over its cells.

    Returns the executed notebook with cleaned metadata; the file itself is left alone.

    Raises
    ------
    NotebookError
        A cell raised an error, took longer than `cell_timeout` seconds, or its kernel died.
    """
    notebook = nbformat.read(path, as_version=4)
    code_cells = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    bar = tqdm(
        total=len(code_cells), desc=f"{position}{path.stem}", unit="cell", file=sys.stdout, leave=False,
        mininterval=0.1 if sys.stdout.isatty() else 20,
    )  # fmt: skip
    current = code_cells[0]

    def on_start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        if cell.cell_type == "code":
            current = cell_index
        bar.set_postfix_str(_heading_above(notebook, cell_index), refresh=False)

    def on_done(cell: NotebookNode, cell_index: int, **_: object) -> None:
        if cell.cell_type == "code":
            bar.update()

    with bar:
        try:
            run_cells(
                notebook, cell_timeout, path.parent, coalesce_streams=True, extra_arguments=KERNEL_OPTIONS,
                on_cell_start=on_start, on_cell_complete=on_done,
            )  # fmt: skip
        except (CellExecutionError, DeadKernelError, TimeoutError) as error:
            raise NotebookError(
                f"{path.name}: code cell {code_cells.index(current) + 1} of {len(code_cells)} "
                f"(under “{_heading_above(notebook, current)}”) failed with {_reason(error)}"
            ) from None
    return clean(notebook)


def clean(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs from machine to machine: timings, versions, editor state. Tags and folds stay."""
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info=LANGUAGE)
    for cell in notebook.cells:
        kept = {key: value for key, value in cell.metadata.items() if key in KEPT}
        cell.metadata = NotebookNode(kept)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(WIDGET, None)  # dead without its kernel; its text stays
            if SVG in data:
                data[SVG] = _steady(data[SVG], cell.id)
            about = output.get("metadata", {})
            for kind in set(FORMATS) & about.keys() - data.keys():
                del about[kind]  # the alt text for a format that the figure was not drawn in
    return notebook


def _steady(svg: str, prefix: str) -> str:
    """An SVG of matplotlib's without its date, and with the same identifiers at every drawing.

    They begin with `prefix`, because those of all figures meet on one page.
    """
    svg = re.sub(r"\s*<dc:date>.*?</dc:date>", "", svg)
    drawn = dict.fromkeys(re.findall(r'id="([a-z][0-9a-f]{10})"', svg))
    for number, name in enumerate(drawn):
        svg = re.sub(rf"\b{name}\b", f"{prefix}-{number}", svg)
    return svg


def run_course(paths: Iterable[Path], output: Path) -> None:
    """Execute the notebooks in order; write an executed copy and an HTML page of each to `output`.

    Raises
    ------
    NotebookError
        `output` is the notebooks' own folder, or a notebook stopped.
    """
    output.mkdir(parents=True, exist_ok=True)
    paths = list(paths)
    if any(path.parent.samefile(output) for path in paths):
        raise NotebookError(f"the notebooks themselves are in {output}; name another folder for the copies")
    for number, path in enumerate(paths, 1):
        position = f"[{number}/{len(paths)}] "
        start = time.perf_counter()
        notebook = execute(path, position)
        relink(notebook, path.parent, output, paths)
        nbformat.write(notebook, output / path.name)
        page = to_html(notebook, output, path.stem)
        (output / path.with_suffix(".html").name).write_text(page, encoding="utf-8")
        count = sum(cell.cell_type == "code" for cell in notebook.cells)
        print(f"{position}{path.stem}: {count} cells in {time.perf_counter() - start:.1f} s", flush=True)


def refresh(path: Path, position: str = "", cell_timeout: int = CELL_TIMEOUT) -> None:
    """Execute a committed notebook and write it back with its new outputs, if nothing failed."""
    executed = execute(path, position, cell_timeout)
    with whole_file(path) as partial:
        nbformat.write(executed, partial)


def _reason(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}\n\n{error.traceback}"
    if isinstance(error, DeadKernelError):
        return (
            "DeadKernelError: its kernel died, most likely because the machine ran out of memory; close "
            "other notebooks and programs, and try again"
        )
    return f"{type(error).__name__}: {error}"


def _heading_above(notebook: NotebookNode, index: int) -> str:
    texts = [cell.source for cell in notebook.cells[: index + 1] if cell.cell_type == "markdown"]
    return (re.findall(r"^#+ (.+)$", "\n".join(texts), re.MULTILINE) or ["the top"])[-1]
