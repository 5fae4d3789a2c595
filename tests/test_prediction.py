"""One image or many: digit, confidence, probabilities."""

import pytest
import torch
from conftest import new_model

from mnist_helpers import predict


def test_the_digit_is_the_most_probable_class_and_the_confidence_its_probability(trained, tiny_splits):
    model, images = trained[0], tiny_splits.test.images
    prediction = predict(model, images)
    with torch.no_grad():
        expected = torch.softmax(model(images), dim=1)
    assert torch.allclose(prediction.probabilities, expected, atol=1e-6)
    assert torch.equal(prediction.digit, expected.argmax(dim=1))
    assert torch.allclose(prediction.confidence, expected.amax(dim=1), atol=1e-6)
    assert torch.allclose(prediction.probabilities.sum(dim=1), torch.ones(len(images)))


def test_a_single_image_gets_the_answer_that_it_gets_among_others(trained, tiny_splits):
    images = tiny_splits.test.images
    alone, together = predict(trained[0], images[7:8]), predict(trained[0], images)
    assert alone.digit.shape == alone.confidence.shape == (1,)
    assert alone.probabilities.shape == (1, 10)
    assert alone.digit[0] == together.digit[7]
    assert alone.confidence[0].item() == pytest.approx(together.confidence[7].item(), abs=1e-6)


def test_predicting_leaves_the_images_and_the_model_alone(tiny_splits):
    model, images = new_model(), tiny_splits.test.images.clone()
    predict(model, images)
    assert torch.equal(images, tiny_splits.test.images)
    assert torch.equal(model.hidden1.weight, new_model().hidden1.weight)
    assert not predict(model, images).probabilities.requires_grad
