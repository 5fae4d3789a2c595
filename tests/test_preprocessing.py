"""Normalise, flatten, one-hot, split: compared with torch, torchvision, NumPy and scikit-learn."""

import copy
import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.preprocessing import LabelBinarizer
from torchvision.transforms.functional import to_tensor

from mnist_helpers import flatten, normalise, one_hot, preprocess, unflatten
from mnist_helpers.preprocessing import split_indices

EVERY_VALUE = torch.arange(784, dtype=torch.int64).remainder(256).to(torch.uint8).view(1, 28, 28)
LABELS = torch.arange(10).repeat_interleave(torch.arange(11, 21))  # 11 zeros, 12 ones, ... 20 nines


def test_normalise_gives_what_torchvisions_to_tensor_gives():
    expected = to_tensor(Image.fromarray(EVERY_VALUE[0].numpy()))
    result = normalise(EVERY_VALUE)
    assert result.dtype == torch.float32
    assert torch.equal(result, expected)
    assert (result.min(), result.max()) == (0, 1)


def test_flatten_lays_the_rows_end_to_end():
    assert np.array_equal(flatten(EVERY_VALUE)[0], np.concatenate(list(EVERY_VALUE[0].numpy())))


def test_flatten_and_back_loses_and_copies_nothing():
    images = torch.rand(5, 28, 28)
    back = unflatten(flatten(images))
    assert torch.equal(back, images)
    assert back.data_ptr() == images.data_ptr()


def test_one_hot_gives_what_scikit_learn_gives():
    rows = one_hot(LABELS)
    assert rows.dtype == torch.float32
    assert np.array_equal(rows, LabelBinarizer().fit_transform(LABELS))


def test_cross_entropy_is_the_same_for_one_hot_rows_and_for_class_indices():
    logits = torch.randn(len(LABELS), 10)
    assert torch.allclose(F.cross_entropy(logits, one_hot(LABELS)), F.cross_entropy(logits, LABELS))


def test_the_split_is_complete_and_disjoint():
    train, val = split_indices(LABELS, val_fraction=0.2)
    assert sorted([*train.tolist(), *val.tolist()]) == list(range(len(LABELS)))
    assert len(val) == round(0.2 * len(LABELS))


@pytest.mark.parametrize("val_fraction", [0.1, 0.2, 0.5])
def test_the_split_keeps_each_digits_share(val_fraction):
    _, val = split_indices(LABELS, val_fraction)
    counts = LABELS[val].bincount(minlength=10)
    assert ((counts - val_fraction * LABELS.bincount()).abs() < 1).all()


def test_a_seed_decides_the_split():
    first, same, other = (split_indices(LABELS, seed=seed)[1] for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("bad", [0, 1, True, -0.2, 20, float("nan"), "0.2", None])
def test_a_share_outside_0_to_1_is_told(tiny_data, bad):
    with pytest.raises(ValueError, match="val_fraction must be a number above 0 and below 1, not"):
        preprocess(tiny_data, val_fraction=bad)


def test_a_share_and_a_seed_of_numpys_are_as_good():
    plain, numpys = split_indices(LABELS, 0.25, 3), split_indices(LABELS, np.float32(0.25), np.int64(3))
    assert torch.equal(plain[1], numpys[1])


def test_preprocessed_images_keep_their_labels(tiny_data, tiny_splits):
    train, val = split_indices(tiny_data.train_labels)
    for split, images, labels in (
        (tiny_splits.train, tiny_data.train_images[train], tiny_data.train_labels[train]),
        (tiny_splits.val, tiny_data.train_images[val], tiny_data.train_labels[val]),
        (tiny_splits.test, tiny_data.test_images, tiny_data.test_labels),
    ):
        assert split.images.dtype == torch.float32
        assert split.labels.dtype == torch.int64
        assert split.images.shape == (len(split), 784)
        assert torch.equal((split.images * 255).round().to(torch.uint8).view(-1, 28, 28), images)
        assert torch.equal(split.labels, labels.long())


def test_no_seed_and_no_share_changes_the_test_set(tiny_data, tiny_splits):
    other = preprocess(tiny_data, val_fraction=0.4, seed=7)
    assert torch.equal(other.test.images, tiny_splits.test.images)
    assert torch.equal(other.test.labels, tiny_splits.test.labels)


def test_the_raw_data_stay_as_they_are(tiny_data):
    before = tiny_data.train_images.clone()
    splits = preprocess(tiny_data)
    splits.train.images.zero_()
    splits.test.images.zero_()
    assert torch.equal(tiny_data.train_images, before)
    assert tiny_data.test_images.any()


def test_mnist_is_split_into_48_000_and_12_000(mnist):
    splits = preprocess(mnist)
    assert [len(split) for split in (splits.train, splits.val, splits.test)] == [48_000, 12_000, 10_000]
    assert torch.allclose(
        splits.train.labels.bincount() / 48_000, splits.val.labels.bincount() / 12_000, atol=1e-4
    )


def test_data_can_be_compared_and_kept_in_a_set(tiny_data, tiny_splits):
    """A copy is another one: whether two tensors are equal has many answers, and Python wants one."""
    for data in (tiny_data, tiny_splits, tiny_splits.val):
        name, value = next(iter(vars(data).items()))
        copied = dataclasses.replace(data, **{name: copy.deepcopy(value)})
        assert data == data
        assert data != copied
        assert len({data, data, copied}) == 2


@pytest.mark.parametrize("num_classes", [2.5, 0])
def test_a_number_of_classes_is_whole(num_classes):
    with pytest.raises(ValueError, match="num_classes must be a whole number above 0"):
        one_hot(torch.tensor([0]), num_classes)
