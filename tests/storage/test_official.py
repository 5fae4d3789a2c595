"""The four official files: found, verified, and read."""

import gzip
import re
import tracemalloc
import zlib

import pytest
import torch
from conftest import alter, idx_bytes, truncate
from torchvision.datasets import MNIST

from mnist_helpers.storage import (
    OFFICIAL_FILES,
    DataError,
    find_files,
    parse_idx,
    read_verified,
    sound_file,
    to_idx,
)

LABELS = OFFICIAL_FILES["train_labels"]


def test_names_and_checksums_are_those_that_torchvision_knows():
    ours = {(official.gz_name, official.gz_md5) for official in OFFICIAL_FILES.values()}
    assert ours == set(MNIST.resources)


@pytest.mark.parametrize("shape", [(3,), (2, 28, 28), (1, 2, 3, 4)])
def test_an_idx_file_is_read_and_written_in_its_shape(shape):
    values = torch.randint(0, 256, shape, dtype=torch.uint8)
    assert torch.equal(parse_idx(idx_bytes(values)), values)
    assert to_idx(values) == idx_bytes(values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"<!DOCTYPE html>", "not an IDX file of unsigned bytes: it begins with '3c 21 44 4f'"),
        (b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", "not an IDX file of unsigned bytes"),
        (idx_bytes(torch.zeros(2, 3, dtype=torch.uint8))[:-1], r"states shape \(2, 3\), but 5 values follow"),
        (idx_bytes(torch.zeros(2, 3, dtype=torch.uint8)) + b"\0", "but 7 values follow"),
        (b"\0\0\x08\x03\0\0", "an IDX header of 3 axes, in a file of 6 bytes"),
        (b"\0\0\x08\xff" + bytes(4 * 255), "an IDX header of 255 axes"),
    ],
)
def test_what_is_no_idx_file_is_told(content, message):
    with pytest.raises(DataError, match=message):
        parse_idx(content)


PLACES = [".", "MNIST/raw", "archive", "archive/train-labels-idx1-ubyte", "My MNIST/ü/1"]
NAMES = [
    LABELS.name, LABELS.gz_name, "train-labels.idx1-ubyte", "train-labels-idx1-ubyte (1).gz",
    "Copy of train-labels-idx1-ubyte.gz", "TRAIN-LABELS.IDX1-UBYTE",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_found_where_and_as_data_sites_and_unpackers_put_it(tmp_path, place, name):
    path = tmp_path / place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert list(find_files(tmp_path, LABELS)) == [path]


def test_a_file_that_is_absent_is_not_found(tmp_path):
    (tmp_path / LABELS.name).mkdir()  # a folder of that name is no file
    for other in ("train-images-idx3-ubyte", f"._{LABELS.name}", f"{LABELS.gz_name}.17.part", "labels.csv"):
        (tmp_path / other).touch()
    deep = tmp_path / "a" / "b" / "c" / "d"  # somebody may name a whole disk
    deep.mkdir(parents=True)
    (deep / LABELS.name).touch()
    assert list(find_files(tmp_path, LABELS)) == []


@pytest.mark.parametrize("packed", [True, False])
def test_a_sound_file_is_unpacked(synthetic, idx_folder, packed):
    official = OFFICIAL_FILES["test_images"]
    path = idx_folder / official.gz_name
    content = idx_bytes(synthetic.test_images)
    if not packed:
        path = idx_folder / official.name
        path.write_bytes(content)
    assert read_verified(path, official) == content


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, r"^{name} in .*named is truncated \([\d,]+ of {size:,} bytes\)$"),
        (alter, r"^{name} in .*named is not the official MNIST file"),
        (lambda content: b"\0" + content, r"^{name} in .* is not the official MNIST file"),
        (lambda content: b"", r"^{name} in .* is truncated \(0 of {size:,} bytes\)$"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_a_damaged_file_is_told_by_name_and_place(synthetic, idx_folder, damage, message, packed):
    official = OFFICIAL_FILES["train_images"]
    path = idx_folder / (official.gz_name if packed else official.name)
    content = (idx_folder / official.gz_name).read_bytes()
    path.write_bytes(damage(content if packed else gzip.decompress(content)))
    expected = message.format(name=path.name, size=official.gz_size if packed else official.size)
    with pytest.raises(DataError, match=expected):
        read_verified(path, official)


def test_a_file_that_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_verified(tmp_path / "absent.gz", LABELS)


def test_whichever_copy_is_sound_is_taken(idx_folder, synthetic):
    official = OFFICIAL_FILES["test_labels"]
    (idx_folder / official.name).write_bytes(b"damaged")
    path, content = sound_file(idx_folder, official)
    assert path.name == official.gz_name
    assert content == idx_bytes(synthetic.test_labels)


@pytest.mark.parametrize("name", ["gz_name", "name"])
@pytest.mark.parametrize("level", [1, 9, None])
def test_a_file_that_was_unpacked_or_packed_anew_is_as_good(synthetic, tmp_path, name, level):
    """Browsers unpack a file and keep its name; others gzip it again, which gives other bytes."""
    official = OFFICIAL_FILES["test_labels"]
    content = idx_bytes(synthetic.test_labels)
    path = tmp_path / getattr(official, name)
    path.write_bytes(content if level is None else gzip.compress(content, level, mtime=1))
    assert read_verified(path, official) == content


def test_no_more_is_unpacked_than_the_official_file_has(synthetic, tmp_path):
    official = OFFICIAL_FILES["train_labels"]
    bomb = zlib.compressobj(9, wbits=31)
    (tmp_path / official.gz_name).write_bytes(bomb.compress(bytes(50_000_000)) + bomb.flush())
    tracemalloc.start()
    with pytest.raises(DataError, match="is not the official MNIST file"):
        read_verified(tmp_path / official.gz_name, official)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1_000_000


@pytest.mark.parametrize(
    "name",
    ["archive.zip", "MNIST.ZIP", "raw.tar.gz", "a.tar.bz2", "a.tgz", "a.txz", "a.7z", f"{LABELS.name}.zip"],
)
def test_an_archive_of_any_kind_is_to_be_unpacked_first(tmp_path, name):
    (tmp_path / "b.gz").touch()
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=rf"is missing in .* \(unpack {re.escape(name)} there first\)"):
        sound_file(tmp_path, LABELS)


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    with pytest.raises(DataError, match=r"is missing in [^(]*$"):
        sound_file(tmp_path, LABELS)
    (tmp_path / "archive.zip").touch()
    with pytest.raises(DataError, match=r"archive\.zip is a file; name the folder that it lies in"):
        sound_file(tmp_path / "archive.zip", LABELS)
    with pytest.raises(DataError, match="cannot be read"):
        sound_file(tmp_path / ("a" * 300), LABELS)
