"""Digits of every kind, and the tables of what models read of kinds that were kept out."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import ndimage

from mnist_helpers.digits import KINDS, SCRAWLS
from mnist_helpers.extensions.your_own_digit import strangers

NAMES = [f"{digit} {kind}" for digit, kinds in KINDS.items() for kind in kinds]


def test_every_kind_is_written_and_a_seed_writes_it_again():
    tests = strangers.write_kinds(2, seed=3)
    assert [f"{digit} {kind}" for digit, kind in tests] == NAMES
    assert {tuple(images.shape) for images in tests.values()} == {(2, 28, 28)}
    again, other = strangers.write_kinds(2, seed=3), strangers.write_kinds(2, seed=4)
    assert all((images == again[kind]).all() for kind, images in tests.items())
    assert any((images != other[kind]).any() for kind, images in tests.items())


def test_the_typical_one_of_a_kind_is_nearest_to_the_mean_and_in_one_piece():
    group = torch.tensor([0, 3, 4, 200], dtype=torch.uint8).reshape(4, 1, 1).expand(4, 2, 2)  # mean 51.75
    assert strangers.typical(group).tolist() == [[4, 4], [4, 4]]
    for kind, images in strangers.write_kinds(40, seed=1).items():
        _, pieces = ndimage.label(strangers.typical(images).numpy() > 60, np.ones((3, 3)))
        assert pieces == 1, kind


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """A table of few trainings: half of the kinds kept out, all, one, two seeds with none, and scrawls."""
    row = {"network": "mlp", "mnist": 0.98, "bundled": 0.9, "kept_out": 0.6, "fold": "", "by_scrawl": ""}

    def training(question, name, share, **more):
        shares = json.dumps([share] * 26)
        return row | {"question": question, "name": name, "by_kind": shares} | more

    rows = [
        training("sources", "+ other pens and places", 0.5),
        training("sources", "+ generated digits", 0.7, fold="even", kept_out=0.7),
        training("sources", "+ generated digits", 0.8, fold="odd", kept_out=0.8),
        training("sources", "+ generated digits", 0.1, fold="odd", kept_out=0.9, network="small_cnn"),
        training("kinds", "nothing", 0.9),
        training("kinds", "nothing", 1.0),
        training("kinds", "every kind", 0.5),
        *(training("kinds", name, 0.0, by_kind=json.dumps([*range(26)])) for name in NAMES),
        training("kinds", "every kind", 0.1, network="small_cnn"),
        *(
            training("scrawls", "all", 0.2, fold=fold, by_scrawl=json.dumps(dict.fromkeys(SCRAWLS, share)))
            for fold, share in (("odd", 0.4), ("even", 0.9))
        ),
    ]
    monkeypatch.setattr(strangers, "STORED", tmp_path)
    pd.DataFrame(rows).to_csv(tmp_path / "your_own_digit.csv", index=False)


@pytest.mark.usefixtures("trainings")
def test_each_kind_is_taken_from_the_training_that_had_it_kept_out():
    table = strangers.kept_out("mlp")
    assert table.index.tolist() == NAMES
    np.testing.assert_allclose(table.before, 0.5)
    np.testing.assert_allclose(table["kept out"], range(26))
    np.testing.assert_allclose(table.taught, 0.95)


@pytest.mark.usefixtures("trainings")
def test_what_a_source_buys_is_a_mean_over_networks_and_halves():
    bought = strangers.bought_by_sources()
    assert bought.index.tolist() == ["+ other pens and places", "+ generated digits"]
    assert bought.kept_out.tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.usefixtures("trainings")
def test_a_scrawl_is_taken_from_the_training_that_learnt_its_kind_and_from_the_other():
    table = strangers.refused_scrawls("mlp")
    assert sorted(table.index) == sorted(SCRAWLS)
    assert table.loc["letter"].to_dict() == {"learnt": 0.9, "kept out": 0.4}
    assert table.loc["blob"].to_dict() == {"learnt": 0.4, "kept out": 0.9}
