"""What can be checked without a GPU is checked without one; the rest where there is one."""

import pytest
import torch
from torch import nn

from mnist_helpers.extensions.scaling_out.gpu import (
    WAYS,
    computing,
    device_name,
    loss_gap,
    new_model,
    stored_times,
    time_recipe,
)

CPU = torch.device("cpu")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that CUDA knows")


def test_the_cpu_differs_from_itself_by_nothing(tiny_splits):
    assert loss_gap(tiny_splits.train, CPU, num_steps=5) == 0


def test_a_device_that_computes_something_else_shows(tiny_splits, monkeypatch):
    models = iter([new_model(CPU), nn.Sequential(nn.Linear(784, 10))])
    monkeypatch.setattr("mnist_helpers.extensions.scaling_out.gpu.new_model", lambda place: next(models))
    assert loss_gap(tiny_splits.train, CPU, num_steps=2) > 1e-3


def test_on_the_cpu_two_ways_are_timed_and_scaled_to_all_images(tiny_splits, monkeypatch):
    monkeypatch.setattr("mnist_helpers.networks.timing.train_one_epoch", lambda *arguments: None)
    ticks = iter(range(100))
    monkeypatch.setattr("mnist_helpers.networks.timing.time.perf_counter", lambda: next(ticks))
    table = time_recipe(tiny_splits.train, CPU, repeats=1, num_images=100)
    assert list(table["way"]) == ["as in this course", "bfloat16"]
    assert table["seconds_per_epoch"].tolist() == pytest.approx([len(tiny_splits.train) / 96] * 2)


def test_stored_times_name_every_way_and_the_card():
    table = stored_times()
    assert list(table["way"]) == list(WAYS)
    assert (table["seconds_per_epoch"] > 0).all()
    assert table["card"].str.startswith("NVIDIA").all()


def test_a_number_without_a_card_is_told_to_be_one():
    assert device_name(CPU) == "no GPU (cpu)"


@needs_gpu
def test_the_gpu_has_the_losses_of_the_cpu(tiny_splits):
    assert loss_gap(tiny_splits.train, torch.device("cuda"), num_steps=20) < 1e-3


@needs_gpu
def test_all_ways_run_on_a_gpu_and_graphs_compute_the_same(tiny_splits):
    gpu = torch.device("cuda")
    table = time_recipe(tiny_splits.train, gpu, repeats=1)
    assert set(table["way"]) == set(WAYS)
    batch = tiny_splits.train.images[:32].to(gpu)
    plain, graphed = (computing(batch, graphs, bfloat16=False) for graphs in (False, True))
    assert torch.allclose(plain(batch), graphed(batch), atol=1e-5)
