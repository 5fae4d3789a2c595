"""The benchmarks' arithmetic, and that their output can be read. No time is asserted anywhere."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch

from mnist_helpers import load_embedded_digits, preprocess

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)


@pytest.fixture
def costs():
    return pd.DataFrame(
        {"seconds": [6.0, 1.0], "floor": [2.0, 0.0], "ratio": [3.0, np.nan], "megabytes": [900.0, 30.0]},
        index=["recipe, 1 x the training set", "other"],
    )


@pytest.mark.parametrize("power", [0.5, 1.0, 1.7])
def test_the_exponent_of_growth_is_that_of_a_known_law(power):
    from bench_costs import growth_exponent

    sizes = np.array([1, 2, 5, 10])
    assert growth_exponent(sizes, 0.3 * sizes**power) == pytest.approx(power)


def test_the_floor_of_make_run_is_its_six_notebooks(costs):
    from bench_costs import with_ratios

    costs.loc["make run"] = {"seconds": 14.0, "floor": np.nan, "ratio": np.nan, "megabytes": 1.0}
    table = with_ratios(costs, six=["recipe, 1 x the training set", "other"])
    assert table.loc["make run", "floor"] == 7
    assert table["ratio"].tolist() == pytest.approx([3, np.nan, 2], nan_ok=True)


def test_augmented_copies_begin_with_the_images_themselves():
    from growth import augmented_copies

    train = preprocess(load_embedded_digits()).train
    grown = augmented_copies(train, 3)
    assert grown.images.shape == (3 * len(train), 784)
    assert torch.equal(grown.labels, torch.cat([train.labels] * 3))
    parts = grown.images.split(len(train))
    assert torch.equal(parts[0], train.images)
    for copy in parts[1:]:
        assert (copy != train.images).any(dim=1).float().mean() > 0.9
    assert not torch.equal(parts[1], parts[2])


def test_a_slow_down_on_the_same_machine_is_pointed_out(costs, tmp_path):
    from bench_costs import compare, remember, report

    path, here = tmp_path / "history.csv", {"machine": "here", "python": "3", "torch": "2"}
    remember(costs, path, here)
    remember(costs.assign(ratio=9.0), path, {**here, "machine": "elsewhere"})
    history = pd.read_csv(path)
    assert history["date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    since = compare(costs.assign(ratio=[3.9, 1.0]), history, "here")
    assert since.iloc[0] == pytest.approx(1.3)
    assert np.isnan(since.iloc[1])
    assert "SLOWER than before: recipe, 1 x the training set, 1.30 times" in report(costs, since)
    assert "SLOWER" not in report(costs, compare(costs, history, "here"))


def test_the_table_of_costs_can_be_read(tmp_path):
    history = tmp_path / "history.csv"
    command = [sys.executable, BENCHMARKS / "bench_costs.py", "mnist-helpers", "--repeats", "1"]
    result = subprocess.run([*command, "--history", history], capture_output=True, text=True, check=True)
    found = re.search(
        r"^mnist-helpers --help +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +-$", result.stdout, re.M
    )
    seconds, floor, peak, ratio = map(float, found.groups())
    assert min(seconds, floor, peak) > 0
    rows = pd.read_csv(history)
    assert rows["what"].tolist() == ["mnist-helpers --help"]
    assert ratio == pytest.approx(rows["ratio"].item(), abs=0.01)


def test_the_table_of_training_speeds_has_a_ratio_for_every_way():
    from bench_training import FLOOR, PACKAGE, bench_epochs

    data = load_embedded_digits()
    table = bench_epochs(data, preprocess(data), repeats=1).set_index("one epoch")
    assert (table > 0).all(axis=None)
    assert table.loc[PACKAGE, "÷ package"] == table.loc[FLOOR, "÷ floor"] == 1
    assert table.loc[PACKAGE, "÷ floor"] == pytest.approx(1 / table.loc[FLOOR, "÷ package"])


def test_a_font_has_its_ten_digits_read_and_its_letters_refused(capsys):
    from bench_fonts import NO_DIGITS, main

    main([Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans.ttf")])
    told = capsys.readouterr().out
    assert re.search(r"1 fonts: (8|9|10) of 10 digits have the right answer", told)
    assert f"of {len(NO_DIGITS)} letters and signs" in told
    assert float(re.search(r"([\d.]+)% are refused", told)[1]) > 60
