"""Where the data come from, in which order, and that a folder named by the user is left as it is."""

import gzip

import pytest
import torch
from conftest import alter, assert_same_data, idx_bytes, truncate
from sklearn.datasets import load_digits
from torchvision.datasets import MNIST

from mnist_helpers import Source, data, load_embedded_digits, load_mnist, torchvision_root
from mnist_helpers.storage import OFFICIAL_FILES, DataError

IMAGES = OFFICIAL_FILES["test_images"].gz_name


def listing(folder) -> dict:
    return {
        path.relative_to(folder): (path.stat().st_mtime_ns, path.is_file() and path.read_bytes())
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def no_fallback(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a folder was named, so nothing else may be tried")

    monkeypatch.setattr(data, "load_embedded_digits", refuse)
    monkeypatch.setattr(data.storage, "fetch_missing", refuse)


@pytest.mark.parametrize("named_by", ["argument", "text", "variable"])
def test_a_named_folder_is_read(synthetic, idx_folder, no_fallback, monkeypatch, named_by):
    if named_by == "variable":
        monkeypatch.setenv("MNIST_DATA_DIR", str(idx_folder))
        loaded = load_mnist()
    else:
        loaded = load_mnist(idx_folder if named_by == "argument" else str(idx_folder))
    assert_same_data(loaded, synthetic)
    assert loaded.source is Source.FOLDER


def test_the_argument_goes_before_the_variable(synthetic, idx_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DATA_DIR", str(tmp_path / "absent"))
    assert_same_data(load_mnist(idx_folder), synthetic)


def test_torchvisions_own_folders_are_understood(synthetic, idx_folder, tmp_path):
    (tmp_path / "root" / "MNIST").mkdir(parents=True)
    idx_folder.rename(tmp_path / "root" / "MNIST" / "raw")
    assert_same_data(load_mnist(tmp_path / "root"), synthetic)


@pytest.mark.parametrize(
    ("damage", "message"),
    [(truncate, "is truncated"), (alter, "is not the official MNIST file"), (None, "is missing in")],
)
def test_a_bad_file_in_a_named_folder_is_one_clear_error(idx_folder, no_fallback, damage, message):
    path = idx_folder / IMAGES
    content = path.read_bytes()
    path.unlink()
    if damage:
        path.write_bytes(damage(content))
    before = listing(idx_folder)
    with pytest.raises(DataError, match=f"t10k-images-idx3-ubyte.* {message}") as caught:
        load_mnist(idx_folder)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert listing(idx_folder) == before


def test_fashion_mnist_under_the_same_names_is_not_taken_for_mnist(synthetic, idx_folder, no_fallback):
    """Sound files of the same shapes, in which only the pictures differ."""
    images = (synthetic.test_images.int() + 1).clamp(max=255).to(torch.uint8)
    (idx_folder / IMAGES).write_bytes(gzip.compress(idx_bytes(images)))
    with pytest.raises(DataError, match=r"is not the official MNIST file .*Fashion-MNIST and others"):
        load_mnist(idx_folder)


def test_a_named_folder_that_does_not_exist_is_told_and_not_made(tmp_path, no_fallback):
    with pytest.raises(DataError, match=r"the folder .*absent does not exist"):
        load_mnist(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_a_named_folder_is_never_written_to(synthetic, idx_folder):
    before = listing(idx_folder)
    idx_folder.chmod(0o555)
    try:
        load_mnist(idx_folder)
        torchvision_root(idx_folder)
    finally:
        idx_folder.chmod(0o755)
    assert listing(idx_folder) == before


def test_the_cache_is_read_when_no_folder_is_named(synthetic, idx_folder, tmp_path):
    cache = tmp_path / "cache" / "MNIST"
    cache.mkdir(parents=True)
    idx_folder.rename(cache / "raw")
    loaded = load_mnist(download=False)
    assert_same_data(loaded, synthetic)
    assert loaded.source is Source.CACHE


def test_torchvision_reads_the_same_from_its_root(synthetic, idx_folder):
    root = torchvision_root(idx_folder)
    written = listing(root)
    assert listing(torchvision_root(idx_folder)) == written  # what is there is not written anew
    for train in (True, False):
        part = MNIST(root, train=train)
        expected = synthetic.train_images if train else synthetic.test_images
        assert torch.equal(part.data, expected)
        assert part.targets.tolist() == [digit % 10 for digit in range(len(expected))]


def test_torchvisions_root_is_verified_each_time(idx_folder):
    path = torchvision_root(idx_folder) / "MNIST" / "raw" / OFFICIAL_FILES["test_images"].name
    sound = path.read_bytes()
    for bad in (alter(sound), gzip.compress(sound)):  # packed, under a name that torchvision does not unpack
        path.write_bytes(bad)
        torchvision_root(idx_folder)
        assert path.read_bytes() == sound


def test_torchvisions_root_needs_the_official_files_in_a_folder_that_is_named(tmp_path):
    with pytest.raises(DataError):
        torchvision_root(tmp_path)


def test_without_anything_torchvision_reads_the_embedded_digits(tiny_data):
    for train in (True, False):
        part = MNIST(torchvision_root(), train=train)
        images, labels = (
            (tiny_data.train_images, tiny_data.train_labels)
            if train
            else (tiny_data.test_images, tiny_data.test_labels)
        )
        assert torch.equal(part.data, images)
        assert torch.equal(part.targets, labels.long())


@pytest.mark.parametrize("download", [True, False])
def test_without_anything_the_embedded_digits_are_announced_in_one_sentence(capfd, tiny_data, download):
    loaded = load_mnist(download=download, progress=False)
    assert_same_data(loaded, tiny_data)
    assert loaded.source is Source.EMBEDDED
    assert not loaded.source.is_mnist
    printed, errors = capfd.readouterr()
    assert errors == ""
    assert printed.count("\n") == 1
    assert "embedded default, not MNIST" in printed


def test_the_embedded_digits_look_like_mnist(tiny_data):
    for images, labels, count in (
        (tiny_data.train_images, tiny_data.train_labels, 1437),
        (tiny_data.test_images, tiny_data.test_labels, 360),
    ):
        assert images.shape == (count, 28, 28)
        assert labels.shape == (count,)
        assert images.dtype == labels.dtype == torch.uint8
        assert set(labels.tolist()) == set(range(10))
        ink = images > 0
        assert ink.any(dim=1).sum(dim=1).max() <= 20
        assert ink.any(dim=2).sum(dim=1).max() <= 20


def test_the_embedded_digits_keep_their_brightness(tiny_data):
    brightness = torch.cat([tiny_data.train_images, tiny_data.test_images]).double().mean() * 28**2 / 20**2
    assert brightness.item() == pytest.approx(load_digits().images.mean() * 255 / 16, rel=0.03)


def test_the_embedded_digits_are_centred_by_their_mass(tiny_data):
    images = tiny_data.train_images.double()
    positions = torch.arange(28, dtype=torch.float64)
    for axis in (1, 2):
        centres = (images.sum(dim=axis) * positions).sum(dim=1) / images.sum(dim=(1, 2))
        assert (centres - 14).abs().quantile(0.99) <= 0.51


def test_the_embedded_digits_are_all_of_scikit_learns_and_each_once(tiny_data):
    labels = torch.cat([tiny_data.train_labels, tiny_data.test_labels])
    assert labels.bincount().tolist() == torch.from_numpy(load_digits().target).bincount().tolist()
    shares = [part.bincount() / len(part) for part in (tiny_data.train_labels, tiny_data.test_labels)]
    assert torch.allclose(*shares, atol=1 / 360)  # stratified


def test_a_seed_decides_the_embedded_split(tiny_data):
    assert_same_data(load_embedded_digits(seed=0), tiny_data)
    assert not torch.equal(load_embedded_digits(seed=1).test_labels, tiny_data.test_labels)


def test_the_real_mnist_is_the_published_one(mnist):
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
    published = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist.train_labels.bincount().tolist() == published
    assert mnist.test_labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    pixels = mnist.train_images.double() / 255
    assert pixels.mean().item() == pytest.approx(0.1307, abs=5e-5)  # the constants in many a tutorial
    assert pixels.std().item() == pytest.approx(0.3081, abs=5e-5)
    assert mnist.source.is_mnist
