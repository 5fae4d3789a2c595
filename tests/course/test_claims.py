"""Claims: laws and regularities, what they print and refuse, and that copies have other seeds."""

import json
import re

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_notebook

from mnist_helpers import Source
from mnist_helpers.course.claims import RECORD, ClaimError, Claims
from mnist_helpers.course.copies import notebooks_below
from mnist_helpers.course.reseeding import reseed, reseeded_code
from mnist_helpers.course.truth import Variant, measure, summarise


@pytest.fixture
def claims(monkeypatch):
    monkeypatch.delenv(RECORD, raising=False)
    return Claims(Source.CACHE)


def test_true_claims_are_counted(claims, capsys):
    claims.law("ten digits", True)
    claims.regularity("about 98%", 0.977, above=0.97, below=0.985)
    claims.verdict()
    assert "1 laws, 1 regularities" in capsys.readouterr().out


@pytest.mark.parametrize("value", [0.97, 0.969, 0.985, 0.99, float("nan")])
def test_a_regularity_outside_its_bounds_is_quoted_with_what_was_measured(claims, value):
    claims.regularity("about 98%", value, above=0.97, below=0.985)
    with pytest.raises(
        ClaimError, match=f"“about 98%” promises above 0.97 and below 0.985, measured {value:.6g}"
    ):
        claims.verdict()


@pytest.mark.filterwarnings("error")
def test_a_loss_with_its_gradient_is_a_number_like_any_other(claims, capsys):
    claims.regularity("falls", torch.tensor(0.5, requires_grad=True), below=1)
    claims.verdict()
    assert capsys.readouterr().err == ""


def test_a_broken_law_is_quoted(claims):
    claims.law("both agree", False)
    with pytest.raises(ClaimError, match="“both agree” is not so"):
        claims.verdict()


def test_a_claim_without_a_bound_is_refused(claims):
    with pytest.raises(TypeError, match="needs a bound"):
        claims.regularity("about 98%", 0.98)


def test_laws_hold_for_all_digits_and_regularities_for_mnist_alone(monkeypatch):
    monkeypatch.delenv(RECORD, raising=False)
    claims = Claims(Source.EMBEDDED)
    claims.regularity("about 98%", 0.9, above=0.97)
    claims.verdict()
    claims.law("both agree", False)
    with pytest.raises(ClaimError):
        claims.verdict()


def test_a_recorded_run_goes_on_and_tells_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setenv(RECORD, str(tmp_path / "claims.jsonl"))
    claims = Claims(Source.CACHE)
    claims.law("both agree", False)
    claims.regularity("about 98%", 0.5, above=0.97)
    claims.verdict()
    lines = [json.loads(line) for line in (tmp_path / "claims.jsonl").read_text().splitlines()]
    assert [line["value"] for line in lines] == [0, 0.5]
    assert lines[1]["above"] == 0.97


def rows(*values, above=None, below=None):
    return pd.DataFrame(
        [{"notebook": "n", "quote": "q", "value": v, "above": above, "below": below} for v in values]
    )


@pytest.mark.parametrize(
    ("table", "sound"),
    [
        (rows(0.97, 0.98, 0.99, above=0.95), True),  # spread 0.01: two of them below 0.97
        (rows(0.97, 0.98, 0.99, above=0.951), False),
        (rows(0.97, 0.98, 0.99, below=1.011), True),
        (rows(0.97, 0.98, 0.99, above=0.9, below=1.0), False),
        (rows(0.94, 0.98, 0.99, above=0.95), False),
        (rows(1.0, 1.0), True),
        (rows(1.0, 0.0), False),
        (rows(5.0, 5.0, above=4), True),
    ],
)
def test_bounds_stand_two_spreads_from_all_that_was_measured(table, sound):
    assert summarise(table).loc[0, "sound"] == sound


