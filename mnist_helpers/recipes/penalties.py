"""Penalties on large weights, to be added to the loss: `train(..., extras=Extras(penalty=L1(1e-5)))`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn


def weight_matrices(model: nn.Module) -> Iterator[nn.Parameter]:
    """The weights of linear and convolutional layers; not biases, not what normalises."""
    return (parameter for parameter in model.parameters() if parameter.ndim > 1)


@dataclass(frozen=True)
class _Penalty:
    strength: float

    def __post_init__(self) -> None:
        if not 0 <= self.strength < math.inf:
            raise ValueError(f"strength must be finite and at least 0, not {self.strength}")


@dataclass(frozen=True)
class L1(_Penalty):
    """`strength` times the sum of the weights' absolute values: pushes weights to 0 (lasso)."""

    def __call__(self, model: nn.Module) -> Tensor:
        return self.strength * sum(weight.abs().sum() for weight in weight_matrices(model))  # type: ignore[return-value]


@dataclass(frozen=True)
class L2(_Penalty):
    """Half of `strength` times the sum of the squared weights: keeps weights small (ridge)."""

    def __call__(self, model: nn.Module) -> Tensor:
        return self.strength / 2 * sum(weight.square().sum() for weight in weight_matrices(model))  # type: ignore[return-value]
