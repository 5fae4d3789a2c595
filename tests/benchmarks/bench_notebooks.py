"""Seconds and peak memory of every notebook's kernel: `python tests/benchmarks/bench_notebooks.py`.

Each notebook runs in a process of its own, so that the operating system's account of the largest child
is the account of its kernel. With a name or two, only the notebooks whose names begin so.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

from mnist_helpers.runner import course_root, execute


def measure(path: Path) -> None:
    start = time.perf_counter()
    execute(path)
    seconds = time.perf_counter() - start
    kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # on Linux; macOS counts bytes
    print(f"RESULT {seconds:6.1f} s   {kilobytes / 1e6:5.2f} GB   {path.stem}")


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        return measure(Path(sys.argv[2]))
    print("  time     peak memory of the kernel")
    for path in sorted((course_root() / "notebooks").rglob("[!.]*.ipynb")):
        if path.name.startswith(tuple(sys.argv[1:]) or ""):
            command = [sys.executable, __file__, "--one", str(path)]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            lines = [line for line in result.stdout.splitlines() if line.startswith("RESULT")]
            print(
                lines[-1].removeprefix("RESULT ") if lines else f"{path.stem} failed: {result.stderr}",
                flush=True,
            )
    return None


if __name__ == "__main__":
    main()
