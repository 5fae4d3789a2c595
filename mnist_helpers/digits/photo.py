"""From a photo or drawing of one digit to the 28x28 image that a model trained on MNIST expects."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage
from torch import Tensor

from mnist_helpers.digits.framing import Grey, centre_in_frame, crop_to_ink, fit_to_box

WORKING_SIZE = 280  # longest side in pixels while we look for the ink; larger photos are scaled down
MIN_CONTRAST = 40  # grey levels, of 255, that ink must differ from the paper around it
CLEARER = 1.5  # a single colour is looked at if ink differs from paper this many times more in it
THICK_INK = 0.15  # ink that covers more than this share of the picture comes from a thick pen
SPECK_SHARE = 0.1  # connected ink smaller than this share of the largest piece is dust
FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "GIF", "TIFF")  # of files; others may start other programs
MOST_PIXELS, LONGEST_SIDE = 50_000_000, 20_000  # of a picture that is prepared: about 1 GB of memory
TOO_LARGE = "the picture has too many pixels, or none; make a smaller copy"
HAIRLINE, STROKE = 0.06, 0.12  # widths as shares of the digit's longer side: too thin, and as in MNIST


@dataclass(frozen=True, eq=False)
class PreparedPicture:
    """Every step of the preparation, in order: (h, w) uint8 arrays, the last one 28x28.

    `grey` as photographed; `ink` bright on black; `clean` without shadows and dust; `cropped` to the
    ink, hairlines widened; `boxed` to 20 pixels on its longer side; `framed` by its centre of mass
    in 28x28.
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


def prepare_picture(picture: str | Path | Image.Image | NDArray) -> PreparedPicture:
    """Prepare a picture of one digit the way MNIST's images were: 20x20 box, centre of mass in 28x28.

    Parameters
    ----------
    picture : a PNG or JPEG file, a Pillow image, or an array of shape (h, w) or (h, w, 3), uint8; dark
        ink on light paper or the reverse, any colour and size, the digit anywhere in it.

    Raises
    ------
    TypeError, ValueError
        What was given is no picture, the file is missing, or nothing stands out from the paper.
    """
    grey = to_grey(picture)
    ink = to_ink(grey)
    clean = remove_paper(ink)
    cropped = crop_to_ink(widen_hairlines(clean))
    boxed = fit_to_box(cropped)
    return PreparedPicture(grey, ink, clean, cropped, boxed, centre_in_frame(boxed))


def to_grey(picture: str | Path | Image.Image | NDArray) -> Grey:
    """Open a picture, turn it upright, lay it on paper, and reduce it to (h, w) grey levels.

    Grey is the eye's mixture of red, green and blue, unless the ink is far clearer in one of them:
    yellow ink is nearly white to the eye, but dark in the blue.
    """
    if isinstance(picture, str | Path):
        picture = _open(picture)
    elif isinstance(picture, np.ndarray | Tensor):
        picture = _from_array(picture.numpy(force=True) if isinstance(picture, Tensor) else picture)
    elif not isinstance(picture, Image.Image):
        kind = type(picture).__name__
        raise TypeError(f"a picture's path, a Pillow image or an array is needed, not {kind}")
    if _too_large(*picture.size):
        raise ValueError(TOO_LARGE)
    if picture.mode.startswith(("I", "F")):  # more than 8 bits per pixel, as some scanners write
        levels = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0, neginf=0)
        picture = Image.fromarray((levels * (255 / max(levels.max(), 1))).clip(0, 255).astype(np.uint8))
    upright = _on_paper(ImageOps.exif_transpose(picture).convert("RGBA"))
    grey, *colours = (_shrunk(band, WORKING_SIZE) for band in (upright.convert("L"), *upright.split()))
    clearest = max(colours, key=_contrast)
    return clearest if _contrast(clearest) > CLEARER * _contrast(grey) else grey


def to_ink(grey: Grey) -> Grey:
    """Subtract the paper, shadows included: (h, w) uint8, 0 = paper, bright = ink.

    The paper's brightness around each pixel is the median of a wide neighbourhood, in which a pen
    stroke is the minority. Ink is what differs from it, and from the picture's border, in the
    direction that differs more. A thick pen that fills the picture is no minority; so where there is
    much ink, the paper is the median of those pixels only that are on the paper's side.
    """
    difference = _around(grey) - grey  # positive where darker than the paper
    border = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    darker = difference.max() + border - grey.min()
    lighter = -difference.min() + grey.max() - border
    sign = 1 if darker >= lighter else -1  # -1: light chalk on a dark board
    ink = np.clip(sign * difference, 0, 255)
    for _ in range(3):  # each look finds more of a thick pen's ink, until there is no more to find
        ink_share = (ink > otsu_threshold(ink.astype(np.uint8))).mean()
        if ink_share <= THICK_INK:
            break
        ink = np.clip(sign * (_around(grey, 50 + sign * 50 * ink_share) - grey), 0, 255)
    if ink.max() < MIN_CONTRAST:
        raise ValueError(
            "nothing stands out on this picture; use a dark pen on light paper and fill more of the picture"
        )
    return (ink * (255 / ink.max())).round().astype(np.uint8)


