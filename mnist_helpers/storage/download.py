"""Fetch the official files into the cache folder: mirrors, deadlines, checksums, one process at a time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from filelock import FileLock, Timeout
from tqdm import tqdm

from mnist_helpers.storage.official import OFFICIAL_FILES, DataError, OfficialFile, read_verified
from mnist_helpers.storage.receiving import received, unreachable
from mnist_helpers.storage.writing import refusal_told, remove_partial, whole_file

LOCK_TIMEOUT = 600  # seconds to wait while another process downloads
DEADLINE = 600  # seconds for all four files
PATIENCE, SLOWEST = 10, 50_000  # a mirror has so many seconds for a file, and one more for so many bytes


def mirrors() -> list[str]:
    """The addresses torchvision downloads MNIST from, each ending in a slash."""
    from torchvision.datasets import MNIST  # slow to import, and rarely needed

    return list(MNIST.mirrors)


def fetch_missing(folder: Path, progress: bool = True) -> list[str]:
    """Make `folder` hold four sound files: bad ones are deleted, absent ones are downloaded.

    Returns the names of the files that were downloaded. However the mirrors behave, it ends `DEADLINE`
    seconds after it began at the latest, and waits `LOCK_TIMEOUT` seconds before for another process at most.

    Raises
    ------
    DataError
        A file could be had from no mirror, or `folder` cannot be written to.
    """
    with refusal_told(folder), _alone(folder):
        absent = [official for official in OFFICIAL_FILES.values() if not _is_sound(folder, official)]
        addresses, ends = mirrors() if absent else [], time.monotonic() + DEADLINE
        for official in absent:
            content = _download(official, addresses, ends, progress)
            with whole_file(folder / official.gz_name) as partial:
                partial.write_bytes(content)
    return [official.name for official in absent]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Within the block no other process downloads to `folder`, if its file system knows locks."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "download.lock", timeout=LOCK_TIMEOUT)
    try:
        lock.acquire()
    except Timeout:
        raise TimeoutError(None, "another process has been downloading to it for a long time") from None
    except NotImplementedError:  # some network disks: at worst, two processes write the same file whole
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _is_sound(folder: Path, official: OfficialFile) -> bool:
    """Whether one copy of the file is; bad ones, and what killed downloads have left, are deleted."""
    remove_partial(folder / official.gz_name)
    sound = False
    for path in (folder / official.name, folder / official.gz_name):
        if not path.exists():
            continue
        try:
            read_verified(path, official)
            sound = True
        except DataError as error:
            print(f"Repairing the cache: {error}; downloading it again.")
            path.unlink()
    return sound


def _download(official: OfficialFile, addresses: list[str], ends: float, progress: bool) -> bytes:
    """Try every mirror twice; one that cannot be reached, or is too slow, leaves the list of `addresses`."""
    reasons = []
    for address in addresses * 2:
        if address not in addresses:
            continue
        left = ends - time.monotonic()
        if left <= 0:
            reasons.append(f"the {DEADLINE} seconds for all files are over")
            break
        bar = tqdm(
            desc=official.gz_name, total=official.gz_size, unit="B", unit_scale=True, file=sys.stdout,
            leave=False, delay=1, disable=not progress,
        )  # fmt: skip
        with bar:
            try:
                return received(address, official, min(PATIENCE + official.gz_size / SLOWEST, left), bar)
            except (requests.ConnectionError, requests.Timeout, TimeoutError) as error:
                addresses.remove(address)
                reasons.append(f"{address} {unreachable(error)}")
            except Exception as error:  # whatever a mirror, a proxy or a setting for them brings about
                reasons.append(f"{address}: {error}")
    raise DataError(
        f"{official.gz_name} could not be downloaded: " + "; ".join(reasons or ["no mirror is left"])
    )
