"""Tell a digit's ink from the paper it was written on: shadows, grain, dust, printed lines, other digits."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnist_helpers.digits.framing import Grey, check_grey, crop_to_ink, shrink
from mnist_helpers.digits.rulings import CLEAR, remove_rulings

# How far ink must differ from the paper around it, in grey levels of 255: so many times the paper's noise,
# but at least and at most so much. What is clear needs no further look; what is paler must look like strokes.
NOISES, MIN_CONTRAST, CLEAR_CONTRAST = 6, 12, 40
THICK_INK = 0.15  # ink that covers more than this share of the picture comes from a thick pen
PALEST_INK = 76  # 0.3 * 255: what is paler than this share of the darkest ink is paper
SPECK_SHARE = 0.1  # connected ink smaller than this share of the largest piece is dust
GAP = 0.012  # of the picture's longer side: pieces nearer than twice this are parts of one broken stroke
DUST = 0.04  # of the picture's longer side: a picture without anything larger is empty
HAIRLINE, STROKE = 0.06, 0.12  # widths as shares of the digit's longer side: too thin, and as in MNIST
WIDEST, TALL = 1.6, 0.65  # a digit's width over its height; the height of a piece that is a digit by itself
MOST_PIECES = 6
TOUCHING = np.ones((3, 3))  # pixels that share a corner belong together

NOTHING = "nothing stands out on this picture; use a dark pen on light paper and fill more of the picture"
SEVERAL = "there seem to be several digits on this picture; photograph one, with nothing beside it"


def to_ink(grey: Grey) -> Grey:
    """Subtract the paper, shadows included: (h, w) uint8, 0 = paper, bright = ink.

    The paper's brightness around each pixel is the median of a wide neighbourhood, in which a pen
    stroke is the minority. Ink is what differs from it, and from the picture's border, in the
    direction that differs more. A thick pen that fills the picture is no minority; so where there is
    much ink, the paper is the median of those pixels only that are on the paper's side.

    Raises
    ------
    ValueError
        Nothing differs from the paper by more than its grain does, or what does is too pale to be read.
    """
    check_grey(grey, "grey")
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
    _require_contrast(ink, noise=1.4826 * np.median(np.abs(difference - np.median(difference))))
    return (ink * (255 / ink.max())).round().astype(np.uint8)


def _require_contrast(ink: NDArray[np.float64], noise: float) -> None:
    """Raise unless the ink stands out from paper with grain of that spread (one standard deviation)."""
    needed = min(max(NOISES * noise, MIN_CONTRAST), CLEAR_CONTRAST)
    found = ink.max()
    if found >= CLEAR_CONTRAST or (found >= needed and _looks_written(ink)):
        return
    if found < needed and found > needed / 2 and _looks_written(ink):
        raise ValueError(
            f"what is on this picture is too pale: {found:.0f} grey levels from its paper, and {needed:.0f} "
            "are needed; use a darker pen, or more light"
        )
    raise ValueError(NOTHING)


def _looks_written(ink: NDArray[np.float64]) -> bool:
    """Whether what stands out is mainly one thing, larger than a speck and smaller than the page."""
    smooth = ndimage.uniform_filter(ink, 3)
    if not (out := smooth > smooth.max() / 2).any():
        return False
    pieces, _ = ndimage.label(out, TOUCHING)
    largest = np.bincount(pieces.ravel())[1:].argmax() + 1
    return (
        (pieces == largest).sum() > 0.5 * out.sum()
        and _extent(pieces == largest) > 2 * DUST * max(ink.shape)
        and out.mean() < 0.3
    )


def remove_paper(ink: Grey) -> Grey:
    """Set the paper's grain, its printed lines and specks of dust to 0, and keep the strokes' soft edges.

    Raises
    ------
    ValueError
        Nothing is left: the picture shows lines and dust alone.
    """
    check_grey(ink)
    rest = remove_rulings(ink)
    if rest is not ink:
        if rest.max() < CLEAR and not _looks_written(rest.astype(np.float64)):
            raise ValueError(NOTHING)
        ink = (rest * (255 / rest.max())).round().astype(np.uint8)
    written = ink > ink_threshold(ink)
    bridged = ndimage.binary_dilation(written, iterations=max(1, round(GAP * max(ink.shape))))
    pieces, count = ndimage.label(bridged, TOUCHING)  # a broken stroke is one piece
    sizes = ndimage.sum_labels(written, pieces, index=np.arange(1, count + 1))
    if not count or _extent(written & (pieces == 1 + sizes.argmax())) < DUST * max(ink.shape):
        raise ValueError(NOTHING)
    strokes = written & np.isin(pieces, 1 + np.flatnonzero(sizes >= SPECK_SHARE * sizes.max()))
    near_strokes = ndimage.binary_dilation(strokes, iterations=1)
    return np.where(near_strokes, ink, 0).astype(np.uint8)


def require_one_digit(clean: Grey) -> None:
    """Raise ValueError if clean ink, (h, w) uint8, seems to be more than one digit: wide, or side by side."""
    height, width = crop_to_ink(clean).shape
    pieces, _ = ndimage.label(clean > ink_threshold(clean), TOUCHING)
    sizes = np.bincount(pieces.ravel())[1:]
    boxes = ndimage.find_objects(pieces)
    large = [box for box, size in zip(boxes, sizes, strict=True) if size >= SPECK_SHARE * sizes.max()]
    tall = sorted((x.start, x.stop) for y, x in large if y.stop - y.start >= TALL * height)
    beside = any(right[0] >= left[1] for left, right in pairwise(tall))
    if width > WIDEST * height or beside or len(large) > MOST_PIECES:
        raise ValueError(SEVERAL)


def widen_hairlines(clean: Grey) -> Grey:
    """Make the strokes of a thin pen, (h, w) -> (h, w), as wide as MNIST's; others stay as they are.

    Scaled to 20 pixels, a hairline would all but vanish. A stroke is about as wide as its area divided
    by half of its outline. It is drawn again with a round pen.
    """
    strokes = np.pad(clean > ink_threshold(clean), 1)
    outline = strokes & ~ndimage.binary_erosion(strokes)
    width, side = 2 * strokes.sum() / outline.sum(), max(crop_to_ink(clean).shape)
    if width > HAIRLINE * side:
        return clean
    radius = max(1, (STROKE * side - width) / 2)
    reach = np.arange(-int(radius), int(radius) + 1)
    return ndimage.grey_dilation(clean, footprint=np.hypot(reach, reach[:, None]) <= radius)


def ink_threshold(ink: Grey) -> int:
    """The grey level above which a pixel counts as ink: Otsu's, but never among the palest."""
    return max(otsu_threshold(ink), PALEST_INK)


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


def contrast(grey: Grey) -> float:
    """How far the clearest ink is from the paper around it, in grey levels."""
    return float(np.abs(_around(grey) - grey).max())


def _around(grey: Grey, percentile: float = 50) -> NDArray[np.float64]:
    """The median around each pixel, found on a small copy because a wide median is slow."""
    small = shrink(Image.fromarray(grey), 40, Image.Resampling.BOX).astype(np.float64)
    paper = Image.fromarray(
        ndimage.percentile_filter(small, percentile, size=25, mode="nearest").astype(np.float32)
    )
    size = grey.shape[1], grey.shape[0]
    return np.asarray(paper.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)


def _extent(mask: NDArray[np.bool_]) -> np.integer:
    """The longer side of the box around what is true."""
    return max(np.ptp(places) + 1 for places in np.nonzero(mask))
