"""Checkers of notebooks/extensions/framework_comparison.ipynb."""

from torch import Tensor

from mnist_helpers.exercises.feedback import When, checker, expect, expect_rule
from mnist_helpers.model import MLP


@checker("After how many epochs have the compiler's savings paid for its five seconds?")
def check_break_even(epochs: object) -> str:
    """The fewest epochs for which 5 s of compiling and 0.5 s an epoch beat 0.9 s an epoch."""
    expect(epochs, 13, [
        (lambda epochs: abs(epochs - 5 / 0.5) < 0.6, "What does the compiler save?",
         "You divided by what a compiled epoch takes. Divide by what it takes less than the other one."),
        (lambda epochs: abs(epochs - 5 / 0.9) < 0.6, "The compiled program takes time, too.",
         "You divided by what the other one's epoch takes. Divide by what compiling saves of it."),
        (lambda epochs: abs(epochs - 5 / (0.9 + 0.5)) < 0.6, "One of the two signs is wrong.",
         "What an epoch saves is a difference, not a sum."),
        (lambda epochs: 12 <= epochs < 13, "So close: which whole number of epochs is it?",
         "After 12 epochs the compiled one is behind: 5 + 12 × 0.5 = 11 s against 12 × 0.9 = 10.8 s."),
    ], ("Write both waiting times as a formula of the number of epochs n.",
        "Compiled: 5 + 0.5 n. Not compiled: 0.9 n. From which whole n on is the first one smaller?"),
    )  # fmt: skip
    return "Right: 11.5 s against 11.7 s. For ten epochs this compiler would not have paid."


@checker("Put your function in. It gets a state dict, and returns a list of six arrays.")
def check_to_keras(to_keras: object) -> str:
    """A function from the state dict of the course's MLP to Keras's list: kernel, bias, kernel, bias, …"""

    def shapes(arrays: tuple) -> list[tuple[int, ...]]:
        return [array.shape for array in arrays]

    def turned(state: dict[str, Tensor]) -> tuple[Tensor, ...]:
        return tuple(value.T if value.ndim == 2 else value for value in state.values())

    expect_rule(to_keras, [(MLP().state_dict(),)], turned, [
        (lambda state: tuple(state.values()), "Rows and columns change places.",
         "PyTorch's weights are (outputs, inputs), Keras wants (inputs, outputs): transpose them."),
        (When(lambda answer, wanted, _: shapes(answer) == shapes(wanted)),
         "The shapes are right, the answers are not.",
         "`reshape` lays the same numbers out in new rows; `.T` swaps rows and columns. And each layer "
         "keeps its own kernel and bias, unchanged."),
        (When(lambda answer, wanted, _: sorted(shapes(answer)) == sorted(shapes(wanted))),
         "The order is not Keras's. What comes first in a layer?",
         "Layer by layer, and in each the kernel before the bias."),
    ], ("The shapes are not those that Keras wants.",
        "Keras wants the shapes (784, 128), (128,), (128, 64), (64,), (64, 10), (10,)."),
        form="a flat list (kernel, bias, kernel, bias, kernel, bias)",
        missing="It should return a list of arrays.")  # fmt: skip
    return "Right: the same answers to random images, to the last digit that float32 has."
