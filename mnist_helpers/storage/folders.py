"""Where the official files are looked for, and where the course keeps what it made or fetched."""

import os
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from mnist_helpers.storage.official import DataError


def cache_dir() -> Path:
    """The folder for downloads and checkpoints: `MNIST_CACHE_DIR`, or the user's cache folder.

    Where there is no home, or one that nobody may write to, it is a folder among the temporary files.

    Raises
    ------
    DataError
        `MNIST_CACHE_DIR` is no full path: every notebook would make a cache of its own beside itself.
    """
    if named := _folder(os.environ.get("MNIST_CACHE_DIR")):
        if not named.is_absolute():
            raise DataError(f"MNIST_CACHE_DIR is {named}; give the full path of a folder")
        return named
    usual = user_cache_path("mnist-helpers")
    if usual.is_absolute() and (usual.is_dir() or may_be_made(usual)):
        return usual
    return Path(tempfile.gettempdir(), f"mnist-helpers-{getattr(os, 'getuid', os.getpid)()}")


def named_folder(data_dir: str | Path | None = None) -> Path | None:
    """The full path of the folder named by `data_dir` or else by `MNIST_DATA_DIR`; None if none is."""
    named = _folder(data_dir) or _folder(os.environ.get("MNIST_DATA_DIR"))
    return named.absolute() if named else None


def mnist_folder(data_dir: str | Path | None = None) -> Path:
    """Where the official files are looked for: the folder that was named, or one in the cache folder."""
    return named_folder(data_dir) or cache_dir() / "MNIST" / "raw"


def may_be_made(folder: Path) -> bool:
    """Whether a folder that does not exist yet can be made here, or one that does can be written to."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def with_home(path: str | Path) -> Path:
    """The path with `~` filled in; as it stands where that is nobody's home."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own would raise an error there


def _folder(named: str | Path | None) -> Path | None:
    """The folder that was named; Windows' `set` keeps the quotes around a value."""
    text = str(named or "").strip().strip("\"'").strip()
    return with_home(text) if text else None
