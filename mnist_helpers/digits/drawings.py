"""Digits drawn by hand on a square canvas, made up by code: pen strokes in several styles.

They stand in for people who draw with a mouse or a finger: small and large, in corners, slanted, with an
unsteady hand and any pen. Nothing in them comes from MNIST.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.interpolate import make_interp_spline

from mnist_helpers.digits.framing import Grey

CANVAS_SIZE = 280  # pixels on a side, in which strokes, pens and sizes are measured
HEIGHTS, PENS = (70, 230), (10, 28)

Stroke = list[tuple[float, float]]
Path = NDArray[np.float64]

# Per digit, several ways to write it; each is a list of strokes: points (x, y) in a unit square, y
# downwards, joined by a smooth curve. A corner is where one stroke ends and the next begins.
STYLES: dict[int, list[list[Stroke]]] = {
    0: [[[(0.5, 0.0), (0.16, 0.18), (0.08, 0.55), (0.25, 0.92), (0.52, 1.0), (0.82, 0.85), (0.92, 0.45),
          (0.8, 0.12), (0.5, 0.0)]],
        [[(0.66, 0.04), (0.34, 0.06), (0.14, 0.5), (0.32, 0.95), (0.62, 0.98), (0.86, 0.6), (0.78, 0.15),
          (0.48, 0.0)]]],
    1: [[[(0.5, 0.0), (0.5, 0.5), (0.5, 1.0)]],
        [[(0.36, 0.2), (0.46, 0.11), (0.56, 0.0)], [(0.56, 0.0), (0.55, 0.5), (0.54, 1.0)]],
        [[(0.62, 0.0), (0.5, 0.5), (0.38, 1.0)]]],
    2: [[[(0.15, 0.28), (0.35, 0.05), (0.72, 0.08), (0.8, 0.35), (0.5, 0.68), (0.12, 0.97)],
         [(0.12, 0.97), (0.5, 0.93), (0.9, 0.96)]],
        [[(0.15, 0.25), (0.4, 0.02), (0.75, 0.12), (0.72, 0.42), (0.42, 0.78), (0.18, 0.95), (0.14, 0.82),
          (0.38, 0.84), (0.62, 0.97), (0.9, 0.92)]]],
    3: [[[(0.18, 0.12), (0.45, 0.0), (0.75, 0.12), (0.72, 0.35), (0.42, 0.46)],
         [(0.42, 0.46), (0.78, 0.56), (0.82, 0.82), (0.5, 1.0), (0.12, 0.88)]],
        [[(0.16, 0.03), (0.5, 0.03), (0.84, 0.03)], [(0.84, 0.03), (0.65, 0.22), (0.45, 0.4)],
         [(0.45, 0.4), (0.8, 0.5), (0.85, 0.8), (0.5, 1.0), (0.12, 0.9)]]],
    4: [[[(0.2, 0.0), (0.16, 0.3), (0.12, 0.56)], [(0.12, 0.56), (0.5, 0.55), (0.92, 0.52)],
         [(0.75, 0.05), (0.72, 0.5), (0.7, 1.0)]],
        [[(0.65, 0.0), (0.35, 0.35), (0.08, 0.66)], [(0.08, 0.66), (0.5, 0.66), (0.95, 0.66)],
         [(0.65, 0.0), (0.65, 0.5), (0.65, 1.0)]],
        [[(0.16, 0.02), (0.14, 0.38), (0.38, 0.54), (0.8, 0.44)], [(0.86, 0.0), (0.83, 0.5), (0.8, 1.0)]]],
    5: [[[(0.85, 0.03), (0.55, 0.04), (0.28, 0.05)],
         [(0.28, 0.05), (0.24, 0.25), (0.2, 0.44)],
         [(0.2, 0.44), (0.5, 0.38), (0.82, 0.55), (0.8, 0.85), (0.5, 1.0), (0.15, 0.92)]],
        [[(0.84, 0.02), (0.4, 0.05), (0.25, 0.28), (0.5, 0.44), (0.8, 0.66), (0.62, 0.96), (0.14, 0.94)]]],
    6: [[[(0.72, 0.0), (0.36, 0.22), (0.14, 0.62), (0.3, 0.95), (0.62, 0.98), (0.84, 0.75), (0.62, 0.52),
          (0.32, 0.6), (0.17, 0.78)]],
        [[(0.56, 0.0), (0.27, 0.4), (0.17, 0.75), (0.42, 1.0), (0.76, 0.88), (0.73, 0.62), (0.46, 0.55),
          (0.2, 0.7)]]],
    7: [[[(0.1, 0.05), (0.5, 0.04), (0.9, 0.02)], [(0.9, 0.02), (0.6, 0.5), (0.4, 1.0)]],
        [[(0.1, 0.05), (0.5, 0.04), (0.9, 0.02)], [(0.9, 0.02), (0.6, 0.5), (0.4, 1.0)],
         [(0.36, 0.52), (0.58, 0.5), (0.8, 0.48)]],
        [[(0.1, 0.2), (0.11, 0.13), (0.12, 0.06)], [(0.12, 0.06), (0.5, 0.08), (0.88, 0.02)],
         [(0.88, 0.02), (0.64, 0.42), (0.5, 1.0)]]],
    8: [[[(0.76, 0.12), (0.46, 0.0), (0.2, 0.2), (0.45, 0.45), (0.8, 0.72), (0.52, 1.0), (0.18, 0.78),
          (0.5, 0.47), (0.78, 0.25), (0.72, 0.08)]],
        [[(0.5, 0.46), (0.2, 0.26), (0.5, 0.0), (0.8, 0.24), (0.5, 0.46)],
         [(0.5, 0.46), (0.12, 0.72), (0.5, 1.0), (0.88, 0.72), (0.5, 0.46)]]],
    9: [[[(0.82, 0.18), (0.5, 0.0), (0.17, 0.22), (0.35, 0.48), (0.68, 0.42), (0.83, 0.15)],
         [(0.83, 0.15), (0.8, 0.55), (0.74, 1.0)]],
        [[(0.82, 0.18), (0.5, 0.0), (0.17, 0.22), (0.35, 0.48), (0.68, 0.42), (0.83, 0.15)],
         [(0.83, 0.15), (0.82, 0.6), (0.6, 0.96), (0.22, 0.94)]]],
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Drawing:
    """Pen strokes on the canvas: each an array of points (x, y) of shape (n, 2), in canvas pixels."""

    digit: int
    strokes: tuple[Path, ...]
    pen: float

    def render(self) -> Grey:
        """The ink on the canvas: (280, 280) uint8, 0 = empty, 255 = ink, soft edges between."""
        scale = 4  # drawn larger and scaled down, which makes the soft edges
        mask = Image.new("L", (CANVAS_SIZE * scale,) * 2)
        for stroke in self.strokes:
            draw_stroke(ImageDraw.Draw(mask), stroke * scale, self.pen * scale)
        return np.asarray(mask.resize((CANVAS_SIZE,) * 2, Image.Resampling.BOX))


def random_drawing(
    digit: int,
    rng: np.random.Generator,
    *,
    height: float | None = None,
    pen: float | None = None,
    corner: tuple[int, int] | None = None,
) -> Drawing:
    """A digit in one of its styles. The hand leans up to 14 degrees either way, turns the digit by up to
    6, makes it narrow or wide, and trembles.

    Parameters
    ----------
    height, pen : in canvas pixels; if not given, 70 to 230 (of 280) and 10 to 28.
    corner : where it stands: (0, 0) is top left, (1, 1) bottom right; if not given, anywhere.
    """
    style = STYLES[digit][rng.integers(len(STYLES[digit]))]
    height = rng.uniform(*HEIGHTS) if height is None else height
    pen = rng.uniform(*PENS) if pen is None else pen
    width = height * rng.uniform(0.6, 0.85)
    lean, turn = rng.uniform(-0.25, 0.25), np.radians(rng.uniform(-6, 6))
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    strokes = []
    for stroke in style:
        points = smooth(np.array(stroke) + rng.normal(0, 0.012, (len(stroke), 2)))
        x, y = (points - 0.5).T * np.array([[width], [height]])
        strokes.append(np.stack([x - lean * y, y], axis=1) @ rotation)
    every = np.concatenate(strokes)
    low, high = every.min(axis=0) - pen / 2, every.max(axis=0) + pen / 2
    strokes = [stroke - low for stroke in strokes]
    fitting = min(1.0, (CANVAS_SIZE - 2) / (high - low).max())
    share = rng.uniform(0, 1, 2) if corner is None else np.array(corner)
    place = share * (CANVAS_SIZE - fitting * (high - low))
    return Drawing(digit, tuple(stroke * fitting + place for stroke in strokes), pen * fitting)


def smooth(points: Path, count: int = 60) -> Path:
    """A smooth curve through the points, (n, 2) -> (count, 2)."""
    curve = make_interp_spline(np.linspace(0, 1, len(points)), points, k=min(3, len(points) - 1))
    return curve(np.linspace(0, 1, count))


def draw_stroke(draw: ImageDraw.ImageDraw, points: Path, pen: float) -> None:
    """Draw a line through the points, `pen` wide, with round ends and joints."""
    path = [tuple(point) for point in points]
    draw.line(path, fill=255, width=round(pen), joint="curve")
    for x, y in path:
        draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
