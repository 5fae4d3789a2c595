"""The app's icons, drawn with the project's own pen."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mnist_helpers.digits import STYLES, draw_stroke, smooth

BLUE, WHITE = (11, 92, 173), (255, 255, 255)
LARGE = 1024  # drawn once in this size, and scaled down


def write_icons(folder: Path) -> list[Path]:
    """Draw the icons in the sizes that browsers ask for, and write them to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    icons = {
        "icon-192.png": (draw_icon(), 192),
        "icon-512.png": (draw_icon(), 512),
        "maskable-512.png": (draw_icon(is_maskable=True), 512),
    }
    for name, (icon, size) in icons.items():
        small = icon.resize((size, size), Image.Resampling.LANCZOS)
        small.quantize(64, method=Image.Quantize.FASTOCTREE).save(folder / name, optimize=True)
    return [folder / name for name in icons]


def draw_icon(is_maskable: bool = False) -> Image.Image:
    """A white 3 on blue, RGBA; a maskable one reaches to the edges, because phones cut it to shape."""
    icon = Image.new("RGBA", (LARGE, LARGE))
    corner = 0 if is_maskable else LARGE * 0.2
    ImageDraw.Draw(icon).rounded_rectangle((0, 0, LARGE - 1, LARGE - 1), corner, BLUE)
    digit = Image.new("L", icon.size)
    height, pen = (0.4, 0.09) if is_maskable else (0.56, 0.12)
    for stroke in STYLES[3][0]:
        points = (smooth(np.array(stroke)) - 0.5) * (0.72, 1.0) * height * LARGE + LARGE / 2
        draw_stroke(ImageDraw.Draw(digit), points, pen * LARGE)
    icon.paste(WHITE, mask=digit)
    return icon
