"""Metrics beside scikit-learn, and intervals beside their formula."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from conftest import new_model
from sklearn import metrics
from torch import nn

from mnist_helpers import Split, accuracy_interval, confused_pairs, evaluate, worst_mistakes
from mnist_helpers.evaluation import Evaluation


class Copycat(nn.Module):
    """Answers with the digit in pixel 0 and the sureness in pixel 1; the oracle knows its mistakes."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        digits = (images[:, 0] * 9).round().long()
        return nn.functional.one_hot(digits, 10) * images[:, 1:2] * 10


def ask(answers: list[int], labels: list[int], sureness: list[float] | None = None) -> Evaluation:
    images = torch.zeros(len(answers), 784)
    images[:, 0] = torch.tensor(answers) / 9
    images[:, 1] = torch.tensor(sureness or [0.5] * len(answers))
    return evaluate(Copycat(), Split(images, torch.tensor(labels)))


def test_it_measures_what_scikit_learn_measures(evaluation):
    labels, answers = evaluation.labels, evaluation.predictions
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(labels, answers))
    probabilities = evaluation.probabilities.double()
    expected_loss = metrics.log_loss(labels, probabilities / probabilities.sum(dim=1, keepdim=True))
    assert evaluation.loss == pytest.approx(expected_loss, rel=1e-4)
    for ours, macro, score in (
        (evaluation.precision, evaluation.macro_precision, metrics.precision_score),
        (evaluation.recall, evaluation.macro_recall, metrics.recall_score),
        (evaluation.f1, evaluation.macro_f1, metrics.f1_score),
    ):
        assert np.allclose(ours, score(labels, answers, average=None))
        assert macro == pytest.approx(score(labels, answers, average="macro"))
    assert np.array_equal(evaluation.confusion, metrics.confusion_matrix(labels, answers))


def test_its_answers_are_the_largest_probabilities_image_by_image(evaluation, trained, tiny_splits):
    assert torch.equal(evaluation.labels, tiny_splits.test.labels)
    with torch.no_grad():
        expected = trained[0](tiny_splits.test.images).softmax(dim=1)
    assert torch.allclose(evaluation.probabilities, expected, atol=1e-6)
    assert torch.equal(evaluation.predictions, expected.argmax(dim=1))


def test_rows_of_the_confusion_matrix_are_true_digits():
    confusion = ask(answers=[7, 7, 1], labels=[1, 1, 1]).confusion
    assert confusion.shape == (10, 10)
    assert confusion[1, 7] == 2
    assert confusion[1, 1] == 1
    assert confusion.sum() == 3


def test_a_digit_that_never_occurs_scores_zero_without_a_warning(recwarn):
    result = ask(answers=[3, 3], labels=[3, 3])
    assert result.precision.tolist() == result.recall.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert result.macro_f1 == pytest.approx(0.1)
    assert not recwarn.list


def test_uneven_batches_weigh_every_image_alike():
    labels = [0] * 4096 + [1] * 3
    result = ask(answers=[0] * 4096 + [2] * 3, labels=labels)  # the last batch is small, and all wrong
    assert result.accuracy == pytest.approx(4096 / 4099)


def test_evaluating_changes_neither_the_model_nor_its_mode(tiny_splits):
    model = new_model().train()
    evaluate(model, tiny_splits.test)
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(("right", "n"), [(9_800, 10_000), (97, 100), (360, 360), (0, 20), (1135, 10_000)])
def test_the_interval_is_wilsons_closed_formula(right, n):
    p = right / n
    for level, z in ((0.95, 1.959963984540054), (0.5, 0.6744897501960817)):
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        assert accuracy_interval(p, n, level) == pytest.approx((centre - half, centre + half), abs=1e-12)
    assert accuracy_interval(p, n) == accuracy_interval(p, n, 0.95)


def test_98_per_cent_on_10_000_images_is_known_to_a_quarter_of_a_point():
    low, high = accuracy_interval(0.98, 10_000)
    assert 100 * (high - low) / 2 == pytest.approx(0.27, abs=0.01)


def test_an_interval_covers_the_truth_as_often_as_it_says():
    rng, truth, n = np.random.default_rng(0), 0.97, 500
    intervals = [accuracy_interval(right / n, n) for right in rng.binomial(n, truth, 1000)]
    covered = np.mean([low <= truth <= high for low, high in intervals])
    assert covered == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(("accuracy", "n"), [(1.2, 100), (-0.1, 100), (0.5, 0)])
def test_an_impossible_accuracy_is_refused(accuracy, n):
    with pytest.raises(ValueError):  # noqa: PT011 - scipy's words
        accuracy_interval(accuracy, n)


def test_confused_pairs_are_counted_and_ordered(evaluation):
    mistakes = Counter(
        (label, answer)
        for label, answer in zip(evaluation.labels.tolist(), evaluation.predictions.tolist(), strict=True)
        if label != answer
    )
    pairs = confused_pairs(evaluation, count=100)
    assert {(true, answer): count for true, answer, count in pairs} == mistakes
    counts = [count for _, _, count in pairs]
    assert counts == sorted(counts, reverse=True)
    assert confused_pairs(evaluation, count=2) == pairs[:2]


def test_the_worst_mistakes_are_wrong_and_the_surest_come_first():
    result = ask(answers=[4, 9, 9, 4, 9], labels=[4, 4, 4, 4, 4], sureness=[1.0, 0.3, 0.8, 0.2, 0.5])
    assert worst_mistakes(result).tolist() == [2, 4, 1]
    assert worst_mistakes(result, count=2).tolist() == [2, 4]


def test_a_perfect_model_has_no_mistakes():
    result = ask(answers=[1, 2], labels=[1, 2])
    assert confused_pairs(result) == []
    assert worst_mistakes(result).tolist() == []


@pytest.mark.parametrize("count", [2.5, 0])
def test_counts_are_whole_numbers(tiny_splits, count):
    evaluation = evaluate(new_model(), tiny_splits.val)
    for ask in (confused_pairs, worst_mistakes, lambda _, count: accuracy_interval(0.9, count)):
        with pytest.raises(ValueError, match="must be a whole number above 0"):
            ask(evaluation, count)
