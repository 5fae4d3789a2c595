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


def strokes_in(text: str) -> list[Stroke]:
    """The strokes in a text such as "50,0 50,50 50,100 / 30,100 70,100".

    Points x,y are in hundredths of a unit square, y downwards, and a smooth curve joins them. A corner is
    where one stroke ends and the next begins.
    """
    return [
        [(int(x) / 100, int(y) / 100) for x, y in (point.split(",") for point in stroke.split())]
        for stroke in text.split(" / ")
    ]


_WAYS = {
    0: [
        "50,0 16,18 8,55 25,92 52,100 82,85 92,45 80,12 50,0",
        "66,4 34,6 14,50 32,95 62,98 86,60 78,15 48,0",
    ],
    1: ["50,0 50,50 50,100", "36,20 46,11 56,0 / 56,0 55,50 54,100", "62,0 50,50 38,100"],
    2: [
        "15,28 35,5 72,8 80,35 50,68 12,97 / 12,97 50,93 90,96",
        "15,25 40,2 75,12 72,42 42,78 18,95 14,82 38,84 62,97 90,92",
    ],
    3: [
        "18,12 45,0 75,12 72,35 42,46 / 42,46 78,56 82,82 50,100 12,88",
        "16,3 50,3 84,3 / 84,3 65,22 45,40 / 45,40 80,50 85,80 50,100 12,90",
    ],
    4: [
        "20,0 16,30 12,56 / 12,56 50,55 92,52 / 75,5 72,50 70,100",
        "65,0 35,35 8,66 / 8,66 50,66 95,66 / 65,0 65,50 65,100",
        "16,2 14,38 38,54 80,44 / 86,0 83,50 80,100",
    ],
    5: [
        "85,3 55,4 28,5 / 28,5 24,25 20,44 / 20,44 50,38 82,55 80,85 50,100 15,92",
        "84,2 40,5 25,28 50,44 80,66 62,96 14,94",
    ],
    6: [
        "72,0 36,22 14,62 30,95 62,98 84,75 62,52 32,60 17,78",
        "56,0 27,40 17,75 42,100 76,88 73,62 46,55 20,70",
    ],
    7: [
        "10,5 50,4 90,2 / 90,2 60,50 40,100",
        "10,5 50,4 90,2 / 90,2 60,50 40,100 / 36,52 58,50 80,48",
        "10,20 11,13 12,6 / 12,6 50,8 88,2 / 88,2 64,42 50,100",
    ],
    8: [
        "76,12 46,0 20,20 45,45 80,72 52,100 18,78 50,47 78,25 72,8",
        "50,46 20,26 50,0 80,24 50,46 / 50,46 12,72 50,100 88,72 50,46",
    ],
    9: [
        "82,18 50,0 17,22 35,48 68,42 83,15 / 83,15 80,55 74,100",
        "82,18 50,0 17,22 35,48 68,42 83,15 / 83,15 82,60 60,96 22,94",
    ],
}
STYLES = {digit: [strokes_in(way) for way in ways] for digit, ways in _WAYS.items()}  # several for each digit


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
