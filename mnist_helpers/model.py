"""The multilayer perceptron of the course, and what can be asked of any model."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mnist_helpers.checks import IMAGE_SIZE, check_inputs, check_kind
from mnist_helpers.storage import reason_of

EVAL_BATCH = 4096  # images per forward pass when no gradient is needed: fast, and memory stays small
MEMORY_FULL = re.compile("out of memory|can't allocate memory")  # torch, of a GPU's memory and of yours


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
        The images are not float32 in [0, 1], or there are none, or the model gives no logits for them.
    """
    check_kind(model, nn.Module, "model", "MLP() is one")
    check_inputs(images)
    return check_logits(forward_in_batches(model, images).cpu(), len(images))


def check_logits(logits: Tensor, num_images: int, num_classes: int = 2) -> Tensor:
    """The logits of a model; a ValueError unless they have shape (num_images, num_classes or more)."""
    if logits.ndim == 2 and len(logits) == num_images and logits.shape[1] >= num_classes:
        return logits
    wanted = f"({num_images}, {num_classes} or more), a logit per class for each image"
    raise ValueError(f"the model must give logits of shape {wanted}, not {tuple(logits.shape)}")


def forward_in_batches(model: nn.Module, images: Tensor) -> Tensor:
    """What the model gives for images of the shape that it takes, on its own device, without gradients."""
    device = device_of(model)
    try:
        with evaluating(model), torch.no_grad():
            answers = [model(batch.to(device)) for batch in images.split(EVAL_BATCH)]
        check_kind(answers[0], Tensor, "what the model gives", "let its forward return the logits alone")
        return torch.cat(answers)
    except RuntimeError as error:
        if type(error) is not RuntimeError or MEMORY_FULL.search(str(error)):
            raise
        shape, said = tuple(images.shape), reason_of(error)
        shaped = "images.view(-1, 1, 28, 28)" if images.ndim == 2 else "images.flatten(1)"
        cure = "model.float()" if "dtype" in said else shaped
        raise ValueError(f"the model does not take images of shape {shape}: {said}; try {cure}") from error


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
    """Where the model's parameters and buffers live; the CPU if it has none."""
    return next((values.device for values in model.state_dict().values()), torch.device("cpu"))


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
