"""The four official files: found, verified, and read."""

import gzip

import pytest
import torch
from conftest import alter, idx_bytes, truncate
from torchvision.datasets import MNIST

from mnist_helpers.storage import OFFICIAL_FILES, DataError, find_file, parse_idx, read_verified, to_idx

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
        (b"\0\0\x08\x03\0\0", "values follow"),
    ],
)
def test_what_is_no_idx_file_is_told(content, message):
    with pytest.raises(DataError, match=message):
        parse_idx(content)


@pytest.mark.parametrize("place", [".", "MNIST/raw"])
@pytest.mark.parametrize("name", [LABELS.name, LABELS.gz_name])
def test_a_file_is_found_flat_or_in_torchvisions_folders_packed_or_not(tmp_path, place, name):
    path = tmp_path / place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert find_file(tmp_path, LABELS) == path


def test_a_file_that_is_absent_is_not_found(tmp_path):
    (tmp_path / LABELS.name).mkdir()  # a folder of that name is no file
    assert find_file(tmp_path, LABELS) is None


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
        (lambda content: content + b"\0", r"^{name} in .* is not the official MNIST file"),
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
