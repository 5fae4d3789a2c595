"""Change each image a little, at random, every time it is shown: new training data for nothing."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits import BOX_SIZE


@dataclass(frozen=True)
class RandomAffine:
    """Rotate, shift and zoom every image of a batch by amounts of its own.

    What `torchvision.transforms.v2.RandomAffine` does to one picture, done to a whole batch in one go:
    called on a batch, that one changes all its images alike, and called image by image it takes many
    times as long.

    Parameters
    ----------
    degrees : largest rotation, either way.
    pixels : largest shift, in each of the four directions; fractions of a pixel happen too.
    zoom : largest change of size: 0.1 draws factors from 0.9 to 1.1.
    """

    degrees: float = 10.0
    pixels: float = 2.0
    zoom: float = 0.1

    def __post_init__(self) -> None:
        if not (0 <= self.degrees < math.inf and 0 <= self.pixels < math.inf and 0 <= self.zoom < 1):
            raise ValueError(
                f"degrees and pixels must be finite and at least 0, and zoom in [0, 1), not {self}"
            )

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Changed copies, of the shape given: any that holds 28×28 pixels per image, float32 in [0, 1]."""
        angle, shift_x, shift_y, factor = torch.rand(4, len(images), generator=generator).mul(2).sub(1)
        return affine(
            images, angle * self.degrees, shift_x * self.pixels, shift_y * self.pixels, 1 + factor * self.zoom
        )


@dataclass(frozen=True)
class RandomPen:
    """Redraw every image with a thinner or thicker pen, and fit it into MNIST's 20×20 box again.

    A digit drawn small, with a pen as wide as ever, has strokes far broader than MNIST's once it is
    scaled up to the box.

    Parameters
    ----------
    thinner, thicker : the furthest that a stroke's edge moves inwards or outwards, in pixels, at most 1
        and 2; fractions happen too.
    """

    thinner: float = 0.3
    thicker: float = 1.6

    def __post_init__(self) -> None:
        if not (0 <= self.thinner <= 1 and 0 <= self.thicker <= 2):
            raise ValueError(f"thinner must be in [0, 1] and thicker in [0, 2], not {self}")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Changed copies, of the shape given: any that holds 28×28 pixels per image, float32 in [0, 1]."""
        moves = torch.rand(len(images), generator=generator) * (self.thinner + self.thicker) - self.thinner
        return affine(  # type: ignore[call-arg]
            change_pen(images, moves), *torch.zeros(3, len(images)), BOX_SIZE / (BOX_SIZE + 2 * moves)
        )


@dataclass(frozen=True)
class RandomFlip:
    """Mirror half of the images, left to right. On digits it makes false labels: a mirrored 2 is none."""

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Copies of the shape given, some of them mirrored."""
        flip = torch.rand(len(images), generator=generator).to(images.device) < 0.5
        squares = images.reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
        return torch.where(flip[:, None, None], squares.flip(2), squares).view_as(images)


def affine(images: Tensor, degrees: Tensor, right: Tensor, down: Tensor, factor: Tensor) -> Tensor:
    """Turn each image clockwise, scale it about its middle, then shift it; black moves in at the edges.

    Parameters
    ----------
    images : float32 Tensor of any shape that holds 28×28 pixels per image.
    degrees, right, down, factor : float32 Tensors of shape (n,): the turn, the shift in pixels, the size.
    """
    radians = degrees * math.pi / 180
    cos, sin = radians.cos() / factor, radians.sin() / factor
    x, y = -right * 2 / IMAGE_SIZE, -down * 2 / IMAGE_SIZE  # grid_sample measures from -1 to 1
    # For every pixel of the result: where in the given image to look, so everything is turned round.
    rows = [torch.stack([cos, sin, cos * x + sin * y], 1), torch.stack([-sin, cos, cos * y - sin * x], 1)]
    look_up = torch.stack(rows, dim=1).to(images.device)  # (n, 2, 3)
    squares = images.reshape(-1, 1, IMAGE_SIZE, IMAGE_SIZE)
    grid = F.affine_grid(look_up, list(squares.shape), align_corners=False)
    return F.grid_sample(squares, grid, align_corners=False).clamp_(0, 1).view_as(images)


def change_pen(images: Tensor, moves: Tensor) -> Tensor:
    """Move the edges of the strokes outwards (up to 2 pixels) or inwards (down to -1), as far as asked.

    Parameters
    ----------
    images : float32 Tensor of any shape that holds 28×28 pixels per image.
    moves : float32 Tensor of shape (n,), in pixels; fractions mix the two nearest whole moves.
    """
    squares = images.reshape(-1, 1, IMAGE_SIZE, IMAGE_SIZE)
    moves = moves.to(images.device)[:, None, None, None]
    wider = F.max_pool2d(squares, 3, stride=1, padding=1)
    widest = F.max_pool2d(wider, 3, stride=1, padding=1)
    narrower = -F.max_pool2d(-squares, 3, stride=1, padding=1)
    changed = (
        squares
        + (wider - squares) * moves.clamp(0, 1)
        + (widest - wider) * (moves - 1).clamp(0, 1)
        + (narrower - squares) * (-moves).clamp(0, 1)
    )
    return changed.view_as(images)
