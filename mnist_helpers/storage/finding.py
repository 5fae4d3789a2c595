"""Find the official files in a folder, by whatever names data sites and unpackers give them."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mnist_helpers.storage.official import OFFICIAL_FILES, DataError, OfficialFile, read_verified
from mnist_helpers.storage.writing import whole_file

LEVELS = 4  # of folders that are searched
MOST_FOLDERS = 300  # of each level: it may be a whole disk
ARCHIVE = re.compile(r"\.(zip|7z|rar|tar|tar\.\w+|t[gbx]z2?)$", re.IGNORECASE)


def find_files(folder: Path, official: OfficialFile) -> Iterator[Path]:
    """Yield the files in `folder` that by their names may be the official one, the likeliest first.

    Data sites and unpackers know it as `train-images.idx3-ubyte`, put it into `MNIST/raw/`, `archive/` or a
    folder of its own name, and browsers add ` (1)`. Whether it is the official one its checksum says. The
    folders are searched only if the usual places have not what is wanted.
    """
    names = official.name, official.gz_name
    usual = [folder / inner / name for inner in ("", "MNIST/raw") for name in names]
    yield from filter(os.path.isfile, usual)
    name = re.compile(official.name.replace("-", "[-._]"), re.IGNORECASE)
    found, level = [], [folder]
    for _ in range(LEVELS):
        listed = [listing for place in level for listing in _listed(place)]
        found += [path for path, is_folder in listed if not is_folder and name.search(path.name)]
        level = [path for path, is_folder in listed if is_folder][:MOST_FOLDERS]
    yield from sorted(set(found) - set(usual), key=lambda path: (len(path.parts), path))


def _listed(folder: Path) -> list[tuple[Path, bool]]:
    """The files and folders in a folder, in order, and whether each is a folder; no archives."""
    kinds = []
    with suppress(OSError), os.scandir(folder) as entries:  # some folders cannot be read
        for entry in entries:
            if entry.name.startswith(".") or entry.name.endswith((".part", ".lock")):
                continue
            with suppress(OSError):  # links may lead round in a circle
                if entry.is_dir() or (entry.is_file() and not ARCHIVE.search(entry.name)):
                    kinds.append((Path(entry.path), entry.is_dir()))
    return sorted(kinds)


def sound_file(folder: Path, official: OfficialFile) -> tuple[Path, bytes]:
    """Path and unpacked, verified content of one official file in `folder`, whichever copy of it is sound.

    Raises
    ------
    DataError
        The folder or the file is missing, or no such file is the official one.
    """
    try:
        others = sorted(folder.iterdir())
    except NotADirectoryError:
        raise DataError(f"{folder} is a file; name the folder that it lies in") from None
    except FileNotFoundError:
        raise DataError(f"the folder {folder} does not exist") from None
    except (OSError, ValueError) as error:  # ValueError: no path at all
        raise DataError(f"the folder {folder} cannot be read ({error})") from None
    problems = []
    for path in find_files(folder, official):
        try:
            return path, read_verified(path, official)
        except DataError as problem:
            problems.append(problem)
    if problems:
        raise problems[0]
    packed = [path.name for path in others if ARCHIVE.search(path.name)]
    unpack = f" (unpack {packed[0]} there first)" if packed else ""
    raise DataError(f"{official.name}(.gz) is missing in {folder}{unpack}")


def unpack_official(folder: Path, target: Path) -> None:
    """Write the four official files of `folder` unpacked to `target`, where they are not there already."""
    for official in OFFICIAL_FILES.values():
        path = target / official.name
        with suppress(DataError):
            if read_verified(path, official) and path.stat().st_size == official.size:
                continue
        with whole_file(path) as partial:
            partial.write_bytes(sound_file(folder, official)[1])
