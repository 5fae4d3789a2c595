"""Calibration against scikit-learn, a closed formula, and what must hold by definition."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.calibration import calibration_curve

from mnist_helpers.extensions.trusting_the_model.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability_bins,
)


@pytest.fixture
def answers():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(2000, 10, generator=generator)
    labels = torch.multinomial((logits / 2).softmax(dim=1), 1, generator=generator).flatten()
    return logits, labels


def test_bins_are_those_of_scikit_learn(answers):
    logits, labels = answers
    probabilities = logits.softmax(dim=1)
    bins = reliability_bins(probabilities, labels, edges=np.linspace(0, 1, 16))
    confidence, digits = probabilities.max(dim=1)
    wrong, doubt = calibration_curve(digits != labels, 1 - confidence.double(), n_bins=15)
    filled = bins.counts > 0
    np.testing.assert_allclose(bins.wrong[filled], wrong)
    np.testing.assert_allclose(bins.doubt[filled], doubt)
    assert bins.counts.sum() == len(labels)


def test_sure_answers_are_told_apart_and_no_doubt_at_all_has_a_bin():
    doubts = torch.tensor([0, 1e-6, 1e-5, 2e-5, 5e-3, 0.6], dtype=torch.float64)
    probabilities = (doubts / 9)[:, None].repeat(1, 10)
    probabilities[:, 3] = 1 - doubts
    bins = reliability_bins(probabilities, torch.tensor([3, 3, 3, 3, 3, 1]))
    assert bins.counts.tolist() == [3, 1, 0, 1, 0, 1]
    assert bins.wrong[[0, 1, 3, 5]].tolist() == [0, 0, 0, 1]
    assert bins.high[0] > bins.wrong[0]


def test_intervals_hold_the_share_and_empty_bins_are_nan(answers):
    bins = reliability_bins(answers[0].softmax(dim=1), answers[1], edges=(0, 0.5, 0.95, 1))
    filled = bins.counts > 0
    assert not filled[-1]  # ten probabilities: the largest is at least 0.1
    assert (bins.low[filled] <= bins.wrong[filled] + 1e-12).all()
    assert (bins.wrong[filled] <= bins.high[filled] + 1e-12).all()
    for values in (bins.doubt, bins.wrong, bins.low, bins.high):
        assert np.isnan(values[~filled]).all()


@pytest.mark.parametrize(
    ("confidence", "share_right", "expected"),
    [(0.8, 0.5, 0.3), (0.6, 1.0, 0.4), (0.75, 0.75, 0.0)],
)
def test_error_of_a_single_bin_is_the_gap(confidence, share_right, expected):
    probabilities = torch.full((100, 10), (1 - confidence) / 9)
    probabilities[:, 3] = confidence
    labels = torch.where(torch.arange(100) < 100 * share_right, 3, 4)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(expected, abs=1e-6)


def test_certain_and_right_answers_have_no_error():
    labels = torch.arange(10)
    assert expected_calibration_error(F.one_hot(labels, 10).float(), labels) == 0


def test_temperature_has_a_closed_formula_for_two_classes():
    """If a share p of the answers with logits (a, 0) is right, then sigmoid(a / T) = p."""
    a, p = 4.0, 0.75
    logits = torch.full((100, 10), -1e4)
    logits[:, 0], logits[:, 1] = a, 0
    labels = (torch.arange(100) >= 100 * p).long()
    assert fit_temperature(logits, labels) == pytest.approx(a / math.log(p / (1 - p)), rel=1e-4)


def test_temperature_follows_the_scale_of_the_logits(answers):
    logits, labels = answers
    once = fit_temperature(logits, labels)
    assert fit_temperature(5 * logits, labels) == pytest.approx(5 * once, rel=1e-3)


def test_temperature_is_the_best_of_a_grid_and_what_the_labels_were_drawn_with(answers):
    logits, labels = answers
    best = fit_temperature(logits, labels)
    loss = F.cross_entropy(logits / best, labels)
    assert best == pytest.approx(2, rel=0.1)
    assert all(loss <= F.cross_entropy(logits / t, labels) + 1e-6 for t in np.linspace(0.5, 5, 50))


def test_temperature_mends_an_overconfident_model(answers):
    logits, labels = answers
    before = expected_calibration_error(logits.softmax(dim=1), labels)
    after = expected_calibration_error((logits / fit_temperature(logits, labels)).softmax(dim=1), labels)
    assert after < before / 3


@pytest.mark.parametrize("function", [reliability_bins, expected_calibration_error, fit_temperature])
def test_labels_must_fit(function):
    with pytest.raises(ValueError, match="one digit per image"):
        function(torch.full((3, 10), 0.1), torch.tensor([1, 2]))
    with pytest.raises(ValueError, match="0 to 9"):
        function(torch.full((2, 10), 0.1), torch.tensor([1, 10]))


@pytest.mark.parametrize("edges", [(0, 0.5), (0.1, 1), (0, 0.5, 0.5, 1), (0, 2, 1), ()])
def test_edges_rise_from_0_to_1(edges):
    with pytest.raises(ValueError, match="edges must rise from 0 to 1"):
        reliability_bins(torch.full((3, 10), 0.1), torch.zeros(3, dtype=torch.int64), edges)
