"""Files in: find, fetch, verify and read MNIST, or fall back on the digits that need no network."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mnist_helpers import storage
from mnist_helpers.digits import centre_in_frame, fit_to_box
from mnist_helpers.storage import DataError


class Source(StrEnum):
    """Where images come from. Only `MnistData` carries it; nothing else asks."""

    FOLDER = "MNIST, from the folder named by you"
    CACHE = "MNIST, from the cache folder"
    DOWNLOAD = "MNIST, freshly downloaded"
    EMBEDDED = "scikit-learn's bundled digits (the embedded default, not MNIST)"

    @property
    def is_mnist(self) -> bool:
        return self is not Source.EMBEDDED


@dataclass(frozen=True, eq=False)
class MnistData:
    """Raw digits: images are Tensors of shape (n, 28, 28), labels of shape (n,), all uint8."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    source: Source


def load_mnist(
    data_dir: str | Path | None = None, *, download: bool = True, progress: bool = True
) -> MnistData:
    """Load the 60,000 training and 10,000 test images of MNIST, verified by their checksums.

    The first of these that is there is used: the folder `data_dir`, the folder named by the
    environment variable `MNIST_DATA_DIR`, the cache folder, a download into the cache folder,
    and last, announced in one sentence, `load_embedded_digits()`.

    Parameters
    ----------
    data_dir : folder that holds the four official files, gzipped or not, or a `MNIST/raw/` with
        them. It is only read. When a folder is named, here or by the variable, nothing else is tried.
    download : whether the network may be asked for what the cache folder lacks.
    progress : whether a download shows a bar on standard output.

    Raises
    ------
    DataError
        The folder that was named lacks a file, or a file in it is truncated or altered.
    """
    if named := storage.named_folder(data_dir):
        try:
            return _read_folder(named, Source.FOLDER)
        except DataError as error:
            raise DataError(
                f"{error}; put the official file there, or name no folder (unset MNIST_DATA_DIR) "
                "to have it downloaded"
            ) from None
    try:
        return _read_folder(folder := storage.mnist_folder(), Source.CACHE)
    except DataError as problem:
        reason = str(problem)
    if download:
        try:
            storage.fetch_missing(folder, progress)
            return _read_folder(folder, Source.DOWNLOAD)
        except (DataError, OSError) as problem:
            reason = str(problem)
    print(
        f"MNIST could not be had, so this is {Source.EMBEDDED}. The reason: {reason}. Everything runs on "
        "these digits as well, but the numbers in the text are MNIST's, and yours will differ."
    )
    return load_embedded_digits()


def load_embedded_digits(seed: int = 0) -> MnistData:
    """scikit-learn's 1,797 handwritten digits in MNIST's frame: 1,437 to train on, 360 to test.

    The 8x8 images are scaled to 20x20 and centred by their mass in 28x28, the way MNIST was made.
    Source: https://archive.ics.uci.edu/dataset/80, as bundled by `sklearn.datasets.load_digits`.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    small = np.round(digits.images * (255 / 16)).astype(np.uint8)  # 0..16 -> 0..255
    images = np.stack([centre_in_frame(fit_to_box(image)) for image in small])
    labels = digits.target.astype(np.uint8)
    parts = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=seed)
    train_images, test_images, train_labels, test_labels = map(torch.from_numpy, parts)
    return MnistData(train_images, train_labels, test_images, test_labels, Source.EMBEDDED)


def torchvision_root(data_dir: str | Path | None = None) -> Path:
    """A folder from which `torchvision.datasets.MNIST(root)` reads what `load_mnist` has loaded.

    torchvision wants the files unpacked under `MNIST/raw/`. They are written to the cache folder,
    never to the folder that you named. Where `load_mnist` fell back on the embedded digits, they
    hold these.

    Raises
    ------
    DataError
        A folder is named, here or by `MNIST_DATA_DIR`, and lacks an official file, or the disk is full.
    """
    with storage.refusal_told(root := storage.cache_dir()):
        try:
            storage.unpack_official(storage.mnist_folder(data_dir), root / "MNIST" / "raw")
            return root
        except DataError:
            if storage.named_folder(data_dir):
                raise
        root, digits = root / "embedded", load_embedded_digits()
        for part, official in storage.OFFICIAL_FILES.items():
            with storage.whole_file(root / "MNIST" / "raw" / official.name) as partial:
                partial.write_bytes(storage.to_idx(getattr(digits, part)))
        return root


def _read_folder(folder: Path, source: Source) -> MnistData:
    files = storage.OFFICIAL_FILES.items()
    arrays = {part: storage.parse_idx(storage.sound_file(folder, file)[1]) for part, file in files}
    return MnistData(**arrays, source=source)
