"""Copies of the notebooks with other seeds: one machine stands in for others."""

import ast
import re
from collections.abc import Iterator
from itertools import accumulate

from nbformat import NotebookNode

# Calls whose seed is 0 unless the notebook names one.
SEEDED_CALLS = {"preprocess", "train", "load_or_train", "course_checkpoint", "Trial"}
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
    """`source` with all seeds shifted: `manual_seed(0)`, `seed=0`, `seeds=range(3)`, calls that name none."""
    tree = ast.parse(re.sub(r"^[%!]", "#", source, flags=re.MULTILINE))  # without IPython's own commands
    line_starts = [0, *accumulate(len(line) for line in source.encode().splitlines(keepends=True))]

    def end(node: ast.expr) -> int:
        return line_starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    insertions = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", None) not in SEEDED_CALLS:
            continue
        if all(keyword.arg not in ("seed", None) for keyword in call.keywords):
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            insertions.append((max(map(end, arguments)), ", seed=0"))
    for seeds in _several_seeds(tree):
        start = line_starts[seeds.lineno - 1] + seeds.col_offset
        insertions += [(start, f"[{shift} + s for s in "), (end(seeds), "]")]
    code = source.encode()
    for place, text in sorted(insertions, reverse=True):
        code = code[:place] + text.encode() + code[place:]
    return SEED.sub(lambda match: f"{match[1]}{int(match[2]) + shift}", code.decode())


def _several_seeds(tree: ast.AST) -> Iterator[ast.expr]:
    """What is assigned to or handed over as `seeds`, and what `seed` runs through, unless it is a name."""
    named: list[tuple[ast.expr, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                named += zip(target.elts, value.elts, strict=False)
            else:
                named.append((target, value))
        elif isinstance(node, ast.keyword):
            named.append((ast.Name(node.arg or ""), node.value))
        elif isinstance(node, ast.For | ast.comprehension) and getattr(node.target, "id", "") == "seed":
            named.append((ast.Name("seeds"), node.iter))
    for target, value in named:
        if getattr(target, "id", "").lower() == "seeds" and not isinstance(value, ast.Name):
            yield value
