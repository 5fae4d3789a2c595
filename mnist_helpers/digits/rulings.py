"""Find and erase the printed lines of ruled and squared paper: thin, straight, and across the whole page."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_helpers.digits.framing import Grey

SMALLEST = 60  # pixels on the shorter side; a smaller picture does not show lines apart from strokes
THICKEST = 5  # pixels across, which no printed line reaches on a picture of 280 pixels
FAINTEST = 20  # grey levels of 255 by which a line is brighter than what is above and below it
COVERED = 0.7  # the share of its way across the page on which a line is seen
STEEPEST = 0.1  # how far a line rises or falls, as a share of the page's width
FEW = 3  # fewer lines than this could be strokes, so they must be much longer than the rest of the ink
CLEAR = 150  # grey levels: ink that bright is written; where nothing else is, one or two lines are the digit


def remove_rulings(ink: Grey) -> Grey:
    """Erase printed lines from ink, (h, w) uint8 with 0 = paper; strokes that cross them stay.

    Two lines or fewer are erased only if they reach far beyond the rest of the ink. Where there are no lines,
    the ink itself is returned.
    """
    if min(ink.shape) < SMALLEST:
        return ink
    across, number = _erase_level_lines(ink)
    upright, more = _erase_level_lines(np.ascontiguousarray(across.T))
    erased = np.ascontiguousarray(upright.T)
    if number + more == 0 or (number + more < FEW and not _much_smaller(erased, number, more)):
        return ink
    return _without_crumbs(erased)


def _without_crumbs(ink: Grey) -> Grey:
    """Erase pieces that are thinner than 3 pixels all over, unless everything is."""
    pieces, _ = ndimage.label(ink > FAINTEST, np.ones((3, 3)))
    thick = np.unique(pieces[ndimage.grey_opening(ink, size=(3, 3)) > FAINTEST])
    return np.where(np.isin(pieces, thick), ink, 0) if len(thick) else ink


def _much_smaller(rest: Grey, level: int, upright: int) -> bool:
    """Whether the rest of the ink is far from as wide (high) as the level (upright) lines are long."""
    if rest.max() < CLEAR:
        return False
    places = np.nonzero(rest > 255 // 4)
    sizes = [np.ptp(place) + 1 if len(place) else 0 for place in places]
    return (not level or sizes[1] < 0.6 * rest.shape[1]) and (not upright or sizes[0] < 0.6 * rest.shape[0])


def _erase_level_lines(ink: Grey) -> tuple[Grey, int]:
    """Erase the lines that run about level, and say how many there were."""
    without_thin = ndimage.grey_opening(ink, size=(THICKEST, 1), mode="constant")
    thin = ink - without_thin > FAINTEST  # opened is never above ink; so this does not wrap
    lines = level_lines(thin, hidden=without_thin > FAINTEST)
    if not lines:
        return ink, 0
    band = np.zeros(ink.shape, dtype=bool)
    columns = np.arange(ink.shape[1])
    for row, fall in lines:
        middle = row + np.round(fall * (columns / ink.shape[1] - 0.5)).astype(int)
        for near in range(-THICKEST // 2, THICKEST // 2 + 2):
            inside = (middle + near >= 0) & (middle + near < ink.shape[0])
            band[(middle + near)[inside], columns[inside]] = True
    erase = band & ndimage.binary_dilation(thin, np.ones((3, 1)))
    erased = np.where(erase, without_thin, ink)
    return np.where(band, ndimage.grey_opening(erased, size=(2, 2)), erased), len(lines)  # no crumbs of lines


def level_lines(thin: NDArray[np.bool_], hidden: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Straight lines across a page: pairs of a row (at its middle) and a fall from left to right, in pixels.

    Every row and fall is tried, and the share of the way on which there is something thin is counted, where
    no stroke hides it; that is a Hough transform for lines that are nearly level.

    Parameters
    ----------
    thin, hidden : (h, w), True where something thin is, and where something thick is.
    """
    height, width = thin.shape
    if thin.sum() < COVERED * width:
        return []
    steepest = round(STEEPEST * width)
    margin = steepest // 2 + 1
    near = ndimage.binary_dilation(thin, np.ones((3, 1))).astype(np.float32)
    outside = ((margin, margin), (0, 0))
    near, visible = np.pad(near, outside), np.pad((~hidden).astype(np.float32), outside)
    falls = range(-steepest, steepest + 1, 2)
    columns, rows = np.arange(width), np.arange(margin, margin + height)[:, None]
    shares = np.zeros((len(falls), height))
    for share, fall in zip(shares, falls, strict=True):
        way = rows + np.round(fall * (columns / width - 0.5)).astype(int), columns
        share[:] = near[way].sum(axis=1) / np.maximum(visible[way].sum(axis=1), width / 2)
    best, lines = shares.max(axis=0), []
    while best.max() >= COVERED:
        row = int(best.argmax())
        lines.append((row, falls[int(shares[:, row].argmax())]))
        best[max(row - THICKEST, 0) : row + THICKEST + 1] = 0
    return lines
