"""Write a file whole or not at all, and copy files so that the copies may be changed."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mnist_helpers.storage.folders import with_home
from mnist_helpers.storage.official import DataError

LEFT_BEHIND = 24 * 3600  # seconds after which a partial file's writer is surely gone


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Within the block, write to the path that it gives; after it the file stands at `path`.

    No reader, and no crash, ever finds half a file there. A process that is killed in mid-write leaves
    `NAME.PID.part` beside it, which is removed when the same file is written a day later.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written to; nothing is left of what was begun.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_partial(path, LEFT_BEHIND)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())  # on the disk before it gets its name, or a power cut leaves half a file
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError) and str(error.filename or partial) == str(partial):
            error.filename = str(path)  # a full disk names no file, and nobody knows the partial one
        raise


@contextmanager
def named_file(path: str | Path) -> Iterator[Path]:
    """Like `whole_file`, for a file that somebody named: with `~`, through a link, or a device."""
    place = with_home(path)
    if place.exists() and not place.is_file():  # a device is written to as it is, and a folder refuses
        yield place
    else:
        with whole_file(Path(os.path.realpath(place))) as partial:
            yield partial


@contextmanager
def refusal_told(folder: Path) -> Iterator[None]:
    """Within the block, what a disk refuses is a DataError of one sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise DataError(
            f"{folder} cannot be written to ({reason}); point MNIST_CACHE_DIR to another folder"
        ) from None


def remove_partial(path: Path, age: float = 0) -> None:
    """Remove what killed processes have left of `path`, if nobody wrote to it for `age` seconds."""
    parts = [p for p in path.parent.iterdir() if p.name.startswith(f"{path.name}.") and p.suffix == ".part"]
    for part in parts:
        with suppress(OSError):  # another process was quicker
            if time.time() - part.stat().st_mtime >= age:
                part.unlink()


def copy_files(source: Path, folder: Path) -> None:
    """Copy all files of a folder, but not who may write to them: the course itself may be read-only."""
    for path in source.rglob("*"):
        if path.is_file():
            copy = folder / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
