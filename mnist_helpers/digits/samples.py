"""Sample pictures that look like phone photos of handwritten digits, drawn by code.

They stand in for the learner's own photos: uneven light, coloured ink, a digit that is not in the
middle. Nothing in them comes from MNIST.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mnist_helpers.digits.drawings import STYLES, draw_stroke, smooth


@dataclass(frozen=True)
class Photo:
    """How a sample is drawn: lengths as shares of the picture's shorter side, colours as RGB."""

    digit: int
    size: tuple[int, int] = (480, 360)  # width, height in pixels
    centre: tuple[float, float] = (0.5, 0.5)
    height: float = 0.6
    pen: float = 0.05
    ink: tuple[int, int, int] = (40, 40, 45)
    paper: tuple[int, int, int] = (235, 230, 220)
    shadow: float = 0.0  # share of light lost at the darkest corner


SAMPLES: dict[str, Photo] = {
    "three_blue_ink.jpg": Photo(3, centre=(0.36, 0.55), ink=(35, 60, 150), shadow=0.45),
    "five_on_blackboard.png": Photo(
        5, centre=(0.6, 0.46), pen=0.06, ink=(235, 235, 225), paper=(38, 58, 50), shadow=0.3
    ),
    "two_small_pencil.png": Photo(
        2, centre=(0.68, 0.36), height=0.36, pen=0.035, ink=(95, 95, 100), shadow=0.25
    ),
}


FOLDER = Path(__file__).parent / "sample_pictures"


def sample_pictures() -> dict[str, Path]:
    """The sample photos that come with the course, by name: PNG and JPEG files."""
    return {name: FOLDER / name for name in SAMPLES}


def write_samples() -> list[Path]:
    """Draw the sample photos anew, each with a seed of its own, and write them to their files."""
    FOLDER.mkdir(exist_ok=True)
    for seed, path in enumerate(sample_pictures().values()):
        draw_photo(SAMPLES[path.name], seed).save(path)
    return list(sample_pictures().values())


def draw_photo(photo: Photo, seed: int = 0) -> Image.Image:
    """Draw the photo, with paper grain and hand tremble taken from `seed`; an RGB Pillow image."""
    rng = np.random.default_rng(seed)
    width, height = photo.size
    short = min(width, height)
    scale = 3  # drawn larger and scaled down, so that the strokes have soft edges
    mask = Image.new("L", (width * scale, height * scale))
    pen = photo.pen * short * scale
    for stroke in STYLES[photo.digit][0]:
        points = smooth(np.array(stroke) + rng.normal(0, 0.008, (len(stroke), 2)))
        points = (points - 0.5) * (0.7, 1.0) * photo.height * short + np.array(photo.centre) * photo.size
        draw_stroke(ImageDraw.Draw(mask), points * scale, pen)
    coverage = np.asarray(mask.resize(photo.size, Image.Resampling.BOX))[..., None] / 255
    colour = coverage * photo.ink + (1 - coverage) * photo.paper
    rows, columns = np.indices((height, width))
    light = 1 - photo.shadow * (rows / height + columns / width)[..., None] / 2
    grain = rng.normal(0, 3, (height, width, 1))
    return Image.fromarray(np.clip(colour * light + grain, 0, 255).astype(np.uint8))
