"""The measurements of scaling out: which there are, and that they come from all ranks. No time is judged."""

import sys

import pytest

from mnist_helpers.extensions.scaling_out.scaling_probe import COLUMNS, measure


@pytest.mark.skipif(sys.platform == "win32", reason="torchrun does not run on Windows")
def test_two_ranks_measure_steps_and_all_reduces(capsys):
    table = measure(2, large=False, repeats=1)
    assert list(table.columns) == COLUMNS
    steps, sums = (table[table["what"] == what] for what in ("step", "all-reduce"))
    assert steps["batch_size"].tolist() == [32, 64, 512]
    assert set(steps["bytes"]) == {437_544}  # the gradients of the course's model
    assert 437_544 in set(sums["bytes"])
    assert set(table["ranks"]) == {2}
    assert (table["seconds"] > 0).all()
    assert "timing, ranks: 2" in capsys.readouterr().out
