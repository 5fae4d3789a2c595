"""Is a model right as often as it says? Reliability bins, expected calibration error, temperature scaling.

Source: Guo et al. (2017), On Calibration of Modern Neural Networks, https://arxiv.org/abs/1706.04599.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import Tensor

from mnist_helpers.checks import check_labels, check_whole
from mnist_helpers.evaluation import accuracy_interval

TEMPERATURES = 0.01, 100.0  # `fit_temperature` looks between these


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Answers grouped by how sure the model was of them; each array but `edges` has shape (num_bins,).

    Attributes
    ----------
    edges : shape (num_bins + 1,), from 0 to 1; bin k holds edges[k] < confidence <= edges[k + 1].
    counts : answers in each bin.
    confidence : mean confidence of the answers in each bin; NaN where there are none.
    accuracy : share of right answers in each bin; NaN where there are none.
    low, high : ends of the 95% interval of that accuracy; NaN where there are none.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def reliability_bins(probabilities: Tensor, labels: Tensor, num_bins: int = 10) -> ReliabilityBins:
    """Group the answers into bins of equal width by their confidence, the largest probability.

    Parameters
    ----------
    probabilities : floats of shape (n, 10), each row adding up to 1.
    labels : true digits, integers of shape (n,).

    Raises
    ------
    TypeError, ValueError
        Labels that are no digits or not as many as rows, or no bins.
    """
    check_labels(labels, len(probabilities))
    check_whole(num_bins=num_bins)
    surest, digits = probabilities.double().cpu().max(dim=1)
    surest, right = surest.numpy(), (digits == labels.cpu()).numpy()
    edges = np.linspace(0, 1, num_bins + 1)
    bins = np.digitize(surest, edges[1:-1], right=True)
    counts = np.bincount(bins, minlength=num_bins)
    hits = np.bincount(bins, weights=right, minlength=num_bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 in an empty bin is the NaN that was promised
        confidence = np.bincount(bins, weights=surest, minlength=num_bins) / counts
        accuracy = hits / counts
    ends = [
        accuracy_interval(share, count) if count else (math.nan, math.nan)
        for share, count in zip(accuracy, counts, strict=True)
    ]
    return ReliabilityBins(edges, counts, confidence, accuracy, *np.transpose(ends))


def expected_calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Mean distance between confidence and accuracy over ten bins, weighted by their counts; 0 is best.

    Parameters and errors are those of `reliability_bins`.
    """
    bins = reliability_bins(probabilities, labels)
    gaps = np.abs(bins.confidence - bins.accuracy)
    return float(np.nansum(gaps * bins.counts) / bins.counts.sum())


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The T for which softmax(logits / T) has the least cross-entropy on these labels.

    Above 1 it makes a model less sure, below 1 surer; it never changes which digit is the answer. Fit
    it on validation images, never on the images that the model is judged by.

    Parameters
    ----------
    logits : floats of shape (n, 10).
    labels : true digits, integers of shape (n,).

    Raises
    ------
    TypeError, ValueError
        Labels that are no digits or not as many as rows.
    """
    check_labels(labels, len(logits))
    logits, labels = logits.double().cpu(), labels.long().cpu()

    def loss(log_temperature: float) -> float:
        return F.cross_entropy(logits / math.exp(log_temperature), labels).item()

    # The loss is convex in 1/T, so there is one valley to find.
    found = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-6})
    return math.exp(found.x)
