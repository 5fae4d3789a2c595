"""How well the app's models read digits of hands that they never saw, and refuse letters of those hands.

    python tests/benchmarks/bench_fonts.py FONT_FILE ...

A handwriting font was drawn by somebody's hand. Every character is turned a little, and
prepared as a photo is.

Measured with 22 fonts of Debian 12 that nothing was chosen with, of the packages fonts-nanum-extra (NanumPen,
NanumBrush, NanumBarunpenR), -yozvox-yozfont-standard-kana (YOzRS_, YOzBS_, YOzRSF), -unfonts-extra (UnPen,
UnPenheulim, UnPilgia, UnVada), -havana, -lobstertwo (Regular, Italic), -aoyagi-kouzan-t, -aoyagi-soseki,
-leckerli-one, -sil-andika (Regular), -lxgw-wenkai (Regular), -levien-typoscript, -tlwg-purisa-ttf (Purisa,
Purisa-Oblique) and -arphic-ukai:

    lessons of the convolutional network                 digits right   refused   letters and signs refused
    scrawls of seven kinds, 12 epochs, limit 0.85          209 of 210     1               83.6 %
    signs, turned digits, strokes, 6 more epochs, 0.75     208 of 210     0               89.2 %

With 26 others, which told what the lessons lacked, the numbers of the second row are 257 of 260, 3, and
87.6 %; of the first 256, 5, and 80.9 %. (TypoScript has letters alone.)
"""

import sys
from pathlib import Path

import numpy as np
import torch
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from mnist_helpers import accuracy_interval, prepare_picture
from mnist_helpers.app.reading import read_digits

# Left out is what somebody may take for a digit: I, l, O, o, i, j, 0; S, s; Z, z; B, b, g, q, y; !.
NO_DIGITS = "ACDEFGHJKLMNPQRTUVWXYacdefhkmnprtuvwx&?%@#$*+="
SIZE = 400


def write(character: str, font: ImageFont.FreeTypeFont, turn: float) -> Image.Image:
    picture = Image.new("L", (SIZE, SIZE), 255)
    ImageDraw.Draw(picture).text((SIZE / 2, SIZE / 2), character, 20, font, anchor="mm")
    return picture.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)


def prepared(characters: str, paths: list[Path]) -> tuple[torch.Tensor, list[str], int]:
    """Images, (n, 28, 28) uint8, the character on each, and how many more the preparation refused."""
    rng = np.random.default_rng(0)
    images, kept, refused = [], [], 0
    for path in paths:
        font = ImageFont.truetype(path, SIZE // 2)
        drawn = TTFont(path, fontNumber=0).getBestCmap()  # of others a font draws a box
        for character in (character for character in characters if ord(character) in drawn):
            picture = write(character, font, rng.normal(0, 3))
            if not np.ptp(picture):
                continue  # left blank
            try:
                images.append(prepare_picture(picture).framed)
                kept.append(character)
            except ValueError:
                refused += 1
    return torch.from_numpy(np.stack(images)), kept, refused


def main(paths: list[Path]) -> None:
    images, characters, lost = prepared("0123456789", paths)
    reading = read_digits(images)
    right = (reading.prediction.digit == torch.tensor([*map(int, characters)])).sum().item()
    total = len(images) + lost
    low, high = accuracy_interval(right / total, total)
    print(f"{len(paths)} fonts: {right} of {total} digits have the right answer, {right / total:.1%} "
          f"({low:.1%} to {high:.1%}); refused {(~reading.is_digit).sum().item() + lost}")  # fmt: skip
    images, characters, told = prepared(NO_DIGITS, paths)
    refused = ~read_digits(images).is_digit
    share = (refused.sum().item() + told) / (len(images) + told)
    print(f"of {len(images) + told} letters and signs {share:.1%} are refused")
    taken = [character for character, is_refused in zip(characters, refused, strict=True) if not is_refused]
    print("taken for digits:", " ".join(f"{c}×{taken.count(c)}" for c in sorted({*taken}, key=taken.count)))


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
