"""The network: its size, its start, and its answers beside plain torch."""

import math

import pytest
import torch
import torch.nn.functional as F
from conftest import new_model
from torch import nn

from mnist_helpers import MLP, count_parameters, model, predict_logits, predict_proba, size_in_bytes


def test_it_has_109_386_parameters_in_437_544_bytes():
    assert count_parameters(MLP()) == (784 + 1) * 128 + (128 + 1) * 64 + (64 + 1) * 10 == 109_386
    assert size_in_bytes(MLP()) == 4 * 109_386


def test_frozen_parameters_are_not_counted():
    frozen = MLP()
    frozen.hidden1.requires_grad_(False)
    assert count_parameters(frozen) == 129 * 64 + 65 * 10


def test_it_computes_what_a_sequential_of_the_same_weights_computes(tiny_splits):
    ours = new_model()
    plain = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    plain.load_state_dict(dict(zip(plain.state_dict(), ours.state_dict().values(), strict=True)))
    images = tiny_splits.test.images
    assert torch.equal(ours(images), plain(images))


def test_a_generator_decides_the_initial_weights():
    first, same = new_model().state_dict(), new_model().state_dict()
    other = MLP(generator=torch.Generator().manual_seed(1)).state_dict()
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("generator", [None, torch.Generator().manual_seed(0)])
def test_initial_weights_fill_the_range_that_torch_takes(generator):
    for layer in MLP(generator=generator).children():
        bound = 1 / math.sqrt(layer.in_features)
        assert layer.weight.abs().max() <= bound
        assert layer.bias.abs().max() <= bound
        assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)  # uniform


def test_an_untrained_model_is_as_surprised_as_a_guesser(tiny_splits):
    logits = predict_logits(new_model(), tiny_splits.train.images)
    assert F.cross_entropy(logits, tiny_splits.train.labels).item() == pytest.approx(math.log(10), abs=0.05)


def test_softmax_twice_cannot_get_below_its_floor():
    certain = F.one_hot(torch.arange(10)).float()  # the best that a first softmax can give
    loss = F.cross_entropy(certain, torch.arange(10)).item()
    assert loss == pytest.approx(math.log(1 + 9 / math.e))
    assert loss == pytest.approx(1.461, abs=5e-4)


def test_probabilities_add_up_to_1_and_are_the_softmax_of_the_logits(tiny_splits):
    images = tiny_splits.test.images[:50]
    probabilities = predict_proba(new_model(), images)
    assert torch.allclose(probabilities.sum(dim=1), torch.ones(50))
    assert torch.allclose(probabilities, F.softmax(new_model()(images), dim=1))


def test_batches_do_not_change_the_answers(tiny_splits, monkeypatch):
    images = tiny_splits.test.images[:10]
    whole = predict_logits(new_model(), images)
    monkeypatch.setattr(model, "EVAL_BATCH", 4)
    assert torch.allclose(predict_logits(new_model(), images), whole, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_predicting_uses_evaluation_mode_and_leaves_the_mode_as_it_was(training):
    unsure = nn.Sequential(nn.Dropout(0.5), nn.Linear(784, 10)).train(training)
    images = torch.rand(3, 784)
    assert torch.equal(predict_logits(unsure, images), predict_logits(unsure, images))
    assert unsure.training is training


def test_a_frozen_layer_stays_frozen():
    normed = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10), nn.Dropout(0.5)).train()
    normed[1].eval()
    predict_logits(normed, torch.rand(3, 784))
    assert [layer.training for layer in normed.modules()] == [True, True, False, True]


def test_the_mode_comes_back_after_an_error_too():
    narrow = nn.Linear(5, 10).train()
    with pytest.raises(ValueError, match=r"does not take images of shape \(3, 784\)"):
        predict_logits(narrow, torch.rand(3, 784))
    assert narrow.training


def test_predicting_needs_no_gradients():
    assert not predict_logits(MLP(), torch.rand(3, 784)).requires_grad
