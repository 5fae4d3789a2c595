"""Is a model right as often as it says? Reliability bins, expected calibration error, temperature scaling.

Source: Guo et al. (2017), On Calibration of Modern Neural Networks, https://arxiv.org/abs/1706.04599.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import Tensor

from mnist_helpers.checks import check_labels
from mnist_helpers.evaluation import accuracy_interval

TEMPERATURES = 0.01, 100.0  # `fit_temperature` looks between these
DOUBTS = 0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1  # ten times more doubt from bin to bin


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Answers grouped by the doubt that the model admits, 1 − confidence; arrays of shape (num_bins,).

    Attributes
    ----------
    counts : answers in each bin.
    doubt : mean doubt of the answers in each bin; NaN where there are none.
    wrong : share of wrong answers in each bin; NaN where there are none.
    low, high : ends of the 95% interval of that share; NaN where there are none.
    """

    counts: NDArray[np.int64]
    doubt: NDArray[np.float64]
    wrong: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def reliability_bins(
    probabilities: Tensor, labels: Tensor, edges: Sequence[float] = DOUBTS
) -> ReliabilityBins:
    """Group the answers by their doubt, 1 − the largest probability.

    Bins of equal width in the confidence put nearly all answers of a good model into one. These widen
    tenfold from each to the next, so that the sure answers are told apart.

    Parameters
    ----------
    probabilities : floats of shape (n, 10), each row adding up to 1.
    labels : true digits, integers of shape (n,).
    edges : rising from 0 to 1; bin k holds edges[k] < doubt <= edges[k + 1], the first one doubt 0, too.

    Raises
    ------
    TypeError, ValueError
        Labels that are no digits or not as many as rows, or edges that do not rise from 0 to 1.
    """
    check_labels(labels, len(probabilities))
    if len(edges) < 2 or edges[0] != 0 or edges[-1] != 1 or min(np.diff(edges)) <= 0:
        raise ValueError(f"edges must rise from 0 to 1, not {edges}")
    surest, digits = probabilities.double().cpu().max(dim=1)
    doubt, wrong = 1 - surest.numpy(), (digits != labels.cpu()).numpy()
    bins = np.digitize(doubt, edges[1:-1], right=True)
    counts, expected, made = (
        np.bincount(bins, weights, len(edges) - 1) for weights in (np.ones_like(doubt), doubt, wrong)
    )
    with np.errstate(invalid="ignore"):  # 0 / 0 in an empty bin is the NaN that was promised
        mean_doubt, share = expected / counts, made / counts
    ends = [
        accuracy_interval(part, int(count)) if count else (math.nan, math.nan)
        for part, count in zip(share, counts, strict=True)
    ]
    return ReliabilityBins(counts.astype(int), mean_doubt, share, *np.transpose(ends))


def expected_calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Mean distance between doubt and mistakes over the bins, weighted by their counts; 0 is best.

    Parameters and errors are those of `reliability_bins`. Guo et al. take bins of equal width.
    """
    bins = reliability_bins(probabilities, labels)
    gaps = np.abs(bins.doubt - bins.wrong)
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
