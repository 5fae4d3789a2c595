"""From a photo or drawing of one digit to the 28x28 image that a model trained on MNIST expects."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from torch import Tensor

from mnist_helpers.framing import Grey, centre_in_frame, crop_to_ink, fit_to_box

WORKING_SIZE = 280  # longest side in pixels while we look for the ink; larger photos are scaled down
MIN_CONTRAST = 40  # grey levels, of 255, that ink must differ from the paper around it
SPECK_SHARE = 0.1  # connected ink smaller than this share of the largest piece is dust


@dataclass(frozen=True)
class PreparedPicture:
    """Every step of the preparation, in order: (h, w) uint8 arrays, the last one 28x28.

    `grey` as photographed; `ink` bright on black; `clean` without shadows and dust; `cropped` to the
    ink; `boxed` to 20 pixels on its longer side; `framed` by its centre of mass in 28x28.
    """

    grey: Grey
    ink: Grey
    clean: Grey
    cropped: Grey
    boxed: Grey
    framed: Grey

    @property
    def image(self) -> Tensor:
        """The framed digit as raw pixels: Tensor of shape (1, 28, 28), uint8."""
        return torch.from_numpy(self.framed.copy())[None]


def prepare_picture(picture: str | Path | Image.Image) -> PreparedPicture:
    """Prepare a picture of one digit the way MNIST's images were: 20x20 box, centre of mass in 28x28.

    Parameters
    ----------
    picture : a PNG or JPEG file, or a Pillow image; dark ink on light paper or the reverse, any
        colour and size, the digit anywhere in it.

    Raises
    ------
    ValueError
        The file is missing or no picture, or nothing on it stands out from the paper.
    """
    grey = to_grey(picture)
    ink = to_ink(grey)
    clean = remove_paper(ink)
    cropped = crop_to_ink(clean)
    boxed = fit_to_box(cropped)
    return PreparedPicture(grey, ink, clean, cropped, boxed, centre_in_frame(boxed))


def to_grey(picture: str | Path | Image.Image) -> Grey:
    """Open a picture, turn it upright, lay it on white, and reduce it to (h, w) grey levels."""
    if not isinstance(picture, Image.Image):
        try:
            picture = Image.open(picture)
            picture.load()
        except FileNotFoundError:
            raise ValueError(f"there is no picture at {picture}; check the path and the ending") from None
        except (UnidentifiedImageError, OSError):
            raise ValueError(f"{picture} is not a picture that can be read; save it as PNG or JPEG") from None
    picture = ImageOps.exif_transpose(picture).convert("RGBA")
    upright = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("L")
    upright.thumbnail((WORKING_SIZE, WORKING_SIZE), Image.Resampling.LANCZOS)
    return np.asarray(upright)


def to_ink(grey: Grey) -> Grey:
    """Subtract the paper, shadows included: (h, w) uint8, 0 = paper, bright = ink.

    The paper's brightness around each pixel is the median of a wide neighbourhood, in which a pen
    stroke is always the minority. Ink is what differs from it, in the direction that differs more.
    """
    paper = _local_median(grey)
    difference = paper - grey.astype(np.float64)  # positive where darker than the paper
    if -difference.min() > difference.max():  # light chalk on a dark board
        difference = -difference
    if difference.max() < MIN_CONTRAST:
        raise ValueError(
            "nothing stands out on this picture; use a dark pen on light paper and fill more of the picture"
        )
    return np.clip(difference * (255 / difference.max()), 0, 255).round().astype(np.uint8)


def remove_paper(ink: Grey) -> Grey:
    """Set the paper's grain and specks of dust to 0, and keep the soft edges of the strokes."""
    threshold = otsu_threshold(ink)
    pieces, count = ndimage.label(ink > threshold, structure=np.ones((3, 3)))
    sizes = ndimage.sum_labels(pieces > 0, pieces, index=np.arange(1, count + 1))
    strokes = np.isin(pieces, 1 + np.flatnonzero(sizes >= SPECK_SHARE * sizes.max()))
    near_strokes = ndimage.binary_dilation(strokes, iterations=1)
    return np.where(near_strokes, ink, 0).astype(np.uint8)


def otsu_threshold(grey: Grey) -> int:
    """The grey level that best separates dark from bright: it maximises the variance between both.

    Source: Otsu (1979), A threshold selection method from gray-level histograms.
    """
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    levels = np.arange(256)
    dark, bright = counts.cumsum(), counts.sum() - counts.cumsum()
    dark_sum = (counts * levels).cumsum()
    bright_sum = dark_sum[-1] - dark_sum
    with np.errstate(invalid="ignore", divide="ignore"):
        between = dark * bright * (dark_sum / dark - bright_sum / bright) ** 2
    return int(np.nanargmax(between))


def _local_median(grey: Grey) -> NDArray[np.float64]:
    """The paper's brightness at each pixel, found on a small copy because a wide median is slow."""
    small = Image.fromarray(grey)
    small.thumbnail((40, 40), Image.Resampling.BOX)
    paper = ndimage.median_filter(np.asarray(small, dtype=np.float64), size=25, mode="nearest")
    size = grey.shape[1], grey.shape[0]
    return np.asarray(
        Image.fromarray(paper.astype(np.float32)).resize(size, Image.Resampling.BICUBIC), dtype=np.float64
    )
