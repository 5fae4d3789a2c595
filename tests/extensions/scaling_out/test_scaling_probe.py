"""The measurements of scaling out: which there are, and who computes. No time is judged.

The notebook makes them on two ranks whenever it runs at the short budget, and checks what came.
"""

import socket

import pytest
import torch
from torch import nn

from mnist_helpers import MLP
from mnist_helpers.extensions.scaling_out import scaling_probe
from mnist_helpers.extensions.scaling_out.scaling_probe import COLUMNS, TURN, convolutions, measure
from mnist_helpers.model import multiply_adds


@pytest.fixture
def probed(monkeypatch, capsys) -> list[str]:
    """What the probe prints as the only rank; its networks take no time, but are counted as they are."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MASTER_PORT", str(unused.getsockname()[1]))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(scaling_probe, "MODELS", {"MLP": MLP, "convolutions": lambda: nn.Linear(784, 10)})
    monkeypatch.setattr(scaling_probe, "all_reduce_timer", lambda *arguments: lambda: 1.0)
    scaling_probe.main(repeats=1)
    return capsys.readouterr().out.splitlines()


def test_every_way_is_measured_and_read_back_as_a_table(probed, monkeypatch, capsys):
    assert probed[:2] == [TURN, TURN]  # the first only warms up

    class Job:
        """torchrun, whose ranks print what was printed above."""

        def __init__(self, *arguments, ranks):
            assert (arguments[1:], ranks) == (("--repeats", 1), 2)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def lines(self):
            return iter(probed)

    monkeypatch.setattr(scaling_probe, "Job", Job)
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
