"""A hand made of code that writes digits of every kind, ready framed as MNIST's are.

It slants, wobbles, hurries, presses and lets the ink run out; pens are thin and thick, and pictures blurred.
Everything is a distance from a pixel to the nearest point of a stroke, so that other languages can follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import center_of_mass

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits.drawings import Path, Stroke, smooth
from mnist_helpers.digits.framing import BOX_SIZE
from mnist_helpers.digits.kinds import KINDS

Images = NDArray[np.uint8]

PENS = (0.05, 0.2)  # widths, as shares of the digit's longer side; MNIST's are about 0.12
POINTS = 40  # along a stroke as long as the digit is high: two for each pixel


@dataclass(frozen=True)
class Hand:
    """How one digit is written: lengths as shares of its height, angles in radians."""

    width: float  # the digit's width over its height
    slant: float  # how far the top leans to the right
    turn: float
    wobble: float  # spread of each point of a stroke
    haste: float  # 0 draws every corner; 1 rounds them off and runs over the ends
    pen: float  # width of the pen, as a share of the longer side
    pressure: float  # how much the width varies along a stroke
    breaks: int  # places where the ink runs out
    blur: float  # pixels of 28 in which an edge fades


def random_hand(rng: np.random.Generator) -> Hand:
    """Somebody's hand and pen, drawn at random."""
    return Hand(
        width=rng.uniform(0.45, 1.05),
        slant=rng.normal(0.08, 0.16),
        turn=rng.normal(0, 0.06),
        wobble=rng.uniform(0.005, 0.035),
        haste=rng.uniform(0, 1),
        pen=rng.uniform(*PENS),
        pressure=rng.uniform(0, 0.4),
        breaks=int(rng.integers(1, 4)) if rng.random() < 0.12 else 0,
        blur=rng.uniform(0.7, 2.2) if rng.random() < 0.3 else 0.8,
    )


def write_digits(
    count: int, rng: np.random.Generator, only: tuple[int, str] | None = None
) -> tuple[Images, NDArray[np.int64], list[str]]:
    """Digits of every kind, all digits and all their kinds alike often.

    Parameters
    ----------
    only : the one kind to write, as a digit and a name, such as `(1, "upstroke")`; if not given, all.

    Returns
    -------
    images of shape (count, 28, 28), uint8, 0 = paper; labels of shape (count,); the name of each one's kind.
    """
    images, labels, names = np.zeros((count, IMAGE_SIZE, IMAGE_SIZE), np.uint8), [], []
    for index in range(count):
        digit = index % 10
        digit, name = only or (digit, any_kind(digit, rng))
        images[index] = draw(write(strokes_of(digit, name, rng), hand := random_hand(rng), rng), hand, rng)
        labels.append(digit)
        names.append(name)
    return images, np.array(labels, dtype=np.int64), names


def any_kind(digit: int, rng: np.random.Generator) -> str:
    """The name of one of the kinds of a digit, all alike often."""
    return list(KINDS[digit])[rng.integers(len(KINDS[digit]))]


def strokes_of(digit: int, name: str, rng: np.random.Generator) -> list[Path]:
    """The strokes of a kind, somewhere between its two extremes: each (n, 2), in the unit square."""
    first, second = KINDS[digit][name]
    share = rng.uniform(-0.1, 1.1)
    return [np.array(a) + share * (np.array(b) - a) for a, b in zip(first, second, strict=True)]


def write(strokes: Sequence[Stroke | Path], hand: Hand, rng: np.random.Generator) -> list[Path]:
    """Strokes as that hand writes them: smooth paths, each of shape (n, 2), about one unit high."""
    strokes = [np.asarray(stroke) + rng.normal(0, hand.wobble, np.shape(stroke)) for stroke in strokes]
    paths = [smooth(stroke, _points_along(stroke)) for stroke in _joined(strokes, hand.haste)]
    lean = np.array([[hand.width, 0], [-hand.slant, 1]])  # x - slant * y, y
    turn = np.array([[np.cos(hand.turn), np.sin(hand.turn)], [-np.sin(hand.turn), np.cos(hand.turn)]])
    return [(path - 0.5) @ lean @ turn for path in paths]


def _points_along(stroke: Path) -> int:
    return 10 + int(POINTS * np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum())


def _joined(strokes: Sequence[Any], haste: float) -> list[Path]:
    """In haste, corners are rounded off, the pen stays down between strokes, and ends are overrun."""
    joined = [strokes[0]]
    for stroke in strokes[1:]:
        near = np.linalg.norm(stroke[0] - joined[-1][-1]) < 0.1
        if near and haste > 0.6:
            joined[-1] = np.concatenate([joined[-1], stroke[1:]])
        else:
            joined.append(stroke)
    return [np.concatenate([s[:-1], [s[-1] + 0.15 * haste * (s[-1] - s[-2])]]) for s in joined]


def draw(paths: Sequence[Path], hand: Hand, rng: np.random.Generator) -> Images:
    """Ink along the paths, in a box of 20×20 with its centre of mass in the middle: (28, 28) uint8."""
    points = np.concatenate(paths)
    low, high = points.min(axis=0), points.max(axis=0)
    pen = hand.pen * BOX_SIZE
    scale = (BOX_SIZE - pen) / (high - low).max()
    points = (points - (low + high) / 2) * scale + (IMAGE_SIZE - 1) / 2
    along = np.concatenate([np.linspace(0, 1, len(path)) for path in paths])
    radius = (
        pen / 2 * (1 + hand.pressure * np.sin(2 * np.pi * (along * rng.uniform(0.3, 1.2) + rng.random())))
    )
    kept = np.ones(len(points), dtype=bool)
    for _ in range(hand.breaks):
        start, length = rng.integers(len(points)), rng.integers(3, 14)
        kept[start : start + length] = False
    offsets = points[kept, :, None].astype(np.float32) - np.arange(IMAGE_SIZE, dtype=np.float32)
    right, down = (offsets**2).transpose(1, 0, 2)  # each (points, 28)
    distance = np.sqrt(right[:, None, :] + down[:, :, None])  # (points, 28, 28)
    depth = (radius[kept, None, None].astype(np.float32) - distance).max(axis=0)
    ink = np.clip(0.5 + depth / hand.blur, 0, 1)
    image = (ink * (255 / max(ink.max(), 0.2))).clip(0, 255).round().astype(np.uint8)
    shift = [round((IMAGE_SIZE - 1) / 2 + 0.5 - centre) for centre in center_of_mass(image)]
    return np.roll(image, shift, axis=(0, 1))