def remove_paper(ink: Grey) -> Grey:
    """Set the paper's grain and specks of dust to 0, and keep the soft edges of the strokes."""
    threshold = otsu_threshold(ink)
    pieces, count = ndimage.label(ink > threshold, structure=np.ones((3, 3)))
    sizes = ndimage.sum_labels(pieces > 0, pieces, index=np.arange(1, count + 1))
    strokes = np.isin(pieces, 1 + np.flatnonzero(sizes >= SPECK_SHARE * sizes.max()))
    near_strokes = ndimage.binary_dilation(strokes, iterations=1)
    return np.where(near_strokes, ink, 0).astype(np.uint8)


def widen_hairlines(clean: Grey) -> Grey:
    """Make the strokes of a thin pen, (h, w) -> (h, w), as wide as MNIST's; others stay as they are.

    Scaled to 20 pixels, a hairline would all but vanish. A stroke is about as wide as its area divided
    by half of its outline.
    """
    strokes = np.pad(clean > otsu_threshold(clean), 1)
    outline = strokes & ~ndimage.binary_erosion(strokes)
    width, side = 2 * strokes.sum() / outline.sum(), max(crop_to_ink(clean).shape)
    if width > HAIRLINE * side:
        return clean
    missing = round(STROKE * side - width)
    return ndimage.grey_dilation(clean, size=(missing + 1, missing + 1))


def otsu_threshold(grey: Grey) -> int:
    """The grey level that best separates dark from bright: it maximises the variance between both.

    Source: Otsu (1979), A threshold selection method from gray-level histograms.
    """
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    levels = np.arange(256)
    dark, bright = counts.cumsum(), counts.sum() - counts.cumsum()
    dark_sum = (counts * levels).cumsum()
    bright_sum = dark_sum[-1] - dark_sum
    means_apart = dark_sum / np.maximum(dark, 1) - bright_sum / np.maximum(bright, 1)
    return int((dark * bright * means_apart**2).argmax())


def _from_array(values: NDArray) -> Image.Image:
    grey_or_colours = values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))
    if values.dtype != np.uint8 or not grey_or_colours or 0 in values.shape:
        raise TypeError(
            f"an array of shape (h, w) or (h, w, 3), uint8 in [0, 255], is needed, not {values.shape}, "
            f"{values.dtype}"
        )
    if _too_large(*values.shape[1::-1]):
        raise ValueError(TOO_LARGE)
    return Image.fromarray(values)


def _open(path: str | Path) -> Image.Image:
    place = Path(path).expanduser()
    if place.is_dir():
        raise ValueError(f"{path} is a folder; name the picture in it")
    if not place.is_file():
        raise ValueError(f"there is no picture at {path}; check the path and the ending")
    Image.init()
    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(place, formats=[name for name in FORMATS if name in Image.OPEN]) as file,
        ):
            file.draft(None, (4 * WORKING_SIZE, 4 * WORKING_SIZE))  # a JPEG can be decoded smaller at once
            if _too_large(*file.size):
                raise Image.DecompressionBombError
            return ImageOps.exif_transpose(file)  # a copy, turned as the camera was held
    except Image.DecompressionBombError:
        raise ValueError(f"{path} has too many pixels; save a smaller copy") from None
    except Exception:  # a damaged picture can fail in any way
        raise ValueError(f"{path} is not a picture that can be read; save it as PNG or JPEG") from None


def _too_large(width: int, height: int) -> bool:
    return not 0 < width * height <= MOST_PIXELS or max(width, height) > LONGEST_SIDE


def _on_paper(picture: Image.Image) -> Image.Image:
    """Lay an RGBA picture on white, or on black if it is see-through and what is drawn on it is light."""
    cover = picture.getchannel("A")
    drawn = _shrunk(cover, WORKING_SIZE).astype(np.float64)
    levels = _shrunk(picture.convert("L"), WORKING_SIZE)
    light = drawn.min() < 128 <= drawn.max() and np.average(levels, weights=drawn) > 128
    paper = Image.new("RGBA", picture.size, "black" if light else "white")
    return Image.alpha_composite(paper, picture).convert("RGB")


def _shrunk(band: Image.Image, longest_side: int, filter: int = Image.Resampling.LANCZOS) -> Grey:
    small = band.copy()
    small.thumbnail((longest_side, longest_side), filter)
    return np.asarray(small)


def _contrast(grey: Grey) -> float:
    """How far the clearest ink is from the paper around it, in grey levels."""
    return float(np.abs(_around(grey) - grey).max())


def _around(grey: Grey, percentile: float = 50) -> NDArray[np.float64]:
    """The median around each pixel, found on a small copy because a wide median is slow."""
    small = _shrunk(Image.fromarray(grey), 40, Image.Resampling.BOX).astype(np.float64)
    paper = Image.fromarray(
        ndimage.percentile_filter(small, percentile, size=25, mode="nearest").astype(np.float32)
    )
    size = grey.shape[1], grey.shape[0]
    return np.asarray(paper.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)
