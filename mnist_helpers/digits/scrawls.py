"""Pictures that are not one digit: scribbles, letters, two digits, shapes, framed as digits are."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits.framing import Grey, prepare_drawing
from mnist_helpers.digits.handwriting import (
    Hand,
    Images,
    Path,
    any_kind,
    draw,
    random_hand,
    strokes_of,
    write,
)

LETTERS = "ACDEFGHJKLMNPRTUVWXYacdefhkmnprtuvwx&%@#$*+<>?"  # those that hardly anybody would take for a digit

# Figures of pen strokes, each a path over nine places: 0 1 2 at the top, 3 4 5 in the middle, 6 7 8 below.
# A path of two places is straight, a longer one is a curve.
WRITTEN_LETTERS = (
    "61 18 35", "06 02 34 68", "06 02 34", "06 28 35", "06 23 38", "60 04 42 28", "60 08 82", "06 0253",
    "06 0253 48", "07 72", "06 64 48 82", "04 24 47", "06 358", "36 358", "21378", "21378 85 54", "06 056",
    "03752", "1476", "02 17", "08 26", "06 68", "36 342", "35 51378", "51375 58",
)  # fmt: skip
SHAPES = (
    "61 18 86", "35 15 57", "17 13 15", "36 68 85 53 31 15", "02 28 86 60 08 26", "02 28 86 60 17 35",
    "17 35 08 26", "06 17 28 35", "1452 3678 17", "41 35 37 58",
)  # fmt: skip


def _scribble(rng: np.random.Generator, hand: Hand) -> Grey:
    turns = rng.integers(7, 16)
    return draw(write([rng.random((turns, 2))], hand, rng), hand, rng)


def _letter(rng: np.random.Generator, hand: Hand) -> Grey:
    """A printed letter or sign, upright or slanted, with strokes as wide as its font has them."""
    picture = Image.new("L", (120, 120))
    letter = LETTERS[rng.integers(len(LETTERS))]
    fonts = _fonts()
    ImageDraw.Draw(picture).text((60, 60), letter, 255, fonts[rng.integers(len(fonts))], anchor="mm")
    lean = rng.normal(0, 0.15)
    slanted = picture.transform(picture.size, Image.Transform.AFFINE, (1, lean, -60 * lean, 0, 1, 0))
    return prepare_drawing(np.asarray(slanted))


def _two_digits(rng: np.random.Generator, hand: Hand) -> Grey:
    strokes = []
    for place in (0.0, rng.uniform(0.85, 1.3)):
        digit = int(rng.integers(10))
        written = strokes_of(digit, any_kind(digit, rng), rng)
        strokes += [stroke + np.array([place, rng.normal(0, 0.05)]) for stroke in written]
    return draw(write(strokes, hand, rng), hand, rng)


def _turned_digit(rng: np.random.Generator, hand: Hand) -> Grey:
    """A digit in a mirror or on its side, unless it still is one then: a 6 may become a 9, a 2 almost a 5."""
    turns: list[tuple[Callable[[Path], Path], tuple[int, ...]]] = [
        (lambda stroke: stroke * (-1, 1) + (1, 0), (3, 4, 6, 9)),  # in a mirror
        (lambda stroke: stroke[:, ::-1] * (1, -1) + (0, 1), (2, 3, 4, 5, 7)),  # a quarter turn
        (lambda stroke: stroke[:, ::-1] * (-1, 1) + (1, 0), (2, 3, 4, 5, 7)),  # the other way
        (lambda stroke: 1 - stroke, (3, 4, 7)),  # upside down
    ]
    turn, digits = turns[rng.integers(len(turns))]
    digit = int(rng.choice(digits))
    strokes = [turn(stroke) for stroke in strokes_of(digit, any_kind(digit, rng), rng)]
    return draw(write(strokes, hand, rng), hand, rng)


def _strokes(rng: np.random.Generator, hand: Hand) -> Grey:
    """Three to six short strokes anywhere."""
    strokes = [rng.random((rng.integers(2, 5), 2)) for _ in range(rng.integers(3, 7))]
    return draw(write(strokes, hand, rng), hand, rng)


def _lines(rng: np.random.Generator, hand: Hand) -> Grey:
    """A dash, a cross, a grid or a zigzag; never one upright line, which is a 1."""
    kind = rng.integers(4)
    level = [[(0.0, y), (0.5, y), (1.0, y)] for y in rng.uniform(0, 1, rng.integers(1, 5))]
    upright = [[(x, 0.0), (x, 0.5), (x, 1.0)] for x in rng.uniform(0, 1, rng.integers(2, 5))]
    crossed = [[(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)], [(1.0, 0.0), (0.5, 0.5), (0.0, 1.0)]]
    corners = [(float(i % 2), i / 5) for i in range(6)]
    zigzag = [list(pair) for pair in pairwise(corners)]
    return draw(write((level, level + upright, crossed, zigzag)[kind], hand, rng), hand, rng)


def _figure(figures: tuple[str, ...], rng: np.random.Generator, hand: Hand) -> Grey:
    """One of the figures, with its corners: rounded off they would become a 0, or a 3."""
    paths = figures[rng.integers(len(figures))].split()
    strokes = [[(int(place) % 3 / 2, int(place) // 3 / 2) for place in path] for path in paths]
    return draw(write(strokes, replace(hand, haste=0), rng), hand, rng)


def _blob(rng: np.random.Generator, hand: Hand) -> Grey:
    """A filled shape with an uneven outline."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = 40 + sum(rng.normal(0, 9 / n) * np.cos(n * angle + rng.uniform(0, 6.3)) for n in range(1, 6))
    outline = 60 + np.maximum(radius, 12) * np.stack([np.cos(angle) * rng.uniform(0.5, 1), np.sin(angle)])
    picture = Image.new("L", (140, 140))
    ImageDraw.Draw(picture).polygon([tuple(point) for point in outline.T], fill=255)
    return prepare_drawing(np.asarray(picture))


SCRAWLS: dict[str, Callable[[np.random.Generator, Hand], Grey]] = {
    "scribble": _scribble, "letter": _letter, "two digits": _two_digits, "lines": _lines, "blob": _blob,
    "written letter": partial(_figure, WRITTEN_LETTERS), "shape": partial(_figure, SHAPES),
    "turned digit": _turned_digit, "strokes": _strokes,
}  # fmt: skip


def draw_scrawls(count: int, rng: np.random.Generator, only: str | None = None) -> tuple[Images, list[str]]:
    """Pictures that are not one digit, (count, 28, 28) uint8, and the name of each one's kind.

    All kinds of `SCRAWLS` come in turn, or the one that is named.
    """
    names = [only or list(SCRAWLS)[index % len(SCRAWLS)] for index in range(count)]
    images = np.zeros((count, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    for index, name in enumerate(names):
        images[index] = SCRAWLS[name](rng, random_hand(rng))
    return images, names


@cache
def _fonts() -> list[ImageFont.FreeTypeFont]:
    """Several of the fonts that come with matplotlib, plain, bold and slanted, with serifs and without."""
    from matplotlib import get_data_path

    names = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Italic",
             "DejaVuSansMono", "STIXGeneral", "cmss10", "STIXGeneralItalic", "DejaVuSerif-BoldItalic",
             "cmtt10", "DejaVuSans-BoldOblique", "STIXGeneralBol")  # fmt: skip
    return [ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{name}.ttf", 80) for name in names]
