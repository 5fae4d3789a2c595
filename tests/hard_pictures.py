"""Pictures of the kinds that strangers took and the preparation once failed on; all are drawn by code."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mnist_helpers.digits import Photo, draw_photo

PEN = Photo(3, ink=(90, 90, 95), pen=0.04)
BLANK = replace(PEN, ink=PEN.paper, height=0.01, pen=0.003)
SQUARED = {"ruled": 0.11, "squared": True}
RULED = (
    {"ruled": 0.12},
    SQUARED,
    {**SQUARED, "tilt": 0.03},
    {**SQUARED, "line": (110, 120, 150), "tilt": -0.02},
    {**SQUARED, "shadow": 0.5},
    {"ruled": 0.7},
)


def lined(
    photo: Photo, ruled: float, squared: bool = False, tilt: float = 0.0, line=(150, 170, 200), **others
) -> Photo:
    """The photo on paper with printed lines: its `paper` is an array with a colour for each pixel.

    `ruled` is their distance as a share of the shorter side, `tilt` how far they fall in pictures' widths;
    `squared` lines run both ways.
    """
    width, height = photo.size
    page = Image.new("L", (width * 3, height * 3))
    short, fall = min(photo.size), tilt * width
    for at in np.arange(-fall, max(photo.size) + fall, ruled * short):
        level = (0, 3 * at, 3 * width, 3 * (at + fall))
        upright = (3 * (at + fall * height / width), 0, 3 * at, 3 * height)
        for ends in (level, upright)[: 1 + squared]:
            ImageDraw.Draw(page).line(ends, fill=255, width=max(2, round(0.012 * short)))
    printed = np.asarray(page.resize(photo.size, Image.Resampling.BOX))[..., None] / 255
    return replace(photo, paper=printed * line + (1 - printed) * photo.paper, **others)


def pale(levels: int) -> Image.Image:
    return draw_photo(replace(PEN, ink=tuple(level - levels for level in PEN.paper)))


def skipping_pen() -> Image.Image:
    """A stroke that ends in crumbs."""
    picture = Image.new("L", (280, 280), 255)
    for top, bottom in ((40, 200), (204, 212), (216, 224)):
        ImageDraw.Draw(picture).rectangle((130, top, 143, bottom), fill=0)
    return picture


def blurred(radius: int) -> Image.Image:
    """A close crop, as it is or blurred and small."""
    crop = draw_photo(replace(PEN, pen=0.06)).crop((150, 60, 330, 300))
    return crop.filter(ImageFilter.GaussianBlur(radius)).resize((60, 80)) if radius else crop


def hairline() -> Image.Image:
    picture = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(picture).line([(80, 80), (80, 200), (200, 200)], fill=0, width=2)
    return picture


def ruled_and_blank(paper: dict) -> Image.Image:
    """Printed lines and a speck of dust."""
    picture = draw_photo(lined(BLANK, **paper))
    ImageDraw.Draw(picture).ellipse((200, 100, 207, 107), fill=(60, 60, 60))
    return picture


def dark_squares(ink: tuple[int, int, int]) -> Image.Image:
    """Lines as dark as ink, three pixels wide, and a 4 of that ink among them."""
    picture = draw_photo(Photo(4, ink=ink, pen=0.06, height=0.7 if ink != Photo(4).paper else 0.01))
    for at in range(20, 480, 45):
        ImageDraw.Draw(picture).line((0, at, 480, at + 8), fill=(40, 40, 60), width=3)
        ImageDraw.Draw(picture).line((at, 0, at - 5, 360), fill=(40, 40, 60), width=3)
    return picture


def dust() -> Image.Image:
    picture = draw_photo(BLANK)
    for x, y in ((50, 60), (200, 100), (300, 250)):
        ImageDraw.Draw(picture).ellipse((x, y, x + 8, y + 6), fill=(60, 60, 60))
    return picture


def side_by_side(*digits: int, gap: int = 0) -> Image.Image:
    parts = [draw_photo(Photo(digit, size=(200, 300), height=0.5)) for digit in digits]
    page = Image.new("RGB", (len(parts) * (200 + gap), 300), Photo(0).paper)
    for number, part in enumerate(parts):
        page.paste(part, (number * (200 + gap), 0))
    return page


def joined_word() -> Image.Image:
    picture = draw_photo(BLANK)
    ImageDraw.Draw(picture).line([(60, 200), (140, 120), (220, 200), (300, 120), (400, 200)], (40,) * 3, 14)
    return picture
