"""From a photo or drawing of one digit to the 28x28 image that a model trained on MNIST expects."""

import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageStat
from torch import Tensor

from mnist_helpers.digits.framing import Grey, centre_in_frame, crop_to_ink, fit_to_box, shrink
from mnist_helpers.digits.ink import contrast, remove_paper, require_one_digit, to_ink, widen_hairlines

WORKING_SIZE = 280  # longest side in pixels while we look for the ink; larger photos are scaled down
CLEARER = 1.5  # a single colour is looked at if ink differs from paper this many times more in it
FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "GIF", "TIFF")  # of files; others may start other programs
MOST_PIXELS, LONGEST_SIDE = 50_000_000, 20_000  # of a picture that is prepared: about 1 GB of memory
TOO_LARGE = "the picture has too many pixels, or none; make a smaller copy"


@dataclass(frozen=True, eq=False)
class PreparedPicture:
    """Every step of the preparation, in order: (h, w) uint8 arrays, the last one 28x28.

    `grey` as photographed; `ink` bright on black; `clean` without printed lines and dust; `cropped` to
    the ink, hairlines widened; `boxed` to 20 pixels on its longer side; `framed` by its centre of mass
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

    The app does the same in JavaScript (`app/site/photo.js`).

    Parameters
    ----------
    picture : a PNG or JPEG file, a Pillow image, or an array of shape (h, w) or (h, w, 3), uint8; dark
        ink on light paper or the reverse, any colour and size, the digit anywhere in it.

    Raises
    ------
    TypeError, ValueError
        What was given is no picture, or the file is missing; nothing stands out from the paper, the ink is
        too pale, or there seem to be several digits.
    """
    grey = to_grey(picture)
    ink = to_ink(grey)
    clean = remove_paper(ink)
    require_one_digit(clean)
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
        picture = _from_array(picture)
    elif not isinstance(picture, Image.Image):
        kind = type(picture).__name__
        raise TypeError(f"a picture's path, a Pillow image or an array is needed, not {kind}")
    if 0 in picture.size:
        raise ValueError(f"the picture has no pixels: {picture.size[0]} × {picture.size[1]}")
    if _too_large(*picture.size):
        raise ValueError(TOO_LARGE)
    try:
        picture.load()
    except (OSError, ValueError, AssertionError, AttributeError):  # its file is cut, or closed already
        raise ValueError("the picture cannot be read any more; open it again, or save it anew") from None
    if picture.mode.startswith(("I", "F")):  # more than 8 bits per pixel, as some scanners write
        levels = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0, neginf=0)
        picture = Image.fromarray((levels * (255 / max(levels.max(), 1))).clip(0, 255).astype(np.uint8))
    upright = _on_paper(_turned(picture).convert("RGBA"))
    bands = upright.convert("L"), *upright.split()
    grey, *colours = (shrink(band, WORKING_SIZE, Image.Resampling.LANCZOS) for band in bands)
    clearest = max(colours, key=contrast)
    return clearest if contrast(clearest) > CLEARER * contrast(grey) else grey


def _from_array(given: NDArray | Tensor) -> Image.Image:
    try:
        values = given.numpy(force=True) if isinstance(given, Tensor) else given
    except (TypeError, RuntimeError):  # sparse, or of numbers that NumPy has not
        kind = str(given.dtype).removeprefix("torch.")
        raise TypeError(f"a plain tensor or array, uint8 in [0, 255], is needed, not one of {kind}") from None
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
    there = False
    with suppress(OSError, RuntimeError):  # a path that cannot be, or of nobody's home
        place = Path(path).expanduser()
        if place.is_dir():
            raise ValueError(f"{path} is a folder; name the picture in it")
        there = place.is_file()
    if not there:
        raise ValueError(f"there is no picture at {path}; check the path and the ending")
    Image.init()
    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(place, formats=[name for name in FORMATS if name in Image.OPEN]) as file,
        ):
            if _too_large(*file.size):
                raise Image.DecompressionBombError
            return _turned(file)
    except Image.DecompressionBombError:
        raise ValueError(f"{path} has too many pixels; save a smaller copy") from None
    except PermissionError as error:
        raise ValueError(f"{path} may not be read ({error.strerror}); copy it, or allow it") from None
    except Exception:  # a damaged picture can fail in any way
        raise ValueError(f"{path} is not a picture that can be read; save it as PNG or JPEG") from None


def _turned(picture: Image.Image) -> Image.Image:
    """A copy, turned as the camera was held, if what the camera noted of that can be read."""
    picture.load()
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # notes that are damaged can fail in any way
        return picture.copy()


def _too_large(width: int, height: int) -> bool:
    return not 0 < width * height <= MOST_PIXELS or max(width, height) > LONGEST_SIDE


def _on_paper(picture: Image.Image) -> Image.Image:
    """Lay an RGBA picture on white, or on black if it is see-through and what is drawn on it is light."""
    cover = picture.getchannel("A")
    least, most = cover.getextrema()
    if least == 255:
        return picture.convert("RGB")
    on_black = Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture).convert("RGB")
    drawn = ImageStat.Stat(cover).sum[0] / 255  # pixels, the half-covered ones counted as halves
    if least < 128 <= most and ImageStat.Stat(on_black.convert("L")).sum[0] > 128 * drawn:  # type: ignore[operator]
        return on_black
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
