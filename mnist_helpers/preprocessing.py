"""From raw pixels to what a model eats: normalise, flatten, one-hot, split."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor

from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES, check_kind, check_labels, check_number, check_pixels
from mnist_helpers.data import MnistData


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels: float32 of shape (n, 784) in [0, 1], and int64 of shape (n,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Split":
        """The same on another device."""
        return Split(self.images.to(device), self.labels.to(device, torch.int64))


@dataclass(frozen=True, eq=False)
class Splits:
    """The three parts of the data: to learn from, to choose by, and to judge by, once."""

    train: Split
    val: Split
    test: Split


def normalise(images: Tensor) -> Tensor:
    """Scale uint8 pixels of shape (n, 28, 28) from [0, 255] to float32 in [0, 1]."""
    check_pixels(images)
    return images.to(torch.float32).div_(255)  # in place: no second copy


def flatten(images: Tensor) -> Tensor:
    """Lay the 28 rows of each image end to end: (n, 28, 28) -> (n, 784), without copying."""
    check_kind(images, Tensor, "images", "torch.as_tensor(...) makes one")
    if images.ndim != 3:
        raise ValueError(f"images must have shape (n, 28, 28), not {tuple(images.shape)}")
    return images.flatten(1)


def unflatten(images: Tensor) -> Tensor:
    """Fold the rows back: (n, 784) -> (n, 28, 28), without copying."""
    check_kind(images, Tensor, "images", "torch.as_tensor(...) makes one")
    if images.ndim != 2 or images.shape[1] != IMAGE_SIZE * IMAGE_SIZE:
        raise ValueError(f"images must have shape (n, 784), not {tuple(images.shape)}")
    return images.view(-1, IMAGE_SIZE, IMAGE_SIZE)


def one_hot(labels: Tensor, num_classes: int = NUM_CLASSES) -> Tensor:
    """Turn class indices of shape (n,) into float32 rows of shape (n, num_classes) with a single 1."""
    check_labels(labels, num_classes=num_classes)
    return torch.nn.functional.one_hot(labels.long(), num_classes).to(torch.float32)


def split_indices(labels: Tensor, val_fraction: float = 0.2, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Choose the training and validation images: stratified, so each digit keeps its share.

    Returns two int64 Tensors of indices into `labels`, disjoint and together complete. The same
    seed gives the same indices.
    """
    check_kind(labels, Tensor, "labels", "torch.as_tensor(...) makes one")
    check_number(val_fraction=val_fraction, below=1)
    check_number(seed=seed, whole=True, above=-1, below=2**32)
    train, val = train_test_split(
        np.arange(len(labels)), test_size=float(val_fraction), stratify=labels, random_state=int(seed)
    )
    return torch.from_numpy(train), torch.from_numpy(val)


def preprocess(data: MnistData, val_fraction: float = 0.2, seed: int = 0) -> Splits:
    """Normalise and flatten all images, and set a share of the training images aside for validation.

    Parameters
    ----------
    data : raw images of shape (n, 28, 28), uint8, and labels of shape (n,), as `load_mnist` gives them.
    val_fraction : share of the training images that goes to validation, between 0 and 1.
    seed : of the shuffle behind the split; the test set is never touched.

    Raises
    ------
    TypeError, ValueError
        Wrong shapes, dtypes or labels, or fewer than two images of a digit.
    """
    check_kind(data, MnistData, "data", "load_mnist() gives it")
    check_labels(data.train_labels, len(data.train_images), "train_labels")
    check_labels(data.test_labels, len(data.test_images), "test_labels")
    train, val = split_indices(data.train_labels, val_fraction, seed)

    def prepared(images: Tensor, labels: Tensor) -> Split:
        return Split(flatten(normalise(images)), labels.long())

    return Splits(
        train=prepared(data.train_images[train], data.train_labels[train]),
        val=prepared(data.train_images[val], data.train_labels[val]),
        test=prepared(data.test_images, data.test_labels),
    )
