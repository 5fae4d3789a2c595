"""The four official MNIST files: their names, checksums, and the IDX format they are written in."""

import hashlib
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

GZIP, IDX = b"\x1f\x8b", b"\0\0\x08"  # how these files begin
MOST_AXES, MOST_VALUES = 8, 2**40  # of an IDX file


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
        size=47_040_016, md5="6bbc9ace898e44ae57da46a324031adb",
        gz_size=9_912_422, gz_md5="f68b3c2dcbeaaa9fbdd348bbdeb94873",
    ),
    "train_labels": OfficialFile(
        "train-labels-idx1-ubyte",
        size=60_008, md5="a25bea736e30d166cdddb491f175f624",
        gz_size=28_881, gz_md5="d53e105ee54ea40749a09fcbcd1e9432",
    ),
    "test_images": OfficialFile(
        "t10k-images-idx3-ubyte",
        size=7_840_016, md5="2646ac647ad5339dbf082846283269ea",
        gz_size=1_648_877, gz_md5="9fb629c4189551a2d022fa330f9573f3",
    ),
    "test_labels": OfficialFile(
        "t10k-labels-idx1-ubyte",
        size=10_008, md5="27ae3e4e09519cfbb04c329615203637",
        gz_size=4_542, gz_md5="ec29112dd5afa0611ce80d1b7f02629c",
    ),
}  # fmt: skip


def read_verified(path: Path, official: OfficialFile) -> bytes:
    """Unpacked content of the file at `path`, after its size and MD5 checksum have been verified.

    Whether it is gzipped is seen from its first bytes, for browsers unpack a file and let it keep its name. A
    file that somebody gzipped anew is as good as the published one if what is in it is.

    Raises
    ------
    DataError
        The file cannot be read, is truncated, or is not the published one.
    """
    try:
        with path.open("rb") as file:
            content = file.read(max(official.size, official.gz_size) + 1)  # never more, however large
    except OSError as error:
        raise DataError(f"{path.name} in {path.parent} cannot be read ({error.strerror})") from error
    if content[:2] == GZIP or (path.suffix == ".gz" and content[:3] != IDX):
        unpacked, ends = _unpacked(content, official)
        truncated, size = not ends, official.gz_size
    else:
        unpacked, truncated, size = content, len(content) < official.size, official.size
    if unpacked is not None and md5_of(unpacked) == official.md5:
        return unpacked
    if truncated:
        raise DataError(f"{path.name} in {path.parent} is truncated ({len(content):,} of {size:,} bytes)")
    raise DataError(
        f"{path.name} in {path.parent} is not the official MNIST file (its MD5 checksum differs; "
        "Fashion-MNIST and others use the same names)"
    )


def _unpacked(content: bytes, official: OfficialFile) -> tuple[bytes | None, bool]:
    """What is in a gzipped file, never much more than the official one, and whether its end is there."""
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        return unpacker.decompress(content, official.size + 1), unpacker.eof or bool(unpacker.unconsumed_tail)
    except zlib.error:
        return None, True


def md5_of(content: bytes | bytearray) -> str:
    """The MD5 checksum, in hexadecimal digits: enough against accidents, and the one that is published."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


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
    if len(content) < 4 or content[:3] != IDX:
        raise DataError(f"not an IDX file of unsigned bytes: it begins with {content[:4].hex(' ')!r}")
    header_size = 4 + 4 * content[3]
    if len(content) < header_size or content[3] > MOST_AXES:
        raise DataError(f"an IDX header of {content[3]} axes, in a file of {len(content):,} bytes")
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, header_size, 4)]
    # Beside an axis of no length, others of any length hold no value.
    if math.prod(filter(None, shape)) > MOST_VALUES:
        raise DataError(f"an IDX header states shape {tuple(shape)}, which is too large")
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
