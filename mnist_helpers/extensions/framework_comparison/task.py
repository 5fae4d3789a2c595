"""What every framework is given: the same images, the same initial weights, the same settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MEASURE_BATCH = 4096  # images per forward pass where nothing is learnt; `mnist_helpers.train` takes as many

Part = tuple[NDArray[np.float32], NDArray[np.int64]]
Weights = Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]


@dataclass(frozen=True, eq=False)
class Task:
    """One training, described by NumPy arrays and numbers alone; it travels to its process as a pickle.

    Attributes
    ----------
    train, val, test : images (n, 784) in [0, 1], float32, and labels (n,), int64.
    weights : kernel (inputs, outputs) and bias (outputs,) of each layer, first layer first, float32.
    num_epochs, batch_size, learning_rate : the recipe.
    seed : of the shuffling.
    loop : for the recipes that have several, which one: "eager step", "compiled step", "compiled epoch".
    """

    train: Part
    val: Part
    test: Part
    weights: Weights
    num_epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    seed: int = 0
    loop: str = ""

    def batches(self, epoch: int) -> Part:
        """One epoch's full batches, shuffled: images (steps, batch_size, 784), labels (steps, batch_size)."""
        images, labels = self.train
        order = np.random.default_rng((self.seed, epoch)).permutation(len(labels))
        order = order[: len(order) // self.batch_size * self.batch_size].reshape(-1, self.batch_size)
        return images[order], labels[order]

    def measured(self, logits: Callable[[NDArray], NDArray]) -> tuple[float, ...]:
        """Loss and accuracy on the first thousand training images, and on as many validation images."""
        from scipy.special import log_softmax

        return tuple(
            value
            for images, labels in (self.train, self.val)
            for value in loss_and_accuracy(log_softmax(logits(images[:1000]), axis=1), labels[:1000])
        )


def exact_log_probabilities(weights: Weights, images: NDArray) -> NDArray[np.float64]:
    """What every framework should answer, (n, 10): computed by NumPy with 64 bits a number."""
    from scipy.special import log_softmax  # here, because recipes import this module while they are measured

    x = images.astype(np.float64)
    for number, (kernel, bias) in enumerate(weights, 1):
        x = x @ kernel.astype(np.float64) + bias  # (n, inputs) -> (n, outputs)
        if number < len(weights):
            x = np.maximum(x, 0)
    return log_softmax(x, axis=1)


def loss_and_accuracy(log_probabilities: NDArray, labels: NDArray) -> tuple[float, float]:
    """Mean cross-entropy in nats, and the share of right answers."""
    loss = -log_probabilities[np.arange(len(labels)), labels].mean()
    return float(loss), float((log_probabilities.argmax(axis=1) == labels).mean())
