"""The four official MNIST files: their names, checksums, and the IDX format they are written in."""

import gzip
import hashlib
import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mnist_helpers.storage.writing import whole_file


class DataError(ValueError):
    """A data file is missing, truncated, altered, or not what it should be."""


@dataclass(frozen=True)
class OfficialFile:
    """Name, sizes in bytes and MD5 checksums of one published file, packed (.gz) and unpacked."""

    name: str
    size: int
    md5: str
    gz_size: int
    gz_md5: str

    @property
    def gz_name(self) -> str:
        return f"{self.name}.gz"


# Sizes and checksums of the files as MNIST's makers published them, the same that torchvision checks.
OFFICIAL_FILES = {
    "train_images": OfficialFile(
        "train-images-idx3-ubyte",
        size=47_040_016,
        md5="6bbc9ace898e44ae57da46a324031adb",
        gz_size=9_912_422,
        gz_md5="f68b3c2dcbeaaa9fbdd348bbdeb94873",
    ),
    "train_labels": OfficialFile(
        "train-labels-idx1-ubyte",
        size=60_008,
        md5="a25bea736e30d166cdddb491f175f624",
        gz_size=28_881,
        gz_md5="d53e105ee54ea40749a09fcbcd1e9432",
    ),
    "test_images": OfficialFile(
        "t10k-images-idx3-ubyte",
        size=7_840_016,
        md5="2646ac647ad5339dbf082846283269ea",
        gz_size=1_648_877,
        gz_md5="9fb629c4189551a2d022fa330f9573f3",
    ),
    "test_labels": OfficialFile(
        "t10k-labels-idx1-ubyte",
        size=10_008,
        md5="27ae3e4e09519cfbb04c329615203637",
        gz_size=4_542,
        gz_md5="ec29112dd5afa0611ce80d1b7f02629c",
    ),
}


def find_file(folder: Path, official: OfficialFile) -> Path | None:
    """Path of the file in `folder` or in its `MNIST/raw/`, unpacked or gzipped; None if absent."""
    for place in (folder, folder / "MNIST" / "raw"):
        for name in (official.name, official.gz_name):
            if (place / name).is_file():
                return place / name
    return None


def read_verified(path: Path, official: OfficialFile) -> bytes:
    """Unpacked content of the file at `path`, after its size and MD5 checksum have been verified.

    Raises
    ------
    DataError
        The file cannot be read, is truncated, or is not the published one.
    """
    packed = path.suffix == ".gz"
    size, md5 = (official.gz_size, official.gz_md5) if packed else (official.size, official.md5)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name} in {path.parent} cannot be read ({error.strerror})") from error
    if len(content) < size:
        raise DataError(f"{path.name} in {path.parent} is truncated ({len(content):,} of {size:,} bytes)")
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise DataError(
            f"{path.name} in {path.parent} is not the official MNIST file (its MD5 checksum differs)"
        )
    return gzip.decompress(content) if packed else content


def parse_idx(content: bytes) -> Tensor:
    """Read the IDX format: two zero bytes, the type, the number of axes, their lengths, the values.

    Parameters
    ----------
    content : bytes
        An unpacked IDX file of unsigned bytes (type 0x08): the format in which MNIST was published.

    Returns
    -------
    Tensor of the shape that the header states, uint8 in [0, 255].

    Raises
    ------
    DataError
        The header is not one of unsigned bytes, or more or fewer values follow than it states.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"not an IDX file of unsigned bytes: it begins with {content[:4].hex(' ')!r}")
    header_size = 4 + 4 * content[3]
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, header_size, 4)]
    if len(content) - header_size != math.prod(shape):
        raise DataError(
            f"an IDX header states shape {tuple(shape)}, but {len(content) - header_size:,} values follow"
        )
    # A bytearray, because torch wants to own memory that it may write to.
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)[header_size:].view(shape)


def to_idx(values: Tensor) -> bytes:
    """Write uint8 `values` of any shape in the IDX format; `parse_idx` reads them back."""
    lengths = b"".join(length.to_bytes(4, "big") for length in values.shape)
    return bytes([0, 0, 8, values.ndim]) + lengths + values.numpy().tobytes()


def official_bytes(folder: Path, official: OfficialFile) -> bytes:
    """Unpacked, verified content of one official file, packed or not, in `folder`.

    Raises
    ------
    DataError
        The folder or the file is missing, or the file is not the official one.
    """
    if not folder.is_dir():
        raise DataError(f"the folder {folder} does not exist")
    path = find_file(folder, official)
    if path is None:
        raise DataError(f"{official.name}(.gz) is missing in {folder}")
    return read_verified(path, official)


def unpack_official(folder: Path, target: Path) -> None:
    """Write the four official files of `folder` unpacked to `target`, where they are not there already."""
    for official in OFFICIAL_FILES.values():
        path = target / official.name
        with suppress(DataError):
            read_verified(path, official)
            continue
        with whole_file(path) as partial:
            partial.write_bytes(official_bytes(folder, official))
