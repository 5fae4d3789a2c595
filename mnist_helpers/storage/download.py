"""Fetch the official files into the cache folder: mirrors, time-outs, checksums, one process at a time."""

import logging
import sys
from pathlib import Path

import pooch
import requests
from filelock import FileLock
from tqdm import tqdm

from mnist_helpers.storage.official import OFFICIAL_FILES, DataError, OfficialFile, find_file, read_verified

TIMEOUT = (5, 30)  # seconds to connect, seconds without a byte
LOCK_TIMEOUT = 600  # seconds to wait while another process downloads


def mirrors() -> list[str]:
    """The addresses torchvision downloads MNIST from, each ending in a slash."""
    from torchvision.datasets import MNIST  # slow to import, and rarely needed

    return list(MNIST.mirrors)


def fetch_missing(folder: Path, progress: bool = True) -> list[str]:
    """Make `folder` hold four sound files: bad ones are deleted, absent ones are downloaded.

    Returns the names of the files that were downloaded.

    Raises
    ------
    DataError
        A file could be had from no mirror.
    OSError
        `folder` cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "download.lock", timeout=LOCK_TIMEOUT):
        absent = [official for official in OFFICIAL_FILES.values() if not _is_sound(folder, official)]
        for official in absent:
            _download(official, folder, progress)
    return [official.name for official in absent]


def _is_sound(folder: Path, official: OfficialFile) -> bool:
    path = find_file(folder, official)
    if path is None:
        return False
    try:
        read_verified(path, official)
    except DataError as error:
        print(f"Repairing the cache: {error}; downloading it again.")
        path.unlink()
        return _is_sound(folder, official)  # there may be a packed copy beside the unpacked one
    return True


def _download(official: OfficialFile, folder: Path, progress: bool) -> None:
    """Try every mirror twice, one that cannot be reached only once."""
    pooch.get_logger().setLevel(logging.ERROR)
    addresses, reasons = mirrors(), []
    for address in addresses * 2:
        if address not in addresses:
            continue
        bar = tqdm(
            desc=official.gz_name,
            total=official.gz_size,  # without it tqdm refuses pooch's question whether there is a bar
            unit="B",
            unit_scale=True,
            file=sys.stdout,
            leave=False,
            delay=1,
            disable=not progress,
        )
        try:
            with bar:
                # Pooch writes to a temporary name, checks the MD5 and only then renames.
                pooch.retrieve(
                    address + official.gz_name,
                    known_hash=f"md5:{official.gz_md5}",
                    fname=official.gz_name,
                    path=folder,
                    downloader=pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT),
                )
            return
        except requests.ConnectionError as error:
            addresses.remove(address)
            reasons.append(f"{address} cannot be reached ({type(error).__name__})")
        except (requests.RequestException, ValueError) as error:  # ValueError: checksum differs
            reasons.append(f"{address}: {error}")
    raise DataError(f"{official.gz_name} could not be downloaded: " + "; ".join(reasons))
