"""The measurements of scaling out: which there are, and who computes. No time is judged.

The notebook makes them on two ranks whenever it runs at the short budget, and uses all of them.
"""

import pytest
import torch
from conftest import free_port
from torch import nn

from mnist_helpers import MLP
from mnist_helpers.extensions.scaling_out import scaling_probe
from mnist_helpers.extensions.scaling_out.rendezvous import joined
from mnist_helpers.extensions.scaling_out.scaling_probe import COLUMNS, convolutions, measure
from mnist_helpers.model import multiply_adds


@pytest.fixture
def alone(monkeypatch):
    """This process as the only rank; the second network takes no time."""
    monkeypatch.setenv("MASTER_PORT", str(free_port()))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(scaling_probe, "MODELS", {"MLP": MLP, "convolutions": lambda: nn.Linear(784, 10)})
    monkeypatch.setattr(scaling_probe, "on_ranks", lambda function: [function(0), "of the other rank"])
    with joined(30):
        yield


def test_every_way_is_measured(alone):
    table = measure(large=False, repeats=1)
    assert list(table.columns) == COLUMNS
    steps, sums = (table[table["what"] != "all-reduce"], table[table["what"] == "all-reduce"])
    ours = steps[steps["model"] == "MLP"]
    assert ours["what"].tolist() == ["step", "share"] * 2  # of one rank, "alone" and "together" are one row
    assert ours["batch_size"].tolist() == [32, 32, 128, 128]
    assert set(ours["bytes"]) == {437_544}  # the gradients of the course's model
    assert 437_544 in set(sums["bytes"])
    assert (table["seconds"] > 0).all()


def test_the_second_network_works_more_and_sends_less():
    network, batch = convolutions(), torch.rand(1, 784)
    assert sum(p.numel() for p in network.parameters()) == 19_466
    assert multiply_adds(network, batch) / multiply_adds(MLP(), batch) == pytest.approx(35, abs=0.5)
