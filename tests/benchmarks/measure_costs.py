"""One cost, measured in a process of its own, so that the peak memory is its own, too.

`python tests/benchmarks/measure_costs.py recipe 5` prints the seconds, the floor's seconds and the peak
memory in megabytes, as JSON. `bench_costs.py` asks for all of them and makes the table.
"""

# The package is imported in the functions that need it: a child process counts the memory that its parent
# held when it was started, so this one starts its children before it holds anything.
import gzip
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

LESSON = "from mnist_helpers import evaluate, load_mnist, plotting, predict, preprocess, train"


class Cost(NamedTuple):
    """What something takes: seconds, the seconds of its floor, and peak memory in megabytes."""

    seconds: float
    floor: float
    megabytes: float


def seconds_of(action: Callable[[], object]) -> float:
    """Seconds that calling `action` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def megabytes() -> float:
    """Peak memory of this process so far."""
    from mnist_helpers.extensions.framework_comparison.worker import peak_bytes

    return peak_bytes() / 1e6


def megabytes_of_children() -> float:
    """Peak memory of the largest of this process's children that have ended."""
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # kilobytes; macOS counts bytes
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def loading(state: str) -> Cost:
    """`load_mnist`, "cold" from the disk or "warm" once more. Floor: reading, unpacking, checksums."""
    from mnist_helpers import load_mnist
    from mnist_helpers.storage import OFFICIAL_FILES, find_files, mnist_folder

    def least(path: Path) -> None:
        content = path.read_bytes()
        hashlib.md5(content)
        if path.suffix == ".gz":
            gzip.decompress(content)

    found = [list(find_files(mnist_folder(), official)) for official in OFFICIAL_FILES.values()]
    files = [paths[0] for paths in found if paths]  # none, where the embedded digits are all there is
    if state == "warm":
        load_mnist()
    elif hasattr(os, "posix_fadvise"):
        for path in files:
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # forget it
    seconds = seconds_of(load_mnist)
    return Cost(seconds, seconds_of(lambda: [least(path) for path in files]), megabytes())


def running(arguments: list[str], floor: list[str]) -> Cost:
    """A Python process, and another one as its floor."""
    floor_seconds, seconds = (
        seconds_of(lambda a=a: subprocess.run([sys.executable, *a], check=True, stdout=subprocess.DEVNULL))
        for a in (floor, arguments)
    )
    return Cost(seconds, floor_seconds, megabytes_of_children())


def notebook(path: str) -> Cost:
    """A notebook in a fresh kernel. Floor: a kernel that imports torch and does nothing."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    from mnist_helpers.course.runner import execute

    with tempfile.TemporaryDirectory() as folder:
        idle = Path(folder, "idle.ipynb")
        nbformat.write(new_notebook(cells=[new_code_cell("import torch")]), idle)
        floor = seconds_of(lambda: execute(idle))
    return Cost(seconds_of(lambda: execute(Path(path))), floor, megabytes_of_children())


def course() -> Cost:
    """What `make run` does. Its floor, the six notebooks by themselves, is for the caller to add."""
    with tempfile.TemporaryDirectory() as folder:
        cost = running(["-m", "mnist_helpers.course.cli", "run", "--output", folder], floor=["-c", "pass"])
    return cost._replace(floor=float("nan"))


def main() -> None:
    kind, *arguments = sys.argv[1:]
    if kind == "recipe":
        from growth import recipe

        cost = recipe(*map(int, arguments))
    elif kind == "import":
        cost = running(["-c", LESSON], floor=["-c", "import torch"])
    elif kind == "help":
        cost = running(["-m", "mnist_helpers.course.cli", "--help"], floor=["-c", "pass"])
    else:
        cost = {"loading": loading, "notebook": notebook, "course": course}[kind](*arguments)
    print(json.dumps(cost._asdict()))


if __name__ == "__main__":
    main()
