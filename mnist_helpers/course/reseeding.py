"""Copies of the notebooks with other seeds: one machine stands in for others."""

import ast
import re
from itertools import accumulate

from nbformat import NotebookNode

# Calls whose seed is 0 unless the notebook names one.
SEEDED_CALLS = {"preprocess", "train", "load_or_train", "course_checkpoint"}
SEED = re.compile(r"((?:manual_seed|default_rng)\(|\b(?:seed|random_state)=)(\d+)\b")


def reseed(notebook: NotebookNode, shift: int) -> NotebookNode:
    """Add `shift` to every seed that the notebook's code names or leaves at its default.

    Results change as they would on another machine; what the notebook says must stay true.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code" and not {"exercise", "solution"} & set(cell.metadata.get("tags", [])):
            cell.source = reseeded_code(cell.source, shift)
    return notebook


def reseeded_code(source: str, shift: int) -> str:
    """`source` with every seed shifted: `manual_seed(0)`, `seed=0`, and calls that name none."""
    plain_python = re.sub(r"^[%!]", "#", source, flags=re.MULTILINE)  # IPython's own commands
    line_starts = [0, *accumulate(len(line) for line in source.encode().splitlines(keepends=True))]
    places = []
    for call in ast.walk(ast.parse(plain_python)):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", None) not in SEEDED_CALLS:
            continue
        if all(keyword.arg not in ("seed", None) for keyword in call.keywords):
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            ends = [(a.end_lineno or 0, a.end_col_offset or 0) for a in arguments]  # parsed code has both
            places.append(max(line_starts[line - 1] + column for line, column in ends))
    code = source.encode()
    for place in sorted(places, reverse=True):
        code = code[:place] + b", seed=0" + code[place:]
    return SEED.sub(lambda match: f"{match[1]}{int(match[2]) + shift}", code.decode())
