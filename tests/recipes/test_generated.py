"""Training images beyond MNIST's: what is added, what is left out, and what stays untouched."""

import pytest
import torch
from conftest import new_model

from mnist_helpers import Extras, train
from mnist_helpers.digits import SCRAWLS
from mnist_helpers.recipes import NO_DIGIT, WithNone, add_generated, digit_probability, redraw
from mnist_helpers.recipes.generated import scrawled, written


def test_generated_images_join_the_training_images_alone(tiny_splits):
    more = add_generated(tiny_splits, digits=40, scrawls=10)
    own = len(tiny_splits.train)
    assert len(more.train) == own + 50
    assert torch.equal(more.train.images[:own], tiny_splits.train.images)
    assert torch.equal(more.train.labels[own : own + 40].bincount(), torch.full((10,), 4))
    assert more.val is tiny_splits.val
    assert more.test is tiny_splits.test
    assert more.train.images.dtype == torch.float32
    assert 0 <= more.train.images.min() <= more.train.images.max() <= 1


def test_kinds_can_be_left_out(tiny_splits):
    images, labels, kinds = written(40, 0)
    kept = [(digit, kind) != (7, "barred") for digit, kind in zip(labels.tolist(), kinds, strict=True)]
    assert not all(kept)
    more = add_generated(tiny_splits, 40, 10, without=[(7, "barred")], without_scrawls=["blob"])
    own = len(tiny_splits.train)
    assert torch.equal(more.train.images[own : own + sum(kept)], images[kept])
    assert len(more.train) == own + sum(kept) + 10 - 10 // len(SCRAWLS)


def test_a_scrawl_is_none_of_ten_digits_and_a_model_can_learn_that(tiny_splits):
    _, labels, _ = scrawled(60, 0)
    assert set(labels.tolist()) == {NO_DIGIT} == {10}
    model = new_model()
    more = add_generated(tiny_splits, 0, 14)
    with pytest.raises(ValueError, match="must be 0 to 9"):
        train(model, more, num_epochs=1, progress=False)
    train(WithNone(model), more, num_epochs=1, progress=False, extras=Extras(num_classes=11))


def test_the_probability_of_a_digit_is_what_is_left_by_the_eleventh_answer():
    model, images = new_model(), torch.rand(5, 784)
    eleven = WithNone(model)(images)
    assert eleven.shape == (5, 11)
    assert torch.equal(eleven[:, :10], model(images))
    torch.testing.assert_close(digit_probability(model(images)), 1 - eleven.softmax(dim=1)[:, NO_DIGIT])


def test_nothing_is_added_if_nothing_is_asked_for(tiny_splits):
    assert torch.equal(add_generated(tiny_splits, 0, 0).train.images, tiny_splits.train.images)


def test_redrawn_images_stay_images(tiny_splits):
    images = tiny_splits.train.images[:20]
    changed = redraw(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    assert (changed != images).any(dim=1).all()
