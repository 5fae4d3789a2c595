"""Real digits in the wrong place, in the wrong size, and on paper: to measure what a model endures."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import affine

from mnist_helpers.checks import IMAGE_SIZE, check_pixels
from mnist_helpers.digits.framing import Grey

DIRECTIONS = torch.tensor([[-1, 0], [1, 0], [0, -1], [0, 1]])  # up, down, left, right: (rows, columns)


def random_offsets(count: int, distance: int, generator: torch.Generator) -> Tensor:
    """`distance` pixels up, down, left or right, at random: (count, 2) int64, rows and columns."""
    return distance * DIRECTIONS[torch.randint(len(DIRECTIONS), (count,), generator=generator)]


def shift_images(images: Tensor, offsets: Tensor) -> Tensor:
    """Shift each image by its own number of whole pixels; black moves in, and what leaves is lost.

    Parameters
    ----------
    images : Tensor of shape (n, 28, 28), uint8.
    offsets : int64 Tensor of shape (n, 2): rows downwards and columns to the right.

    Raises
    ------
    TypeError, ValueError
        The images are not uint8 of that shape, or there is not one pair of whole offsets for each.
    """
    check_pixels(images)
    if offsets.shape != (len(images), 2) or offsets.is_floating_point():
        raise ValueError(f"offsets must be whole numbers of shape ({len(images)}, 2), (rows, columns)")
    margin = int(offsets.abs().max())
    padded = F.pad(images, (margin,) * 4)  # (n, 28, 28) -> (n, 28 + 2 margin, 28 + 2 margin)
    rows = margin - offsets[:, :1] + torch.arange(IMAGE_SIZE)  # (n, 28)
    columns = margin - offsets[:, 1:] + torch.arange(IMAGE_SIZE)  # (n, 28)
    return padded[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def scale_images(images: Tensor, factor: float) -> Tensor:
    """Make the digits larger or smaller about the middle of their frames: (n, 28, 28) uint8, as before."""
    check_pixels(images)
    if not factor > 0:
        raise ValueError(f"factor must be above 0, not {factor}")
    return _affine(images, scale=factor)


def rotate_images(images: Tensor, degrees: float) -> Tensor:
    """Turn the digits clockwise about the middle of their frames: (n, 28, 28) uint8, as before."""
    check_pixels(images)
    return _affine(images, angle=degrees)


def add_noise(images: Tensor, spread: float, generator: torch.Generator) -> Tensor:
    """Add normal noise with a standard deviation of `spread` grey levels: (n, 28, 28) uint8, as before."""
    check_pixels(images)
    noise = torch.randn(images.shape, generator=generator) * spread
    return (images + noise).round().clamp(0, 255).to(torch.uint8)


def _affine(images: Tensor, angle: float = 0.0, scale: float = 1.0) -> Tensor:
    return affine(
        images, angle=angle, translate=[0, 0], scale=scale, shear=[0.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )  # fmt: skip


def photograph(image: Tensor, seed: int, size: int = 112) -> Grey:
    """Put a digit on paper, as a phone would take it: (28, 28) uint8 -> (size, size) uint8, dark ink.

    Its place, its size (its frame fills a third to three quarters of the paper), the blackness of the
    ink, the direction and depth of the shadow and the paper's grain are drawn from `seed`.
    """
    rng = np.random.default_rng(seed)
    side = int(rng.integers(size // 3, size * 3 // 4 + 1))
    large = Image.fromarray(image.numpy()).resize((side, side), Image.Resampling.BICUBIC)
    top, left = rng.integers(0, size - side + 1, 2)
    coverage = np.zeros((size, size))
    coverage[top : top + side, left : left + side] = np.asarray(large) / 255
    down, right = np.indices((size, size)) / (size - 1)
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.cos(angle) * down + np.sin(angle) * right
    ramp = (ramp - ramp.min()) / (ramp.max() - ramp.min())  # 0 in the light corner, 1 in the dark one
    light = 1 - rng.uniform(0.2, 0.6) * ramp
    brightness = 230 + (rng.uniform(30, 90) - 230) * coverage
    grain = rng.normal(0, 3, (size, size))
    return np.clip(brightness * light + grain, 0, 255).round().astype(np.uint8)
