"""The multilayer perceptron of the course, and what can be asked of any model."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mnist_helpers.checks import FULL, IMAGE_SIZE, NUM_CLASSES, check_inputs, check_kind

EVAL_BATCH = 4096  # images per forward pass when no gradient is needed: fast, and memory stays small


class MLP(nn.Module):
    """784 -> 128 -> ReLU -> 64 -> ReLU -> 10 logits: 109,386 parameters.

    It returns logits, not probabilities: the loss applies the softmax itself, in a numerically
    safe way. Use `predict_proba(model, images)` where probabilities are wanted.

    Parameters
    ----------
    generator : source of the initial weights; None takes torch's global one. Weights and biases are
        uniform within 1/sqrt(number of inputs), which is also what `nn.Linear` starts from.
    """

    def __init__(self, generator: torch.Generator | None = None):
        super().__init__()
        self.hidden1 = nn.Linear(784, 128)
        self.hidden2 = nn.Linear(128, 64)
        self.output = nn.Linear(64, 10)
        if generator is not None:
            for layer in (self.hidden1, self.hidden2, self.output):
                bound = 1 / math.sqrt(layer.in_features)
                nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
                nn.init.uniform_(layer.bias, -bound, bound, generator=generator)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of shape (n, 10) for images of shape (n, 784)."""
        x = torch.relu(self.hidden1(images))  # (n, 784) -> (n, 128)
        x = torch.relu(self.hidden2(x))  # (n, 128) -> (n, 64)
        return self.output(x)  # (n, 64) -> (n, 10)


def predict_logits(model: nn.Module, images: Tensor) -> Tensor:
    """Logits of shape (n, 10) on the CPU for images of shape (n, 784), without gradients.

    The model is put into evaluation mode, and each of its layers back afterwards.

    Raises
    ------
    TypeError, ValueError
        The images are not float32, not in [0, 1], contain NaN, or there are none.
    """
    check_kind(model, nn.Module, "model", "MLP() is one")
    check_inputs(images)
    return check_logits(forward_in_batches(model, images).cpu(), num_classes=2)


def check_logits(logits: Tensor, num_classes: int = NUM_CLASSES) -> Tensor:
    """The logits of a model, (n, num_classes) or more; a ValueError where it gives anything else."""
    if logits.ndim == 2 and logits.shape[1] >= num_classes:
        return logits
    raise ValueError(f"{num_classes} logits for each image are needed; the model's are {tuple(logits.shape)}")


def forward_in_batches(model: nn.Module, images: Tensor) -> Tensor:
    """`predict_logits` without the checks, for images and logits on the model's own device."""
    device = device_of(model)
    try:
        with evaluating(model), torch.no_grad():
            return torch.cat([model(batch.to(device)) for batch in images.split(EVAL_BATCH)])
    except RuntimeError as error:
        if FULL.search(str(error)):
            raise
        dtypes = {parameter.dtype for parameter in model.parameters()} - {images.dtype}
        shaped = "view(-1, 1, 28, 28)" if images.ndim == 2 else "flatten(1)"
        hint = f"its weights are {dtypes.pop()}: model.float()" if dtypes else f"perhaps images.{shaped}"
        raise ValueError(f"the model does not take images of shape {tuple(images.shape)}; {hint}") from error


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Within the block the model is in evaluation mode; after it, each layer in its own: a frozen one too."""
    modes = {layer: layer.training for layer in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for layer, training in modes.items():
            layer.training = training


def device_of(model: nn.Module) -> torch.device:
    """Where the model's parameters live."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


def predict_proba(model: nn.Module, images: Tensor) -> Tensor:
    """Probabilities of shape (n, 10), each row adding up to 1, for images of shape (n, 784)."""
    return predict_logits(model, images).softmax(dim=1)


def count_parameters(model: nn.Module) -> int:
    """Number of values that training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def size_in_bytes(model: nn.Module) -> int:
    """Memory of all parameters and buffers, in bytes."""
    return sum(tensor.nbytes for tensor in model.state_dict().values())


def multiply_adds(model: nn.Module, images: Tensor | None = None) -> int:
    """Multiplications with addition in linear and convolutional layers, for one image or for `images`."""
    counts = []  # torch's FlopCounterMode counts the same, twice as high, but takes a second to load
    counted = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)

    def count(layer: nn.Module, inputs: object, output: Tensor) -> None:
        counts.append(output.numel() * layer.get_parameter("weight")[0].numel())  # each sums over a row

    hooks = [layer.register_forward_hook(count) for layer in model.modules() if isinstance(layer, counted)]
    try:
        forward_in_batches(model, torch.zeros(1, IMAGE_SIZE**2) if images is None else images)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(counts)
