"""Judge a model on images it has not seen: loss, accuracy, precision, recall, F1, confusion."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch import Tensor, nn

from mnist_helpers.checks import NUM_CLASSES, check_kind, check_labels, check_number, number_in
from mnist_helpers.model import check_logits, predict_logits
from mnist_helpers.preprocessing import Split


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model got right and wrong on n images.

    Attributes
    ----------
    loss : mean cross-entropy, in nats.
    accuracy : share of right answers.
    precision, recall, f1 : one value per digit, arrays of shape (10,); 0 where nothing was to divide by.
    macro_precision, macro_recall, macro_f1 : their plain means over the ten digits.
    confusion : shape (10, 10); row = true digit, column = predicted digit, counts.
    labels, predictions : digits, int64 Tensors of shape (n,).
    probabilities : float32 Tensor of shape (n, 10).
    """

    loss: float
    accuracy: float
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    macro_precision: float
    macro_recall: float
    macro_f1: float
    confusion: NDArray[np.int64]
    labels: Tensor
    predictions: Tensor
    probabilities: Tensor


def evaluate(model: nn.Module, split: Split) -> Evaluation:
    """Evaluate `model` on the images (n, 784) and labels (n,) of `split`.

    Raises
    ------
    TypeError, ValueError
        Wrong shapes, dtypes or values, labels outside 0..9, no images, or a model that does not fit them.
    """
    check_kind(split, Split, "split", "splits.test is one")
    logits = predict_logits(model, split.images)
    check_labels(split.labels, len(logits))
    labels = split.labels.cpu().long()
    check_logits(logits, len(labels), num_classes=int(labels.max()) + 1)
    predictions = logits.argmax(dim=1)
    scores = precision_recall_fscore_support(labels, predictions, labels=range(NUM_CLASSES), zero_division=0)
    precision, recall, f1 = scores[:3]
    return Evaluation(
        loss=F.cross_entropy(logits, labels).item(),
        accuracy=(predictions == labels).double().mean().item(),
        precision=precision,
        recall=recall,
        f1=f1,
        macro_precision=float(precision.mean()),
        macro_recall=float(recall.mean()),
        macro_f1=float(f1.mean()),
        confusion=confusion_matrix(labels, predictions, labels=range(NUM_CLASSES)),
        labels=labels,
        predictions=predictions,
        probabilities=logits.softmax(dim=1),
    )


def accuracy_interval(accuracy: float, num_images: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for an accuracy measured on `num_images` images, both ends as shares.

    Source: Wilson (1927), Journal of the American Statistical Association 22; computed by scipy.
    """
    check_number(whole=True, num_images=num_images)
    check_number(level=level, below=1)
    if not 0 <= (share := number_in(accuracy)) <= 1:
        raise ValueError(f"accuracy must be a share, from 0 to 1, not {accuracy!r:.60}")
    interval = binomtest(round(share * int(num_images)), num_images).proportion_ci(float(level), "wilson")
    return float(interval.low), float(interval.high)


def confused_pairs(evaluation: Evaluation, count: int = 10) -> list[tuple[int, int, int]]:
    """The most frequent mistakes as (true digit, predicted digit, how often), most frequent first."""
    check_kind(evaluation, Evaluation, "evaluation", "evaluate(model, splits.test) gives it")
    check_number(whole=True, count=count)
    cells = np.ndenumerate(evaluation.confusion)
    mistakes = [(true, said, int(n)) for (true, said), n in cells if n and true != said]
    return sorted(mistakes, key=lambda mistake: -mistake[2])[:count]


def worst_mistakes(evaluation: Evaluation, count: int = 10) -> Tensor:
    """Indices of the wrong answers that the model was surest of, surest first, int64."""
    check_kind(evaluation, Evaluation, "evaluation", "evaluate(model, splits.test) gives it")
    check_number(whole=True, count=count)
    wrong = (evaluation.predictions != evaluation.labels).nonzero().flatten()
    confidence = evaluation.probabilities[wrong].max(dim=1).values
    return wrong[torch.argsort(confidence, descending=True, stable=True)][:count]
