"""Printed characters, framed as MNIST's digits are: pictures of what is no digit, and of digits that are.

They are drawn with the fonts that come with Matplotlib, so every machine draws the same ones.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from mnist_helpers.digits import prepare_drawing

FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif",
    "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic",
)  # fmt: skip
NOT_LIKE_DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # capitals but I and O, which nobody could tell from 1 and 0


def printed(characters: str) -> Tensor:
    """Every character in each of ten fonts: (10 · characters, 28, 28) uint8, font after font."""
    folder = Path(mpl.get_data_path(), "fonts", "ttf")
    fonts = [ImageFont.truetype(folder / f"{name}.ttf", 90) for name in FONTS]
    pictures = [prepare_drawing(_draw(character, font)) for font in fonts for character in characters]
    return torch.from_numpy(np.stack(pictures))


def _draw(character: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    canvas = Image.new("L", (160, 160))
    ImageDraw.Draw(canvas).text((80, 80), character, fill=255, font=font, anchor="mm", stroke_width=2)
    return np.asarray(canvas)
