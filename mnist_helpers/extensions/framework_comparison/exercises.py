"""Checkers of notebooks/extensions/framework_comparison.ipynb."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mnist_helpers.exercises.feedback import Hint, call, checker, number
from mnist_helpers.extensions.framework_comparison.task import exact_log_probabilities, log_softmax
from mnist_helpers.model import MLP

COMPILING, COMPILED_EPOCH, EAGER_EPOCH = 5.0, 0.5, 0.9  # seconds
AHEAD_FROM = 13  # the first whole number of epochs above 5 / (0.9 - 0.5) = 12.5
TOLERANCE = 1e-4


@checker("After how many epochs have the compiler's savings paid for its five seconds?")
def check_break_even(epochs: object) -> str:
    """The fewest epochs for which 5 s of compiling and 0.5 s an epoch beat 0.9 s an epoch."""
    epochs = number(epochs)
    mistakes = {
        COMPILING / COMPILED_EPOCH: Hint(
            "What does the compiler save?",
            "You divided by what a compiled epoch takes. Divide by what it takes less than the other one.",
        ),
        COMPILING / EAGER_EPOCH: Hint(
            "The compiled program takes time, too.",
            "You divided by what the other one's epoch takes. Divide by what compiling saves of it.",
        ),
        COMPILING / (EAGER_EPOCH + COMPILED_EPOCH): Hint(
            "One of the two signs is wrong.", "What an epoch saves is a difference, not a sum."
        ),
    }
    for mistake, hint in mistakes.items():
        if abs(epochs - mistake) < 0.6:
            raise hint
    if AHEAD_FROM - 1 <= epochs < AHEAD_FROM:
        raise Hint(
            "So close: which whole number of epochs is it?",
            "After 12 epochs the compiled one is behind: 5 + 12 × 0.5 = 11 s against 12 × 0.9 = 10.8 s.",
        )
    if epochs != AHEAD_FROM:
        raise Hint(
            "Write both waiting times as a formula of the number of epochs n.",
            "Compiled: 5 + 0.5 n. Not compiled: 0.9 n. From which whole n on is the first one smaller?",
        )
    return "Right: 11.5 s against 11.7 s. For ten epochs this compiler would not have paid."


@checker("Put your function in. It gets a state dict, and returns a list of six arrays.")
def check_to_keras(to_keras: object) -> str:
    """A function from the state dict of the course's MLP to Keras's list: kernel, bias, kernel, bias, …"""
    model, images = MLP(), np.random.default_rng().random((20, 784), dtype=np.float32)
    result = call(to_keras, model.state_dict(), missing="It should return a list of arrays.")
    arrays = _six_arrays(result)
    shapes = [array.shape for array in arrays]
    expected = [(784, 128), (128,), (128, 64), (64,), (64, 10), (10,)]
    if shapes == [shape[::-1] for shape in expected]:
        raise Hint(
            "Rows and columns change places.",
            "PyTorch's weights are (outputs, inputs), Keras wants (inputs, outputs): transpose them.",
        )
    if sorted(shapes) == sorted(expected):
        if shapes != expected:
            raise Hint("The order is not Keras's.", "Layer by layer, and in each the kernel before the bias.")
    else:
        raise Hint(
            "The shapes are not those that Keras wants.",
            f"Keras wants {expected}; your arrays have {shapes}.",
        )
    with torch.no_grad():
        right = log_softmax(model(torch.from_numpy(images)).numpy())
    answers = exact_log_probabilities(list(zip(arrays[::2], arrays[1::2], strict=True)), images)
    if abs(answers - right).max() > TOLERANCE:
        raise Hint(
            "The shapes are right, the answers are not.",
            "`reshape` lays the same numbers out in new rows; `.T` swaps rows and columns.",
        )
    return "Right: the same answers to random images, to the last digit that float32 has."


def _six_arrays(result: object) -> list[NDArray]:
    if isinstance(result, dict) or not isinstance(result, Sequence):
        raise Hint(
            "A list is wanted.", f"Return a list of arrays; what you returned is a {type(result).__name__}."
        )
    if len(result) != 6:
        raise Hint(
            "Six arrays are wanted.",
            f"Three layers, each with a kernel and a bias: six arrays in one flat list, not {len(result)}.",
        )
    return [np.asarray(a.detach() if isinstance(a, torch.Tensor) else a, dtype=np.float64) for a in result]
