"""How long a training step takes on several ranks: a model of computing and talking, fitted to measurements.

A step on R ranks takes, in seconds,

    fixed + per_image · batch / R                       computing: a rank's share of the batch
    + 2 (R - 1) · latency                               talking: the messages of a ring all-reduce
    + 2 (R - 1) / R · bytes / bandwidth                          and the gradients in them

The ring's cost is that of Thakur, Rabenseifner and Gropp (2005), *Optimization of Collective
Communication Operations in MPICH*, <https://doi.org/10.1177/1094342005051521>. The model leaves out what
averaging costs beside the messages, that the ranks wait for the slowest, and that talking can hide behind
the backward pass.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls


@dataclass(frozen=True)
class Compute:
    """What one rank needs for a step, in seconds: something once, and something per image."""

    fixed: float
    per_image: float

    def seconds(self, images: float) -> float:
        return self.fixed + self.per_image * images


@dataclass(frozen=True)
class Network:
    """What connects the ranks: seconds that a message takes however short it is, and bytes per second."""

    latency: float
    bandwidth: float

    def all_reduce_seconds(self, num_bytes: float, ranks: int) -> float:
        """Of a ring: each rank sends 2 (ranks - 1) messages of num_bytes / ranks."""
        return 2 * (ranks - 1) * (self.latency + num_bytes / ranks / self.bandwidth)

    def with_wire(self, latency: float, bandwidth: float) -> "Network":
        """The same software with a wire between: latencies add up, the narrower bandwidth counts."""
        return Network(self.latency + latency, min(self.bandwidth, bandwidth))


def fit_compute(images: ArrayLike, seconds: ArrayLike) -> Compute:
    """The line through measured steps of one rank; `images` and `seconds` have shape (n,)."""
    images = np.asarray(images, dtype=float)
    return Compute(*_fit(np.column_stack([np.ones_like(images), images]), seconds))


def fit_network(num_bytes: ArrayLike, seconds: ArrayLike, ranks: int) -> Network:
    """Latency and bandwidth from all-reduces measured on `ranks` ranks; both arrays have shape (n,).

    Raises
    ------
    ValueError
        The times do not grow with the bytes, so there is no bandwidth to be seen.
    """
    num_bytes = np.asarray(num_bytes, dtype=float)
    messages = 2 * (ranks - 1)
    latency, per_byte = _fit(
        np.column_stack([np.ones_like(num_bytes), num_bytes / ranks]) * messages, seconds
    )
    if per_byte == 0:
        raise ValueError("the times do not grow with the bytes: measure larger messages")
    return Network(latency, 1 / per_byte)


def _fit(terms: np.ndarray, seconds: ArrayLike) -> tuple[float, float]:
    """Least squares of the *relative* errors, so that short times count like long ones; none below 0."""
    seconds = np.asarray(seconds, dtype=float)
    scale = np.abs(terms).max(axis=0)  # both columns of one size, as the solver likes them
    solution, _ = nnls(terms / scale / seconds[:, None], np.ones_like(seconds))
    first, second = solution / scale
    return float(first), float(second)


def step_seconds(
    compute: Compute, network: Network, num_bytes: float, batch_size: float, ranks: int
) -> float:
    """Seconds per step when `ranks` share a batch, and gradients of `num_bytes` in all are averaged."""
    return compute.seconds(batch_size / ranks) + network.all_reduce_seconds(num_bytes, ranks)


def best_ranks(compute: Compute, network: Network, num_bytes: float, batch_size: int) -> int:
    """The number of ranks, at most one per image, with the shortest step; more than that make it longer."""
    ranks = range(1, batch_size + 1)
    return min(ranks, key=lambda count: step_seconds(compute, network, num_bytes, batch_size, count))
