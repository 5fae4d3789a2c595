"""Importing does nothing, and the modules import each other in one direction only."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import mnist_helpers
from mnist_helpers import plotting

PACKAGE = Path(mnist_helpers.__file__).parent

# A module imports from its own room and from those of lower floors. `TOP` are the files beside the rooms;
# only checks.py, which imports nothing, stands below all.
TOP = ""
FLOORS = [
    {"checks"}, {"storage", "digits"}, {TOP}, {"networks", "recipes"}, {"experiments"},
    {"plotting", "exercises"}, {"extensions", "app"}, {"course"},
]  # fmt: skip
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def room(module: str) -> str:
    """The first folder below the package that a module lies in; `TOP` for a file beside the folders."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR else TOP


def imported_modules(path: Path) -> set[str]:
    """The modules of the package that the file at `path` imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return (names & MODULES.keys()) - {"mnist_helpers"}


def test_every_room_has_its_floor():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == FLOOR.keys() - {TOP, "checks"}


@every_file
def test_imports_go_down_only(path):
    own = room(module_name(path))
    for module in imported_modules(path):
        assert room(module) == own or FLOOR[room(module)] < FLOOR[own], module


@every_file
def test_names_of_another_room_come_from_its_front_door(path):
    """A room with a list of names is imported from as a whole: one name has one address."""
    rooms = {stub.parent.name for stub in PACKAGE.glob("*/__init__.pyi")}
    own = room(module_name(path))
    behind = {m for m in imported_modules(path) if room(m) in rooms - {own} and m.count(".") > 1}
    assert behind <= {"mnist_helpers.digits.framing"}  # of the files beside the rooms


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_what_a_learner_reads_needs_no_room_but_storage_and_framing(path):
    rooms = {module for module in imported_modules(path) if room(module) not in (TOP, "checks")}
    assert rooms <= {"mnist_helpers.storage", "mnist_helpers.digits", "mnist_helpers.digits.framing"}


def test_what_a_learner_reads_is_ten_short_files():
    files = [path for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    assert len(files) == 10
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) <= 1055


@pytest.mark.parametrize("path", sorted((PACKAGE / "extensions").glob("*/")), ids=lambda path: path.name)
def test_an_extension_room_is_named_as_its_notebook_and_used_by_no_other(path):
    if path.name == "__pycache__":
        pytest.skip("made by Python")
    assert (ROOT / "notebooks" / "extensions" / f"{path.name}.ipynb").is_file()
    for name, file in MODULES.items():
        foreign = room(name) == "extensions" and f"extensions.{path.name}" not in name
        if foreign:
            assert not any(f"extensions.{path.name}." in m for m in imported_modules(file)), name


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*plot*/*.py")), ids=lambda path: path.stem)
def test_drawing_neither_loads_nor_prepares_nor_asks_a_model(path):
    working = {"data", "storage", "preprocessing", "model", "checkpoints", "exercises"}
    assert not {module.split(".")[1] for module in imported_modules(path)} & working


ARRAYS = {"Tensor", "NDArray", "ndarray", "Grey"}


@every_file
def test_what_holds_arrays_is_not_compared_by_their_values(path):
    """Two arrays are equal in many places or few; a dataclass that asks whether they are raises an error."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        made = " ".join(map(ast.unparse, getattr(node, "decorator_list", [])))
        if isinstance(node, ast.ClassDef) and "dataclass" in made:
            fields = [field.annotation for field in node.body if isinstance(field, ast.AnnAssign)]
            held = [part for part in fields if "Callable" not in ast.unparse(part)]  # a function is no array
            names = {name.id for part in held for name in ast.walk(part) if isinstance(name, ast.Name)}
            assert not names & ARRAYS or "eq=False" in made, node.name


def test_no_modules_import_each_other_in_a_circle():
    imports = {name: imported_modules(path) - {name} for name, path in MODULES.items() if name.count(".")}
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


@pytest.mark.parametrize("module", ["mnist_helpers", "mnist_helpers.course.cli"])
def test_nothing_waits_for_torch_before_it_is_needed(module):
    probe = f"import sys, {module}; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


@pytest.mark.parametrize("module", [mnist_helpers, plotting])
def test_every_public_name_exists_and_is_documented(module):
    assert sorted(module.__all__, key=str.lower) == sorted(set(module.__all__), key=str.lower)
    for name in module.__all__:
        assert getattr(module, name).__doc__, name
