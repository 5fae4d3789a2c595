"""Remember tables of results in a CSV file, under a key made of everything that went into them."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import FunctionType

import pandas as pd

from mnist_helpers.preprocessing import Splits
from mnist_helpers.storage import whole_file


class ResultsFile:
    """Tables, each under its key, in one CSV file.

    Parameters
    ----------
    path : of the file that is written, after every new table; None keeps the tables in memory only.
    sources : files whose tables are known from the start; a table that several hold, as in the first.
    """

    def __init__(self, path: Path | None, sources: tuple[Path, ...] = ()):
        self._path = path
        self._rows = pd.DataFrame({"key": []})
        for source in filter(Path.is_file, sources):
            rows = pd.read_csv(source)
            new = rows[~rows["key"].isin(self._rows["key"])]
            self._rows = pd.concat([self._rows, new], ignore_index=True) if len(self._rows) else new

    def __contains__(self, key: str) -> bool:
        return key in set(self._rows["key"])

    def get(self, key: str) -> pd.DataFrame:
        """The table under `key`, without columns that it left empty."""
        rows = self._rows[self._rows["key"] == key].drop(columns="key")
        return rows.dropna(axis="columns", how="all").reset_index(drop=True)

    def add(self, key: str, table: pd.DataFrame) -> None:
        """Keep `table` under `key`, and write the file: whole or not at all."""
        table = table.assign(key=key)
        self._rows = pd.concat([self._rows, table], ignore_index=True) if len(self._rows) else table
        if self._path is None:
            return
        with whole_file(self._path) as partial:
            self._rows.set_index("key").to_csv(partial, float_format=_six_digits)


def _six_digits(value: float) -> str:
    """Six digits are enough of a measurement, but a count is whole however large it is."""
    return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"


def key_of(**parts: object) -> str:
    """Ten letters and digits that differ when any of the parts does."""
    description = {name: describe(part) for name, part in parts.items()}
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()[:10]


def describe(value: object) -> str:
    """A text that is the same whenever the value is: of functions their name, of partials their parts.

    Of a function that was written in a notebook its source counts as well: there it is easily changed.

    Raises
    ------
    ValueError
        The value has no such text: a lambda, or an object that prints as its address.
    """
    if isinstance(value, partial):
        arguments = [*map(describe, value.args), *(f"{k}={describe(v)}" for k, v in value.keywords.items())]
        return f"{describe(value.func)}({', '.join(arguments)})"
    if isinstance(value, Mapping):
        return str({name: describe(part) for name, part in sorted(value.items())})
    if isinstance(value, FunctionType | type) and "<" not in value.__qualname__:
        own = isinstance(value, FunctionType) and value.__module__ == "__main__"
        return value.__qualname__ + (inspect.getsource(value) if own else "")
    text = repr(value)
    if " at 0x" in text or "<lambda>" in text:
        raise ValueError(f"{text} cannot be told from others; use a named function or functools.partial")
    return text


def fingerprint(splits: Splits) -> str:
    """A short text that differs when the training, validation or test data do."""
    digest = hashlib.sha256()
    for split in (splits.train, splits.val, splits.test):
        digest.update(split.images.flatten(1).sum(dim=1).numpy().tobytes() + split.labels.numpy().tobytes())
    return digest.hexdigest()[:12]
