"""A folder of your own pictures, each named by its digit: prepared, or refused with the reason."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits.photo import prepare_picture

HOW_TO_NAME = (
    "put each picture into a subfolder named 0 to 9, or begin its name with its digit and then something "
    "else: 7_anna.jpg"
)
NOT_FOR_PILLOW = {".heic", ".heif", ".dng", ".svg"}  # they are named rather than passed over


@dataclass(frozen=True, eq=False)
class OwnPictures:
    """What a folder held.

    Attributes
    ----------
    paths : of the n pictures that were prepared.
    images : Tensor of shape (n, 28, 28), uint8, as a model wants them.
    labels : their digits, int64 Tensor of shape (n,).
    refused : pictures of a digit that could not be prepared, and the sentence that says why.
    unnamed : pictures whose digit nothing tells.
    """

    paths: list[Path]
    images: Tensor
    labels: Tensor
    refused: dict[Path, str]
    unnamed: list[Path]


def read_folder(folder: str | Path) -> OwnPictures:
    """Prepare every picture in a folder, and in its subfolders.

    A picture's digit is the name of the subfolder it lies in (0 to 9), or else the digit that its own name
    begins with, if no second digit follows: `7.png`, `7b.jpg` and `7_anna.jpg` are sevens, `71.jpg` is not.
    What is hidden, by a name that begins with a dot, is no picture: a Mac packs `._7.png` beside `7.png`.

    Raises
    ------
    ValueError
        There is no such folder, or no picture in it whose digit is told, or a folder that may not be read.
    """
    folder = Path(os.path.expanduser(folder))  # noqa: PTH111 - Path's own raises where that is nobody's home
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; {HOW_TO_NAME}")
    endings = set(Image.registered_extensions()) | NOT_FOR_PILLOW
    pictures = []
    for inner, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(inner, name) for name in files if not name.startswith("."))
        pictures += [path for path in paths if path.suffix.lower() in endings]
    pictures.sort()
    named = {path: digit for path in pictures if (digit := digit_of(path, folder)) is not None}
    if not named:
        raise ValueError(f"no picture in {folder} tells its digit; {HOW_TO_NAME}")
    images, refused = {}, {}
    for path in named:
        try:
            images[path] = prepare_picture(path).image
        except ValueError as error:
            refused[path] = str(error)
    empty = torch.zeros((0, IMAGE_SIZE, IMAGE_SIZE), dtype=torch.uint8)
    return OwnPictures(
        list(images), torch.cat([empty, *images.values()]),
        torch.tensor([named[path] for path in images], dtype=torch.int64),
        refused, [path for path in pictures if path not in named],
    )  # fmt: skip


def _refuse(error: OSError) -> None:
    raise ValueError(f"the folder {error.filename} cannot be read ({error.strerror}); allow it, or move it")


def digit_of(path: Path, folder: Path) -> int | None:
    """The digit that a picture in `folder` is named by, or None."""
    if path.parent != folder and re.fullmatch("[0-9]", path.parent.name):
        return int(path.parent.name)
    found = re.match("[0-9](?![0-9])", path.name)
    return int(found[0]) if found else None
