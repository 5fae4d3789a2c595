"""A training under way is taken up exactly where it was, and only by itself."""

import os
from pathlib import Path

import pytest
import torch
from conftest import new_model
from torch import nn

from mnist_helpers import MLP, History, load_checkpoint
from mnist_helpers.checkpoints import CheckpointError
from mnist_helpers.extensions.scaling_out.resuming import load_state, save_state
from mnist_helpers.training import FUSED_ADAM

SETTINGS = {"batch_size": 32, "learning_rate": 1e-3, "seed": 0, "data": "abc"}
TWO_EPOCHS = History((1.5, 0.5), (0.6, 0.9), (1.6, 0.7), (0.5, 0.8), seconds=3.5)


def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    model(torch.rand(8, 784, generator=torch.Generator().manual_seed(1))).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()


def fresh() -> tuple[MLP, torch.optim.Optimizer]:
    model = new_model()
    return model, FUSED_ADAM(model.parameters(), lr=1e-3)


@pytest.fixture
def trained(tmp_path):
    model, optimizer = fresh()
    step(model, optimizer)
    save_state(tmp_path / "state.pt", model, optimizer, TWO_EPOCHS, SETTINGS)
    return tmp_path / "state.pt", model, optimizer


def test_the_next_step_is_the_same_with_and_without_a_break(trained):
    path, model, optimizer = trained
    other, other_optimizer = fresh()
    assert load_state(path, other, other_optimizer, SETTINGS, num_epochs=10) == TWO_EPOCHS
    step(model, optimizer)
    step(other, other_optimizer)
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_without_a_file_it_begins_at_the_beginning(tmp_path):
    model, optimizer = fresh()
    assert load_state(tmp_path / "none.pt", model, optimizer, SETTINGS, num_epochs=10) == History()


@pytest.mark.parametrize(
    ("change", "told"),
    [({"batch_size": 64}, "batch_size 32, not 64"), ({"data": "xyz"}, "data abc, not xyz"),
     ({"seed": 1, "learning_rate": 0.1}, "learning_rate 0.001, not 0.1; seed 0, not 1")],
)  # fmt: skip
def test_another_training_is_refused_with_what_differs(trained, change, told):
    with pytest.raises(CheckpointError, match=rf"state\.pt in .* is of another training \({told}\); delete"):
        load_state(trained[0], *fresh(), SETTINGS | change, num_epochs=10)


def test_more_epochs_than_asked_for_are_refused_and_equally_many_are_not(trained):
    with pytest.raises(CheckpointError, match=r"\(2 epochs, not 1\)"):
        load_state(trained[0], *fresh(), SETTINGS, num_epochs=1)
    assert load_state(trained[0], *fresh(), SETTINGS, num_epochs=2).num_epochs == 2


def test_a_damaged_file_and_another_model_are_told(trained):
    path = trained[0]
    with pytest.raises(CheckpointError, match="of another model"):
        load_state(path, nn.Linear(784, 10), fresh()[1], SETTINGS, num_epochs=10)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="is damaged"):
        load_state(path, *fresh(), SETTINGS, num_epochs=10)


def test_what_a_killed_process_left_half_written_is_removed(trained):
    path = trained[0]
    path.with_name("state.pt.123.part").write_bytes(b"half")
    path.with_name("other.pt.123.part").write_bytes(b"not ours")
    load_state(path, *fresh(), SETTINGS, num_epochs=10)
    assert sorted(file.name for file in path.parent.glob("*.p*")) == ["other.pt.123.part", "state.pt"]


def test_a_state_is_on_the_disk_before_it_gets_its_name(trained, monkeypatch):
    order = []
    replace_file = Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: order.append("on the disk"))
    monkeypatch.setattr(Path, "replace", lambda *paths: order.append("named") or replace_file(*paths))
    save_state(*trained, TWO_EPOCHS, SETTINGS)
    assert order == ["on the disk", "named"]


def test_a_state_is_also_a_checkpoint(trained):
    model = MLP()
    assert load_checkpoint(trained[0], model) == TWO_EPOCHS
    assert torch.equal(model(torch.ones(1, 784)), trained[1](torch.ones(1, 784)))