def test_a_run_that_stops_costs_no_other_its_results(tmp_path, monkeypatch):
    monkeypatch.setattr("mnist_helpers.course.truth.mnist_folder", lambda: tmp_path)
    claim = (
        "import numpy as np\n"
        "from mnist_helpers import Source\n"
        "from mnist_helpers.course.claims import Claims\n"
        "claims = Claims(Source.CACHE)\n"
        "claims.regularity('about one half', np.random.default_rng(3).random(), above=0)\nclaims.verdict()"
    )
    (tmp_path / "notebooks").mkdir()
    for name, source in (("sound.ipynb", claim), ("broken.ipynb", "import os; os._exit(1)")):
        nbformat.write(new_notebook(cells=[new_code_cell(source)]), tmp_path / "notebooks" / name)
    output = tmp_path / "build"
    chosen = {"sound.ipynb", "broken.ipynb"}
    measured, stopped = measure(tmp_path / "notebooks", chosen, [Variant(shift=4)], output)
    assert measured["value"].tolist() == pytest.approx([np.random.default_rng(7).random()])
    assert len(pd.read_csv(output / "measured.csv")) == 1
    assert [sentence.split(",")[0] for sentence in stopped] == ["broken.ipynb"]


def test_every_seed_moves_and_missing_ones_are_named():
    before = "g = Generator().manual_seed(3)\nrng = default_rng(0)\ntrain(model, splits, seed=seed)\n"
    assert reseeded_code(before, 5) == before.replace("(3)", "(8)").replace("(0)", "(5)")
    assert reseeded_code("splits = preprocess(data)", 5) == "splits = preprocess(data, seed=5)"
    assert reseeded_code("h = train(\n    m,\n    s,\n)", 5) == "h = train(\n    m,\n    s, seed=5,\n)"
    assert (
        reseeded_code("x = 'é'; train(m, f(2))  # train(m)", 1)
        == "x = 'é'; train(m, f(2), seed=1)  # train(m)"
    )
    assert reseeded_code("train(m, **settings)", 5) == "train(m, **settings)"
    assert reseeded_code("Trial(name, mlp, live | own)", 5) == "Trial(name, mlp, live | own, seed=5)"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("seeds = range(pick(full=3, short=1))", "seeds = [5 + s for s in range(pick(full=3, short=1))]"),
        ("EPOCHS, SEEDS = 15, range(3)", "EPOCHS, SEEDS = 15, [5 + s for s in range(3)]"),
        (
            "compare(strengths, seeds=[0], **effort)",
            "compare(strengths, seeds=[5 + s for s in [0]], **effort)",
        ),
        ("compare(strengths, seeds=seeds)", "compare(strengths, seeds=seeds)"),
        ("x = [new(seed) for seed in range(30)]", "x = [new(seed) for seed in [5 + s for s in range(30)]]"),
        (
            "for seed in (1, 2):\n    manual_seed(seed)",
            "for seed in [5 + s for s in (1, 2)]:\n    manual_seed(seed)",
        ),
        ("for s in SEEDS:\n    Trial(seed=s)", "for s in SEEDS:\n    Trial(seed=s)"),
    ],
)
def test_seeds_that_are_several_move_too(before, after):
    assert reseeded_code(before, 5) == after


def test_every_seed_of_every_page_moves():
    """No number that seeds anything is left where it was: neither one by itself nor several."""
    small = r"(?:manual_seed|default_rng)\(\d{1,6}\)|\bseed=\d{1,6}\b|\bseeds?\b.*\brange\("
    for path in notebooks_below(ROOT / "notebooks"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and not {"exercise", "solution"} & set(cell.metadata.get("tags", [])):
                for line in reseeded_code(cell.source, 1_000_000).splitlines():
                    moved = "1000000 + s for s in" in line
                    assert moved or not re.search(small, line, re.IGNORECASE), f"{path.name}: {line}"


def test_answers_keep_their_seeds():
    cells = [
        new_code_cell("manual_seed(0)", metadata={"tags": tags}) for tags in ([], ["exercise"], ["solution"])
    ]
    copy = reseed(new_notebook(cells=cells), 2)
    assert [cell.source for cell in copy.cells] == ["manual_seed(2)", "manual_seed(0)", "manual_seed(0)"]
