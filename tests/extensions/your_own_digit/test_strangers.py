"""Digits of every kind, and the tables of what models read of kinds that were kept out."""

import json

import numpy as np
import pandas as pd
import pytest

from mnist_helpers.digits import KINDS
from mnist_helpers.extensions.your_own_digit import strangers

NAMES = [f"{digit} {kind}" for digit, kinds in KINDS.items() for kind in kinds]


def test_every_kind_is_written_and_a_seed_writes_it_again():
    tests = strangers.write_kinds(2, seed=3)
    assert [f"{digit} {kind}" for digit, kind in tests] == NAMES
    assert {tuple(images.shape) for images in tests.values()} == {(2, 28, 28)}
    again, other = strangers.write_kinds(2, seed=3), strangers.write_kinds(2, seed=4)
    assert all((images == again[kind]).all() for kind, images in tests.items())
    assert any((images != other[kind]).any() for kind, images in tests.items())


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """A table of few trainings: two seeds before and after, and one for each kind that was kept out."""
    row = {"network": "mlp", "mnist": 0.98, "bundled": 0.9, "drawings": 0.95, "scrawls": 0.5, "letters": 0.4}
    rows = [
        row | {"question": question, "name": name, "kept_out": 0.6, "by_kind": json.dumps([share] * 26)}
        for question, name, shares in (
            ("sources", "+ other pens and places", (0.5, 0.7)), ("kinds", "nothing", (0.9, 1.0)),
        )
        for share in shares
    ]  # fmt: skip
    rows += [
        row | {"question": "kinds", "name": name, "kept_out": 0.01 * place, "by_kind": json.dumps([0] * 26)}
        for place, name in enumerate(NAMES)
    ]
    rows.append(rows[0] | {"network": "small_cnn", "kept_out": 0.8, "scrawls": 0.7})
    monkeypatch.setattr(strangers, "STORED", tmp_path)
    pd.DataFrame(rows).to_csv(tmp_path / "your_own_digit.csv", index=False)


@pytest.mark.usefixtures("trainings")
def test_a_kind_kept_out_stands_between_what_was_before_and_what_was_taught():
    table = strangers.kept_out("mlp")
    assert table.index.tolist() == NAMES
    np.testing.assert_allclose(table.before, 0.6)
    np.testing.assert_allclose(table["kept out"], 0.01 * np.arange(26))
    np.testing.assert_allclose(table.taught, 0.95)


@pytest.mark.usefixtures("trainings")
def test_what_a_source_buys_is_a_mean_over_networks_and_seeds():
    bought = strangers.bought_by_sources()
    assert bought.index.tolist() == ["+ other pens and places"]
    assert bought.kept_out.item() == pytest.approx((0.6 + 0.6 + 0.8) / 3)
    assert bought.scrawls.item() == pytest.approx((0.5 + 0.5 + 0.7) / 3)
