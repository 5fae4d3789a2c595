"""Keys: the same for what computes the same, another for what computes something else."""

import linecache
import sys
from functools import partial
from types import ModuleType

import numpy as np
import pytest
import torch
from conftest import new_model

from mnist_helpers import MLP, Split, Splits
from mnist_helpers.experiments import describe, fingerprint, key_of
from mnist_helpers.networks import mlp
from mnist_helpers.recipes import L1, L2, RandomAffine


def ramp(changed=None):
    tensor = torch.linspace(0, 1, 5000)
    if changed is not None:
        tensor[changed] += 1e-6
    return tensor


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1, 0.2),
        (1, True),
        (new_model, describe),
        (partial(torch.optim.SGD, momentum=0.9), partial(torch.optim.SGD, momentum=0.8)),
        (partial(torch.optim.SGD), torch.optim.Adam),
        (partial(mlp, (8,)), partial(mlp, (9,))),
        (RandomAffine(10), RandomAffine(11)),
        (L1(0.1), L2(0.1)),
        (MLP, mlp),
        ({"num_epochs": 1}, {"num_epochs": 2}),
        ({"cost": L1(0.1)}, {"cost": L1(0.2)}),
        ([1, 2], [2, 1]),
        ([1, 2], (1, 2)),
        (None, 0),
        (ramp(), ramp(2500)),
        (ramp().numpy(), ramp(2500).numpy()),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros(3), np.zeros(3, dtype=np.float32)),
    ],
)
def test_keys_differ_when_a_part_differs_and_only_then(one, other):
    assert key_of(part=one) == key_of(part=one) != key_of(part=other)


def test_the_order_of_settings_does_not_matter():
    assert key_of(settings={"a": 1, "b": 2}) == key_of(settings={"b": 2, "a": 1})


NO_SOURCE: dict = {"__name__": "__main__"}
exec("def measure(model, test): return {}", NO_SOURCE)


@pytest.mark.parametrize(
    "value",
    [lambda: 0, object(), partial(lambda: 0), {"augment": lambda: 0}, [new_model()], NO_SOURCE["measure"]],
)
def test_what_cannot_be_told_apart_is_refused(value):
    with pytest.raises(ValueError, match="cannot be told from others"):
        describe(value)


# A module of the package, or a cell of a notebook.
CODE = """
LIMIT = 3  # a comment

def turn(images):
    \"\"\"Turns.\"\"\"
    return images + LIMIT

class Change:
    \"\"\"Changes.\"\"\"

    def __call__(self, images, generator):
        # a comment
        if len(images) == 0:
            raise ValueError("nothing to change")
        return turn(images) * 2

def change(images: int) -> int:
    return Change()(images, None)

def unused():
    return 1
"""
EDITS = {
    "comment": ("# a comment", "# another one"),
    "docstring": ("Changes.", "Changes everything."),
    "no docstring": ('    """Turns."""\n', ""),
    "layout": ("turn(images) * 2", "(\n            turn( images )*2\n        )"),
    "error's text": ("nothing to change", "at least one is needed"),
    "annotation": ("(images: int) -> int", "(images)"),
    "unused": ("return 1", "return 2"),
    "constant's name": ("LIMIT", "MOST"),
}
CHANGES = {
    "code": ("* 2", "* 3"),
    "constant": ("= 3", "= 4"),
    "helper": ("images + LIMIT", "images - LIMIT"),
    "argument": ("None)", "0)"),
}


def module_of_the_package(code, folder, monkeypatch):
    path = folder / "demo.py"
    path.write_text(code, encoding="utf-8")
    linecache.checkcache(str(path))
    return keys_in("mnist_helpers.recipes.demo", code, str(path), monkeypatch)


def notebook(code, folder, monkeypatch):
    """As in Jupyter: a module without a file, so inspect finds the source of functions, not of classes."""
    linecache.cache["<cell>"] = (len(code), None, code.splitlines(keepends=True), "<cell>")
    return keys_in("__main__", code, "<cell>", monkeypatch)


def keys_in(name, code, filename, monkeypatch):
    module = ModuleType(name)
    if name != "__main__":
        module.__file__ = filename
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(code, filename, "exec"), vars(module))
    return [key_of(part=module.change), key_of(part=module.Change)]


@pytest.mark.parametrize("place", [module_of_the_package, notebook])
def test_a_function_and_a_class_count_by_what_they_compute(place, tmp_path, monkeypatch):
    keys = place(CODE, tmp_path, monkeypatch)
    assert keys[0] != keys[1]
    for name, edit in EDITS.items():
        assert place(CODE.replace(*edit), tmp_path, monkeypatch) == keys, name
    for name, edit in CHANGES.items():
        changed = place(CODE.replace(*edit), tmp_path, monkeypatch)
        assert changed[0] != keys[0], name
        assert (changed[1] != keys[1]) is (name != "argument"), name


CIRCLE = """
def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n and even(n - 1)
"""


def test_functions_that_call_each_other_have_a_key(tmp_path, monkeypatch):
    code = CODE.replace("Change()(images, None)", "even(images)") + CIRCLE
    other = code.replace("n and even", "n or even")
    keys = [notebook(text, tmp_path, monkeypatch)[0] for text in (code, other)]
    assert keys[0] != keys[1]


@pytest.mark.parametrize("name", ["train", "val", "test"])
@pytest.mark.parametrize("part", ["images", "labels"])
def test_the_fingerprint_sees_every_part_of_the_data(tiny_splits, name, part):
    parts = vars(getattr(tiny_splits, name)).copy()
    parts[part] = parts[part].clone()
    parts[part].flatten()[-1] += 1
    changed = Splits(**{**vars(tiny_splits), name: Split(**parts)})
    assert fingerprint(tiny_splits) == fingerprint(tiny_splits) != fingerprint(changed)


def test_the_fingerprint_sees_which_pixels_are_lit(tiny_splits):
    moved = Split(tiny_splits.train.images.flip(1), tiny_splits.train.labels)  # the same ink in every image
    changed = Splits(moved, tiny_splits.val, tiny_splits.test)
    assert fingerprint(tiny_splits) != fingerprint(changed)
