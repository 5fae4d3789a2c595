"""Bring a digit into MNIST's frame: a 20x20 box, centred by its mass in 28x28 pixels.

MNIST's authors scaled every digit to fit a 20x20 box, keeping its proportions, and shifted its
centre of mass to the centre of the 28x28 image (LeCun et al. 1998, https://doi.org/10.1109/5.726791).
A model trained on MNIST expects new pictures to be framed in the same way.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import center_of_mass

from mnist_helpers.checks import IMAGE_SIZE

BOX_SIZE = 20

Grey = NDArray[np.uint8]


def crop_to_ink(ink: Grey) -> Grey:
    """Cut the empty margins off: (h, w) uint8, 0 = paper, to the smallest box that holds all ink."""
    _require_ink(ink)
    rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_to_box(ink: Grey) -> Grey:
    """Resize (h, w) so that the longer side becomes 20 pixels; the proportions are kept."""
    _require_ink(ink)
    height, width = ink.shape
    scale = BOX_SIZE / max(height, width)
    boxed = max(1, round(width * scale)), max(1, round(height * scale))
    return _resize(Image.fromarray(ink), boxed, Image.Resampling.LANCZOS, covered=(width, height))


def shrink(picture: Image.Image, longest_side: int, filter: Image.Resampling) -> Grey:
    """Make a grey picture smaller, (h, w) uint8, as Pillow's `thumbnail` does; a small one stays as it is.

    A large one is first reduced to the means of whole squares of pixels, which is fast.
    """
    scale = longest_side / max(picture.size)
    if scale >= 1:
        return np.asarray(picture)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    square = max(1, int(1 / scale / 2))
    covered = picture.width / square, picture.height / square  # the last squares may not be whole
    return _resize(picture.reduce(square), (width, height), filter, covered)


def _resize(
    picture: Image.Image, size: tuple[int, int], filter: Image.Resampling, covered: tuple[float, float]
) -> Grey:
    """Resize the covered (width, height) of a picture, the width first.

    In two steps, because Pillow 13 begins with the height of some pictures, and others do not. The result
    differs by a few grey levels, and the app's JavaScript gives the same as this.
    """
    narrow = picture.resize((size[0], picture.height), filter, (0, 0, covered[0], picture.height))
    return np.asarray(narrow.resize(size, filter, (0, 0, size[0], covered[1])))


def centre_in_frame(ink: Grey) -> Grey:
    """Place (h, w) in a frame of (28, 28), its centre of mass in the middle.

    The middle is pixel 14 of 0..27, met to half a pixel because whole pixels are moved. So it is in
    MNIST, too: all but 2 of its 70,000 centres of mass lie between 13.5 and 14.5.
    """
    _require_ink(ink)
    if max(ink.shape) > IMAGE_SIZE:
        raise ValueError(f"ink of shape {ink.shape} is larger than the frame; call fit_to_box first")
    frame = np.zeros((IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    top, left = (
        min(max(round(IMAGE_SIZE / 2 - centre), 0), IMAGE_SIZE - length)
        for centre, length in zip(center_of_mass(ink), ink.shape, strict=True)
    )
    frame[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return frame


def prepare_drawing(ink: Grey) -> Grey:
    """Frame clean ink, (h, w) uint8 with 0 = paper, as MNIST's digits are framed: (28, 28) uint8.

    This is for ink that never was on paper: strokes on a canvas. The drawing app does the same in
    JavaScript (`app/site/preparation.js`). For a photo there is `prepare_picture`.

    Raises
    ------
    TypeError, ValueError
        The drawing is no such array, or empty.
    """
    return centre_in_frame(fit_to_box(crop_to_ink(ink)))


def check_grey(picture: Grey, what: str = "ink") -> None:
    """Raise TypeError unless that is an array of shape (h, w), uint8, with a pixel in it."""
    if not isinstance(picture, np.ndarray) or picture.ndim != 2 or picture.dtype != np.uint8:
        dtype, shape = (getattr(picture, name, "") for name in ("dtype", "shape"))
        kind = f"{dtype or type(picture).__name__} {shape}".strip()
        raise TypeError(f"{what} must be a NumPy array of shape (h, w), uint8, not {kind}")


def _require_ink(ink: Grey) -> None:
    check_grey(ink)
    if not ink.any():
        raise ValueError("there is no ink: the drawing is empty; draw a digit first")
