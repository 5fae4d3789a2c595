"""Importing does nothing, and the modules import each other in one direction only."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mnist_helpers
from mnist_helpers import plotting

PACKAGE = Path(mnist_helpers.__file__).parent

# The way of the data: a module imports only modules that stand before it in this list. Modules that
# are not in it (plotting, exercises, extensions, the command line) may import these, not the reverse.
ORDER = [
    "checks", "files", "idx", "framing", "download", "data", "preprocessing", "model", "devices", "history",
    "training", "checkpoints", "evaluation", "prediction", "pictures",
]  # fmt: skip
MODULES = {path.stem for path in PACKAGE.glob("*.py")}
MODULES |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def imported_modules(path: Path) -> set[str]:
    """First-level modules of the package that the file at `path` imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    parts = [name.split(".") for name in names if name.startswith("mnist_helpers.")]
    return {part[1] for part in parts} & MODULES


def files_of(module: str) -> list[Path]:
    folder = PACKAGE / module
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_only_modules_before_it(module):
    assert imported_modules(PACKAGE / f"{module}.py") <= set(ORDER[: ORDER.index(module)])


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("plotting/*.py")), ids=lambda path: path.stem)
def test_drawing_neither_loads_nor_prepares_nor_asks_a_model(path):
    working = {"data", "download", "preprocessing", "model", "checkpoints", "exercises"}
    assert not imported_modules(path) & working


def test_no_modules_import_each_other_in_a_circle():
    imports = {
        module: set().union(*map(imported_modules, files_of(module))) - {module}
        for module in MODULES - {"__init__"}
    }
    while free := {module for module, needed in imports.items() if not needed & imports.keys()}:
        imports = {module: needed for module, needed in imports.items() if module not in free}
    assert not imports


PROBE = """
import json, sys, threading
import numpy, torch
def state():
    return [
        numpy.random.get_state()[1].tolist(), torch.get_rng_state().tolist(),
        torch.get_num_threads(), torch.get_default_dtype() == torch.float32, threading.active_count(),
    ]
before = state()
import mnist_helpers
after = state()
pyplot = sys.modules.get("matplotlib.pyplot")
print(json.dumps({"same": before == after, "figures": len(pyplot.get_fignums()) if pyplot else 0}))
"""


def test_importing_the_package_has_no_side_effect(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    folders = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "LOCALAPPDATA": home, "MNIST_CACHE_DIR": home}
    result = subprocess.run(
        [sys.executable, "-B", "-c", PROBE],
        cwd=home,
        env=os.environ | {name: str(folder) for name, folder in folders.items()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
    assert json.loads(result.stdout) == {"same": True, "figures": 0}
    assert [path.name for path in home.rglob("*") if path.is_file() and "matplotlib" not in path.parts] == []


@pytest.mark.parametrize("module", ["mnist_helpers", "mnist_helpers.cli"])
def test_nothing_waits_for_torch_before_it_is_needed(module):
    probe = f"import sys, {module}; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


@pytest.mark.parametrize("module", [mnist_helpers, plotting])
def test_every_public_name_exists_and_is_documented(module):
    assert sorted(module.__all__, key=str.lower) == sorted(set(module.__all__), key=str.lower)
    for name in module.__all__:
        assert getattr(module, name).__doc__, name
