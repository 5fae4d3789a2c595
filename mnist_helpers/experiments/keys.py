"""Keys of stored results: equal where the same is computed, different where it may not be.

A part of a key counts by what it does. Of a function or class that is its code, without comments,
docstrings, annotations, texts of errors and layout; and, for each global name in it, what the name stands
for: the value of a constant, the code of another function of the notebook or of the rooms `FOLLOWED`.
Functions of libraries count by their names. So do `train`, `evaluate` and `predict` where a function uses
them: tests hold them to what plain torch and scikit-learn give. Should they ever give other numbers, raise
`COURSE`, and no result from before is taken for a present one.
"""

import ast
import hashlib
import inspect
import linecache
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import partial
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, ModuleType

import numpy as np
import torch
from torch import Tensor

from mnist_helpers.preprocessing import Splits

COURSE = 1
FOLLOWED = ("__main__", "mnist_helpers.networks", "mnist_helpers.recipes", "mnist_helpers.digits")
PLAIN = (str, bytes, int, float, complex, range, np.generic, torch.dtype, torch.device, PurePath, type(None))
Named = type | FunctionType | BuiltinFunctionType
NOT_CODE = {"annotation", "returns", "type_comment", "type_params"}  # fields of Python's syntax tree


def key_of(**parts: object) -> str:
    """Ten letters and digits that differ when any of the parts does."""
    return hashlib.sha256(describe(parts | {"course": COURSE}).encode()).hexdigest()[:10]


def fingerprint(splits: Splits) -> str:
    """A short text that differs when the training, validation or test data do."""
    return hashlib.sha256(describe(splits).encode()).hexdigest()[:12]


def describe(value: object, within: tuple = ()) -> str:
    """A text that is the same whenever the value is; `within` are the functions that led to it.

    Raises
    ------
    ValueError
        The value has no such text: a lambda, a function without source, an object of an unknown kind.
    """
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, Tensor | np.ndarray):
        array = np.ascontiguousarray(value.detach().cpu() if isinstance(value, Tensor) else value)
        return f"{array.dtype}{array.shape}{hashlib.sha256(array.data).hexdigest()}"
    if isinstance(value, Mapping):
        items = sorted(f"{describe(name, within)}: {describe(part, within)}" for name, part in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list | tuple | set | frozenset):
        parts = [describe(part, within) for part in value]
        return f"{type(value).__name__}{sorted(parts) if isinstance(value, set | frozenset) else parts}"
    if isinstance(value, partial):
        return f"{describe(value.func, within)}{describe((value.args, value.keywords), within)}"
    if isinstance(value, type | FunctionType | BuiltinFunctionType) and "<" not in value.__qualname__:
        own = value.__module__ and value.__module__.split(".")[0] in ("__main__", "mnist_helpers")
        return _code(value, within) if own and value not in within else _name(value)
    if is_dataclass(value):
        kind = type(value)
        return f"{describe(kind, within) if _followed(kind) else _name(kind)}{describe(vars(value), within)}"
    raise ValueError(f"{value!r:.200} cannot be told from others; use a named function or functools.partial")


def _name(value: Named) -> str:
    return f"{(value.__module__ or '').split('.')[0]}:{value.__qualname__}"


def _followed(value: Named) -> bool:
    return value.__module__ in FOLLOWED or value.__module__.startswith(tuple(f"{m}." for m in FOLLOWED))


def _code(value: Named, within: tuple) -> str:
    """The code of a function or class as a text, with what its global names stand for in their places."""
    tree, names = _syntax_tree(value), vars(sys.modules[value.__module__])
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}

    def meaning(name: str) -> str:
        known = names.get(name)
        if name in bound or name not in names:
            return name
        if isinstance(known, ModuleType):
            return known.__name__
        if isinstance(known, type | FunctionType | BuiltinFunctionType) and not _followed(known):
            return _name(known)
        return describe(known, (*within, value))

    def text(node: object) -> str:
        if isinstance(node, list):
            return f"[{', '.join(map(text, node))}]"
        if isinstance(node, ast.Name):
            return meaning(node.id)
        if not isinstance(node, ast.AST) or isinstance(node, ast.Raise):
            return "raise" if isinstance(node, ast.Raise) else repr(node)
        fields = {name: field for name, field in ast.iter_fields(node) if name not in NOT_CODE}
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            fields["body"] = node.body[1:]
        given = [
            f"{name}={text(field)}" for name, field in fields.items() if field is not None and field != []
        ]
        return f"{type(node).__name__}({', '.join(given)})"

    return text(tree)


def _syntax_tree(value: Named) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    except (OSError, TypeError, SyntaxError):  # as for every class of a notebook: look where its methods are
        methods = filter(inspect.isfunction, vars(value).values() if isinstance(value, type) else ())
        for method in methods:
            cell = "".join(linecache.getlines(method.__code__.co_filename))
            for node in ast.walk(ast.parse(cell)):
                if isinstance(node, ast.ClassDef) and node.name == value.__name__:
                    return node
    raise ValueError(
        f"the source of {value.__qualname__} is not to be found, so it cannot be told from others"
    )
