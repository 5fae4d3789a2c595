"""Notebooks where nothing is as usual: `python tests/conditions.py`, or with the beginnings of some names.

Not part of CI. Every notebook is executed alone, from the last step to the first, under all difficulties at
once: the course may only be read (the superuser writes `setpriv --bounding-set=-all` before the command),
each cell is run twice in one kernel, from another folder, on one core, without a network or MNIST, with an
empty cache and with what other programs leave in the environment. Then `jupyter execute`, and papermill
where it is installed, execute the first of them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from test_front_ends import FIRST, LEFT_OVER

from mnist_helpers.course.kernels import run_cells

ROOT = Path(__file__).parents[1]
NOWHERE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")


def everything_against(folder: Path) -> Path:
    """A copy of the course that may only be read, and an environment to match."""
    course, work = folder / "course (1)", folder / "wörk"
    shutil.copytree(ROOT, course, ignore=shutil.ignore_patterns(".*", "build", "shared"))
    for path in (course, *course.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    work.mkdir()
    paths = os.pathsep.join([str(course), os.environ.get("PYTHONPATH", "")])
    here = {"HOME": work, "MNIST_CACHE_DIR": work / "cache", "MNIST_BUDGET": "short", "PYTHONPATH": paths}
    os.environ.update(LEFT_OVER | NOWHERE | {name: str(value) for name, value in here.items()})
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(f"cores: {len(os.sched_getaffinity(0))}")
    try:
        (course / "new").touch()
        print("this user may write everywhere: nothing is shown about a course that may only be read")
    except PermissionError:
        print("the course may only be read")
    os.chdir(work)
    return course


def run_twice(path: Path) -> int:
    """Execute a notebook, each cell twice; the number of cells that were run."""
    notebook = nbformat.read(str(path), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [nbformat.v4.new_code_cell(FIRST), *(cell for cell in code for _ in range(2))]
    run_cells(notebook, 600)
    return len(notebook.cells)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        course = everything_against(Path(name))
        pages = sorted((course / "notebooks").rglob("*.ipynb"), reverse=True)
        pages = [path for path in pages if path.name.startswith(tuple(sys.argv[1:] or ["0"]))]
        if not pages:
            sys.exit(f"no notebook's name begins with {' or '.join(sys.argv[1:])}")
        failed = []
        try:
            for path in pages:
                start = time.monotonic()
                print(f"{path.stem}: {run_twice(path)} cells, {time.monotonic() - start:.0f} s", flush=True)
            copy = shutil.copy(pages[-1], "copy.ipynb")
            for command in (["jupyter", "execute", copy], ["papermill", copy, "executed.ipynb"]):
                if shutil.which(command[0]):
                    ended = subprocess.run(command, capture_output=True, text=True, check=False)
                    said = ended.stderr[-300:] if ended.returncode else ""
                    print(f"{command[0]} ends with {ended.returncode} {said}")
                    failed += [command[0]] if ended.returncode else []
        finally:
            for path in (course, *course.rglob("*")):
                path.chmod(path.stat().st_mode | 0o200)  # or it could not be removed
        sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
