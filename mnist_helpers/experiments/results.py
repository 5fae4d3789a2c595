"""Remember tables of results in a CSV file, each under a key of its own."""

from pathlib import Path

import pandas as pd

from mnist_helpers.storage import reason_of, whole_file


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
            rows = _read(source)
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
        try:
            with whole_file(self._path) as partial:
                self._rows.set_index("key").to_csv(partial, float_format=_six_digits)
        except OSError as error:  # the results themselves are worth more than their memory
            print(f"Results could not be kept in {self._path.parent} ({error.strerror or error}).")
            self._path = None


def _read(source: Path) -> pd.DataFrame:
    """The tables in a file; none, and a sentence, if it is damaged."""
    try:
        rows = pd.read_csv(source)
        if "key" in rows:
            return rows
        reason = "it has no column key"
    except (OSError, ValueError) as error:
        reason = reason_of(error)
    print(f"{source.name} in {source.parent} is left out: {reason}.")
    return pd.DataFrame({"key": []})


def _six_digits(value: float) -> str:
    """Six digits are enough of a measurement, but a count is whole however large it is."""
    return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"
