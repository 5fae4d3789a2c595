"""Tables that are remembered: the same key for the same things, and nothing lost on the way to the file."""

import subprocess
import sys
from functools import partial

import pandas as pd
import pytest
import torch
from conftest import new_model

from mnist_helpers import Split, Splits
from mnist_helpers.experiments import ResultsFile, describe, fingerprint, key_of
from mnist_helpers.recipes import RandomAffine

TABLE = pd.DataFrame({"epoch": [1, 2], "loss": [0.1234567, 1e-9]})
COUNTS = pd.DataFrame({"multiply_adds": [2636672, float("nan")], "loss": [float("inf"), 0.5]})


def test_a_table_comes_back_from_the_file(tmp_path):
    path = tmp_path / "new folder" / "results.csv"
    ResultsFile(path).add("one", TABLE)
    again = ResultsFile(None, sources=(path, tmp_path / "missing.csv"))
    assert "one" in again
    assert "two" not in again
    pd.testing.assert_frame_equal(again.get("one"), TABLE, rtol=1e-5)
    assert [file.name for file in path.parent.iterdir()] == ["results.csv"]


def test_a_large_count_comes_back_to_the_last_digit(tmp_path):
    path = tmp_path / "results.csv"
    ResultsFile(path).add("one", COUNTS)
    pd.testing.assert_frame_equal(ResultsFile(None, sources=(path,)).get("one"), COUNTS, rtol=0)


def test_tables_with_other_columns_live_side_by_side(tmp_path):
    path = tmp_path / "results.csv"
    file = ResultsFile(path)
    file.add("one", TABLE)
    file.add("two", pd.DataFrame({"accuracy": [0.5]}))
    for known in (file, ResultsFile(None, sources=(path,))):
        assert list(known.get("one")) == ["epoch", "loss"]
        assert list(known.get("two")) == ["accuracy"]


def test_a_table_that_two_files_hold_is_known_once_as_in_the_first(tmp_path):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    ResultsFile(first).add("one", TABLE)
    ResultsFile(second).add("one", 2 * TABLE)
    ResultsFile(second, sources=(second,)).add("two", TABLE)
    both = ResultsFile(None, sources=(first, second))
    pd.testing.assert_frame_equal(both.get("one"), TABLE, rtol=1e-5)
    assert "two" in both


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ResultsFile(None).add("one", TABLE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1, 0.2),
        (new_model, describe),
        (partial(torch.optim.SGD, momentum=0.9), partial(torch.optim.SGD, momentum=0.8)),
        (partial(torch.optim.SGD), torch.optim.Adam),
        (RandomAffine(10), RandomAffine(11)),
        ({"num_epochs": 1}, {"num_epochs": 2}),
        (None, 0),
    ],
)
def test_keys_differ_when_a_part_differs_and_only_then(one, other):
    assert key_of(part=one) == key_of(part=one) != key_of(part=other)


def test_a_function_of_the_notebook_is_known_by_what_it_does(tmp_path):
    """Two scripts stand in for a notebook before and after an edit."""
    keys = []
    for body in ("x + 1", "x + 2", "x + 1"):
        script = tmp_path / "cell.py"
        script.write_text(
            "from mnist_helpers.experiments.results import key_of\n"
            f"def measure(x):\n    return {body}\nprint(key_of(measure=measure))\n"
        )
        keys.append(
            subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
        )
    assert keys[0] == keys[2] != keys[1]


def test_the_order_of_settings_does_not_matter():
    assert key_of(settings={"a": 1, "b": 2}) == key_of(settings={"b": 2, "a": 1})


@pytest.mark.parametrize("value", [lambda: 0, object(), partial(lambda: 0), {"augment": lambda: 0}])
def test_what_cannot_be_told_apart_is_refused(value):
    with pytest.raises(ValueError, match="use a named function"):
        describe(value)


@pytest.mark.parametrize("name", ["train", "val", "test"])
@pytest.mark.parametrize("part", ["images", "labels"])
def test_the_fingerprint_sees_every_part_of_the_data(tiny_splits, name, part):
    assert fingerprint(tiny_splits) == fingerprint(tiny_splits)
    parts = vars(getattr(tiny_splits, name)).copy()
    parts[part] = parts[part].flip(0)
    assert fingerprint(Splits(**{**vars(tiny_splits), name: Split(**parts)})) != fingerprint(tiny_splits)
