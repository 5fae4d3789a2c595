"""What a framework costs before it computes anything: lines to write, bytes to install."""

import ast
import functools
import io
import stat
import tokenize
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

WITHOUT_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip


def lines_of_code(source: str) -> int:
    """Lines of Python with code on them: imports count; empty lines, comments and docstrings do not."""
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in WITHOUT_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - docstrings)


def install_bytes(names: Iterable[str]) -> int:
    """Bytes on disk of the named distributions and of all they require, each file once.

    Counted are the files that a distribution's own list names (`importlib.metadata`), as long as they
    exist. What it requires is followed to the end, without optional extras; what is not installed counts
    nothing. Python itself does not count, nor does a library of the system.
    """
    sizes: dict[tuple[int, int], int] = {}
    for name in _with_requirements(names):
        sizes |= _sizes(name)
    return sum(sizes.values())


@functools.cache  # several frameworks require the same libraries, with tens of thousands of files
def _sizes(name: str) -> dict[tuple[int, int], int]:
    """Bytes of each file of one distribution, by the numbers of its device and inode."""
    distribution, sizes = metadata.distribution(name), {}
    for file in distribution.files or ():
        try:
            found = Path(str(distribution.locate_file(file))).stat()
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            sizes[found.st_dev, found.st_ino] = found.st_size
    return sizes


def _with_requirements(names: Iterable[str]) -> set[str]:
    """The names of those that are installed, and of all that they require."""
    done = set()
    waiting = [(canonicalize_name(name), frozenset[str]()) for name in names]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in done:
            continue
        try:
            requirements = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            continue
        done.add((name, extras))
        for requirement in map(Requirement, requirements):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return {name for name, _ in done}
