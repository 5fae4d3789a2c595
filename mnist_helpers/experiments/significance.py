"""Is one model better than another, or was it luck? Both are judged on the same images."""

from dataclasses import dataclass

import torch
from scipy.stats import binomtest
from torch import Tensor


@dataclass(frozen=True)
class Comparison:
    """How two models differ on the same images.

    Attributes
    ----------
    only_first, only_second : images that only this model gets right.
    p_value : how often luck alone would give a split at least as uneven as this one.
    """

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first_right: Tensor, second_right: Tensor) -> Comparison:
    """McNemar's exact test: does the share of right answers of two models differ?

    Images that both get right, or both wrong, say nothing about the difference. On the others, equally
    good models would win like a fair coin, so a two-sided binomial test judges the split.

    Parameters
    ----------
    first_right, second_right : bool Tensors of shape (n,), whether each model is right on image i.

    Raises
    ------
    TypeError, ValueError
        They are not bool, or not of the same shape (n,).

    Source: McNemar (1947), Psychometrika 12; computed by scipy.
    """
    for name, right in (("first_right", first_right), ("second_right", second_right)):
        if not isinstance(right, Tensor) or right.dtype != torch.bool:
            raise TypeError(f"{name} must be a bool Tensor; compare with ==: predictions == labels")
    if first_right.ndim != 1 or first_right.shape != second_right.shape:
        raise ValueError(
            "both models must be judged on the same images, shape (n,), "
            f"not {tuple(first_right.shape)} and {tuple(second_right.shape)}"
        )
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    if only_first + only_second == 0:
        return Comparison(0, 0, 1.0)
    return Comparison(only_first, only_second, float(binomtest(only_first, only_first + only_second).pvalue))
