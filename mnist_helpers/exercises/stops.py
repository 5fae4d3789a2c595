"""Where a learner's code stopped, and where it holds a gap: the learner's part of a traceback."""

import dis
import linecache
import os
import sysconfig
import traceback
from pathlib import Path
from types import CodeType

LIBRARIES = (f"{Path(__file__).parents[1]}{os.sep}", sysconfig.get_path("stdlib"), "<frozen")


def places_of(error: Exception) -> tuple[str, str]:
    """Where in the learner's own code an exception arose, and the first line there that holds a gap.

    Either is empty if there is no such line.
    """
    own = [
        (frame.f_code, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(LIBRARIES)
        and "site-packages" not in frame.f_code.co_filename
    ]
    gaps = ((code, line) for code, _ in own for line in _lines_of_gaps(code))
    return _said(own[-1] if own else None), _said(next(gaps, None))


def _said(place: tuple[CodeType, int] | None) -> str:
    if not place:
        return ""
    code, line = place
    return f" in line {line} (`{linecache.getline(code.co_filename, line).strip()}`)"


def _lines_of_gaps(code: CodeType) -> list[int]:
    """The lines of a function that hold `...`, or `..., ...`, in rising order; of those within it, too."""
    lines = {
        step.positions.lineno
        for step in dis.get_instructions(code)
        if step.argval in (..., (..., ...)) and step.positions and step.positions.lineno
    }
    inner = [_lines_of_gaps(const) for const in code.co_consts if isinstance(const, CodeType)]
    return sorted(lines.union(*inner))
