"""Parts of the recipes, to read side by side. The frameworks need not be installed for it."""

import ast
import html
from dataclasses import dataclass

from mnist_helpers.extensions.framework_comparison.registry import FRAMEWORKS


def source_of(framework: str, function: str) -> str:
    """The text of one function of a framework's recipe: with decorators, without the formatter's marks.

    Raises
    ------
    KeyError
        There is no such framework, or its recipe has no such function.
    """
    source = FRAMEWORKS[framework].source
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines = source.splitlines()[first - 1 : node.end_lineno]
            return "\n".join(line.removesuffix("  # fmt: skip") for line in lines)
    raise KeyError(f"the recipe of {framework} has no function {function}")


@dataclass(frozen=True)
class SideBySide:
    """Functions of several recipes in columns, one recipe each: framework -> names of its functions."""

    functions: dict[str, tuple[str, ...]]

    def _sources(self) -> dict[str, str]:
        return {
            framework: "\n\n\n".join(source_of(framework, name) for name in names)
            for framework, names in self.functions.items()
        }

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<td style="text-align: left; vertical-align: top"><b>{html.escape(framework)}</b>'
            f'<pre style="white-space: pre; font-size: 80%">{html.escape(source)}</pre></td>'
            for framework, source in self._sources().items()
        )
        return f"<table><tr>{cells}</tr></table>"

    def __repr__(self) -> str:
        return "\n\n".join(f"# {framework}\n{source}" for framework, source in self._sources().items())
