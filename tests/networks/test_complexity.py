"""Costs and worth of models: the table over the seeds, and the Pareto front."""

import numpy as np
import pandas as pd
import pytest

from mnist_helpers.networks import compare_models, pareto_front


@pytest.fixture
def results():
    rows = [
        ("linear", 0, 0.91), ("linear", 1, 0.93), ("MLP 32", 0, 0.96), ("MLP 32", 1, 0.97),
        ("sigmoid, 10 layers", 0, 0.11), ("MLP 32", 1, None),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["trial", "seed", "test_accuracy"])
    costs = {"linear": (7_850, 7_840, 31_400), "MLP 32": (25_450, 25_408, 101_800)}
    for column, values in zip(
        ("parameters", "multiply_adds", "bytes"),
        zip(*[costs.get(name, (1, 1, 4)) for name in table.trial], strict=True),
        strict=True,
    ):
        table[column] = np.array(values, dtype=float)
    return table.assign(val_accuracy=table.test_accuracy + 0.001, epoch=1)


def test_one_row_per_compared_model_with_mean_and_spread_over_the_seeds(results):
    table = compare_models(results)
    assert table.index.tolist() == ["linear", "MLP 32"]
    assert table.family.tolist() == ["linear", "MLP"]
    assert table.accuracy.tolist() == pytest.approx([0.92, 0.965])
    assert table.val_accuracy.tolist() == pytest.approx([0.921, 0.966])
    assert table.spread.tolist() == pytest.approx(
        [np.std([0.91, 0.93], ddof=1), np.std([0.96, 0.97], ddof=1)]
    )
    assert table.parameters.tolist() == [7_850, 25_450]
    assert table.kilobytes.tolist() == pytest.approx([31.4, 101.8])


def test_one_seed_has_no_spread(results):
    assert compare_models(results[results.seed == 0]).spread.tolist() == [0, 0]


def slow_front(costs, scores):
    models = list(zip(costs, scores, strict=True))
    return [
        not any(c <= cost and s >= score and (c < cost or s > score) for c, s in models)
        for cost, score in models
    ]


@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_its_definition_model_by_model(seed):
    rng = np.random.default_rng(seed)
    costs, scores = rng.integers(1, 8, 15), rng.integers(1, 8, 15)  # small numbers: many are equal
    assert pareto_front(costs, scores).tolist() == slow_front(costs, scores)


def test_the_front_on_a_table_to_check_by_eye():
    assert pareto_front([80, 90, 300], [0.994, 0.993, 0.995]).tolist() == [True, False, True]
    assert pareto_front([5, 5, 9], [0.9, 0.9, 0.9]).tolist() == [True, True, False]
