"""The flat training takes the very steps of `train`, in memory that is there, and leaves all as it was."""

import pytest
import torch
from conftest import new_model

from mnist_helpers import Split, Splits, train
from mnist_helpers.networks import FlatTraining


@pytest.mark.parametrize("num_images", [40, 96])  # 40: the last batch is smaller
def test_it_takes_the_steps_of_train(tiny_splits, num_images):
    part = Split(tiny_splits.train.images[:num_images], tiny_splits.train.labels[:num_images])
    ours, flat = new_model(), new_model()
    train(ours, Splits(part, tiny_splits.val, None), num_epochs=2, seed=3, device="cpu", progress=False)
    training, generator = FlatTraining(flat), torch.Generator().manual_seed(3)
    for _ in range(2):
        training.epoch(part, 32, generator)
    for expected, found in zip(ours.parameters(), flat.parameters(), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_the_layers_are_views_of_one_vector(tiny_splits):
    model = new_model()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    flat = FlatTraining(model).values
    assert len(flat) == 109_386
    for parameter, value in zip(model.parameters(), before, strict=True):
        assert parameter.untyped_storage().data_ptr() == flat.untyped_storage().data_ptr()
        assert torch.equal(parameter, value)


def test_threads_and_denormals_are_as_before(tiny_splits):
    threads = torch.get_num_threads()
    FlatTraining(new_model()).epoch(tiny_splits.train, 32, torch.Generator().manual_seed(0))
    assert torch.get_num_threads() == threads
    assert (torch.tensor(1e-40) * 1).item() != 0
