"""One clear sentence for every kind of bad input: what is wrong, where, and what to do next."""

from math import inf, nan
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor

IMAGE_SIZE = 28
NUM_CLASSES = 10


def check_pixels(images: Tensor, where: str = "images") -> None:
    """Raise unless `images` are raw pictures: Tensor of shape (n, 28, 28), uint8, n >= 1."""
    _check_tensor(images, where)
    if images.dtype != torch.uint8:
        raise TypeError(f"{where} must be uint8 pixels in 0..255, not {_dtype(images)}")
    if images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"{where} must have shape (n, 28, 28), not {tuple(images.shape)}")


def check_inputs(images: Tensor, where: str = "images") -> None:
    """Raise unless `images` can enter a model: Tensor of shape (n, 784), float32 in [0, 1], n >= 1.

    A model that takes images with a channel axis, (n, 1, 28, 28), may be given them.
    """
    _check_float(images, where)
    if images.ndim not in (2, 4) or images[0].numel() != IMAGE_SIZE**2:
        hint = "; call flatten(images) first" if images.shape[1:] == (IMAGE_SIZE, IMAGE_SIZE) else ""
        if images.numel() == IMAGE_SIZE**2:
            hint = "; for a single image: image.reshape(1, 784)"
        raise ValueError(f"{where} must have shape (n, 784), not {tuple(images.shape)}{hint}")
    _check_range(images, where)


def check_values(images: Tensor, where: str = "images") -> None:
    """Raise unless `images` are float32 in [0, 1], one or more of them, in whatever shape a model takes."""
    _check_float(images, where)
    _check_range(images, where)


def _check_float(images: Tensor, where: str) -> None:
    _check_tensor(images, where)
    if images.dtype != torch.float32:
        hint = "; call flatten(normalise(images)) first" if images.dtype == torch.uint8 else ""
        raise TypeError(f"{where} must be float32, not {_dtype(images)}{hint}")


def _check_range(images: Tensor, where: str) -> None:
    low, high = (bound.item() for bound in torch.aminmax(images))
    if not (low >= 0 and high <= 1):  # also true for NaN, which compares false with everything
        if low != low:
            bad = torch.isnan(images.flatten(1)).any(dim=1).nonzero()[0].item()
            raise ValueError(f"{where} contain NaN, first in image {bad}; remove or repair it")
        raise ValueError(
            f"{where} must lie in [0, 1], but reach from {low:g} to {high:g}; "
            "call normalise() on the uint8 pixels first"
        )


def check_labels(
    labels: Tensor, num_images: int | None = None, where: str = "labels", num_classes: int = NUM_CLASSES
) -> None:
    """Raise unless `labels` are class indices: Tensor of shape (num_images,), integer, 0..num_classes-1."""
    _check_tensor(labels, where)
    check_number(whole=True, num_classes=num_classes)
    last = num_classes - 1
    num_images = labels.numel() if num_images is None else num_images
    if labels.dtype.is_floating_point or labels.dtype.is_complex or labels.dtype == torch.bool:
        raise TypeError(f"{where} must be whole numbers 0 to {last}, not {_dtype(labels)}")
    if labels.shape != (num_images,):
        hint = "; turn one-hot rows back into digits with labels.argmax(1)" if labels.ndim == 2 else ""
        raise ValueError(
            f"{where} must have shape ({num_images},), one digit per image, not {tuple(labels.shape)}{hint}"
        )
    outside = (labels.long() // num_classes).nonzero()  # 0 for 0..last alone; torch cannot compare uint16
    if len(outside):
        first = int(outside[0])
        raise ValueError(f"{where} must be 0 to {last}, but {where}[{first}] is {labels[first].item()}")


def check_kind(value: object, kind: type, name: str, hint: str) -> None:
    """Raise unless `value` is of the kind; the hint says what gives one."""
    if not isinstance(value, kind):
        given = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise TypeError(f"{name} must be of the kind {kind.__name__}, not {given}; {hint}")


def check_number(*, above: float = 0, below: float = inf, whole: bool = False, **settings: Any) -> None:
    """Raise unless every keyword's value is a number, Python's, NumPy's or torch's, between the bounds."""
    for name, value in settings.items():
        if not above < number_in(value, Integral if whole else Real) < below:
            ends = f"above {above}" + (f" and below {below}" if below < inf else "")
            raise ValueError(f"{name} must be a {'whole ' * whole}number {ends}, not {value!r:.60}")


def number_in(value: Any, kind: type = Real) -> Any:
    """The number that `value` is, or that NumPy or torch keep in it; NaN, in no range, if it is none."""
    plain = value.item() if getattr(value, "shape", None) == () else value
    return plain if isinstance(plain, kind) and not isinstance(plain, bool) else nan


def _check_tensor(values: Tensor, where: str) -> None:
    if not isinstance(values, Tensor):
        raise TypeError(
            f"{where} must be a torch.Tensor, not {type(values).__name__}; wrap it with torch.as_tensor(...)"
        )
    if values.numel() == 0:
        raise ValueError(f"{where} are empty (shape {tuple(values.shape)}); at least one is needed")


def _dtype(values: Tensor) -> str:
    return str(values.dtype).removeprefix("torch.")
