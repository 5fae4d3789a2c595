"""The drawings that somebody corrected in the app, as the file that it saves."""

import base64
import json
from pathlib import Path

import torch

from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES
from mnist_helpers.preprocessing import Split
from mnist_helpers.storage import with_home

FORMAT = 1  # site/memory.js writes the same number
MOST_BYTES = 10_000_000  # about nine thousand drawings
REMEDY = "save it from the app again"


def read_hand(path: str | Path) -> Split:
    """The drawings in a file that the app saved: images of shape (n, 784) in [0, 1], and their digits.

    Raises
    ------
    ValueError
        There is no such file, or it holds anything else than such drawings.
    """
    path = with_home(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path.name} is larger than any file of drawings; {REMEDY}")
        described = json.loads(path.read_bytes())
        if described["format"] != FORMAT:
            raise ValueError(f"{path.name} is of another version of the app; {REMEDY}")
        digits = [drawing["digit"] for drawing in described["drawings"]]
        pictures = [base64.b64decode(drawing["image"], validate=True) for drawing in described["drawings"]]
    except OSError:
        raise ValueError(f"there is no file {path}; save your drawings in the app first") from None
    except (KeyError, TypeError, AttributeError, RecursionError, ValueError) as error:
        if str(error).endswith(REMEDY):
            raise
        raise ValueError(f"{path.name} is not a file of drawings; {REMEDY}") from None
    if not all(type(digit) is int and 0 <= digit < NUM_CLASSES for digit in digits):
        raise ValueError(f"{path.name} names a digit that is none; {REMEDY}")
    if not pictures or {len(picture) for picture in pictures} != {IMAGE_SIZE**2}:
        raise ValueError(f"{path.name} holds no drawings of {IMAGE_SIZE}×{IMAGE_SIZE} pixels; {REMEDY}")
    pixels = torch.frombuffer(bytearray(b"".join(pictures)), dtype=torch.uint8)
    return Split(pixels.reshape(-1, IMAGE_SIZE**2) / 255, torch.tensor(digits))
