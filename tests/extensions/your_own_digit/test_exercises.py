"""Exercises of your_own_digit: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import torch
from scipy import ndimage
from verdicts import assert_verdict, each_answer, right, wrong

from mnist_helpers.digits import to_ink
from mnist_helpers.extensions.your_own_digit.exercises import (
    DARK_BOARD,
    LIGHT_PAPER,
    MISSING,
    check_centre_of_mass,
    check_crop_with_margin,
    check_dark_on_light,
    check_missing_steps,
    grey_photo,
    unfinished_picture,
)


def by_median(grey):
    return np.median(grey) > (float(grey.min()) + float(grey.max())) / 2


def by_mean(grey):
    return bool(abs(grey.mean() - grey.min()) > abs(grey.max() - grey.mean()))


def by_border(grey):
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return border.mean() > grey.mean()


def by_counting(grey):
    middle = (int(grey.min()) + int(grey.max())) // 2
    return torch.tensor((grey > middle).sum() > (grey <= middle).sum())


def crop(ink, margin):
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    top, left = max(0, rows[0] - margin), max(0, columns[0] - margin)
    return ink[top : rows[-1] + margin + 1, left : columns[-1] + margin + 1]


def crop_by_slices(ink, margin):
    rows, columns = ndimage.find_objects((ink > 0).astype(int))[0]
    return ink[
        max(rows.start - margin, 0) : min(rows.stop + margin, ink.shape[0]),
        max(columns.start - margin, 0) : min(columns.stop + margin, ink.shape[1]),
    ].copy()


def crop_to_tensor(ink, margin):
    rows, columns = np.nonzero(ink)
    height, width = ink.shape
    keep_rows = np.arange(max(rows.min() - margin, 0), min(rows.max() + margin, height - 1) + 1)
    keep_columns = np.arange(max(columns.min() - margin, 0), min(columns.max() + margin, width - 1) + 1)
    return torch.from_numpy(ink[np.ix_(keep_rows, keep_columns)])


def edges(ink):
    rows, columns = np.nonzero(ink)
    return rows.min(), rows.max(), columns.min(), columns.max()


def without_margin(ink, margin):
    return crop(ink, 0)


def last_ones_lost(ink, margin):
    top, bottom, left, right = edges(ink)
    return ink[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin]


def last_column_lost(ink, margin):
    top, bottom, left, right = edges(ink)
    return ink[max(top - margin, 0) : bottom + margin + 1, max(left - margin, 0) : right + margin]


def wraps(ink, margin):
    top, bottom, left, right = edges(ink)
    return ink[top - margin : bottom + margin + 1, left - margin : right + margin + 1]


def padded(ink, margin):
    return np.pad(crop(ink, 0), margin)


def transposed(ink, margin):
    return crop(ink, margin).T


def rows_only(ink, margin):
    top, bottom, _, _ = edges(ink)
    return ink[max(top - margin, 0) : bottom + margin + 1]


def one_sided(ink, margin):
    top, bottom, left, right = edges(ink)
    return ink[top : bottom + 1 + margin, left : right + 1 + margin]


def overwritten(ink, margin):
    result = crop(ink, margin).copy()
    ink[:] = 0
    return result


def by_loop(ink):
    total = row = column = 0
    for (r, c), value in np.ndenumerate(ink):
        total, row, column = total + int(value), row + r * int(value), column + c * int(value)
    return [row / total, column / total]


def by_margins(ink):
    ink = torch.from_numpy(ink).double()
    rows, columns = (torch.arange(length).double() for length in ink.shape)
    return torch.stack([ink.sum(1) @ rows, ink.sum(0) @ columns]) / ink.sum()


def by_average(ink):
    return tuple(np.average(places, weights=ink) for places in np.indices(ink.shape))


def unweighted(ink):
    return np.argwhere(ink).mean(axis=0)


def middle_of_box(ink):
    top, bottom, left, right = edges(ink)
    return (top + bottom) / 2, (left + right) / 2


def middle_of_picture(ink):
    return ink.shape[0] / 2, ink.shape[1] / 2


def counted_from_one(ink):
    row, column = by_average(ink)
    return row + 1, column + 1


def not_divided(ink):
    rows, columns = np.indices(ink.shape)
    return (ink * rows).sum(), (ink * columns).sum()


def brightest(ink):
    return np.unravel_index(ink.argmax(), ink.shape)


ANSWERS = {
    check_dark_on_light: [
        *map(right, (by_median, by_mean, by_border, by_counting)),
        wrong(lambda grey: grey.mean() > 127, gentle="dim light", concrete="not with a fixed number"),
        wrong(lambda grey: np.median(grey) > 80, gentle="dim light", concrete="not with a fixed number"),
        wrong(lambda grey: (grey > 127).mean() > 0.5, gentle="dim light"),
        wrong(lambda grey: grey[0, 0] > 100, gentle="dim light"),
        wrong(lambda grey: not by_median(grey), gentle="wrong way round", concrete="darker than the paper"),
        wrong(lambda grey: True, gentle="same of every photo", concrete="says True"),
        wrong(lambda grey: False, gentle="same of every photo", concrete="says False"),
        wrong(lambda grey: "dark", gentle="yes or a no", concrete="'dark'"),
        wrong(lambda grey: grey > 127, gentle="yes or a no", concrete="True or False"),
        wrong(lambda grey: grey.mean(), gentle="yes or a no", concrete="True or False"),
    ],
    check_crop_with_margin: [
        *map(right, (crop, crop_by_slices, crop_to_tensor)),
        wrong(without_margin, gentle="margin is missing", concrete="four sides"),
        wrong(last_ones_lost, gentle="cut off", concrete="stops before its end"),
        wrong(last_column_lost, gentle="cut off", concrete="stops before its end"),
        wrong(wraps, gentle="not at its edge", concrete="below 0"),
        wrong(padded, gentle="not at its edge", concrete="nothing to add"),
        wrong(transposed, gentle="Rows or columns", concrete="Rows come first"),
        wrong(rows_only, gentle="shape", concrete="margin on each side"),
        wrong(one_sided, gentle="shape", concrete="margin on each side"),
        wrong(lambda ink, margin: crop(np.where(ink > 50, ink, 0), margin), gentle="shape"),
        wrong(lambda ink, margin: crop(ink * (np.arange(ink.shape[1]) < 14), margin), gentle="shape"),
        wrong(lambda ink, margin: 255 - crop(ink, margin), gentle="not the box", concrete="as they are"),
        wrong(overwritten, gentle="changes what it was given"),
        wrong(lambda ink, margin: edges(ink), gentle="rows and columns", concrete="(h, w)"),
    ],
    check_centre_of_mass: [
        *map(right, (ndimage.center_of_mass, by_loop, by_margins, by_average)),
        wrong(lambda ink: by_average(ink)[::-1], gentle="order", concrete="Row first"),
        wrong(unweighted, gentle="bright pixels weigh more", concrete="weigh each"),
        wrong(middle_of_box, gentle="middle of the picture or of the box", concrete="A 7"),
        wrong(middle_of_picture, gentle="middle of the picture or of the box", concrete="A 7"),
        wrong(counted_from_one, gentle="One off", concrete="from 0"),
        wrong(not_divided, gentle="outside", concrete="Divide"),
        wrong(brightest, gentle="not the centre of mass yet", concrete="you say"),
        wrong(lambda ink: by_average(ink.astype(float) ** 2), gentle="not the centre of mass yet"),
        wrong(lambda ink: np.round(by_average(ink)), gentle="not the centre of mass yet"),
        wrong(lambda ink: by_average(ink)[0], gentle="Two parts", concrete="(row, column)"),
        wrong(lambda ink: (3.0, 4.0), gentle="not the centre of mass yet", concrete="(3.00, 4.00)"),
    ],
    check_missing_steps: [
        right(*MISSING.values()),
        right("Box", "inverted", "center", "Shadow", "cropping"),
        wrong("box", "polarity", "mass", "crop", "paper", gentle="3 of 5 are right. Look at D",
              concrete="taken for ink"),
        wrong(*["polarity"] * 5, gentle="1 of 5 are right. Look at A", concrete="pixels of margin"),
        wrong("box", "paper", "mass", "paper", "crop", gentle="Look at B", concrete="which is brighter"),
        wrong("box", "polarity", "crop", "paper", "crop", gentle="Look at C", concrete="Is its place?"),
        wrong("box", "polarity", "mass", "paper", "mass", gentle="Look at E", concrete="is empty"),
        wrong("blur", *["crop"] * 4, gentle="A: I do not know", concrete="'centre of mass'"),
        wrong("crop or box", *["crop"] * 4, gentle="A: I do not know", concrete="exactly one of"),
        wrong("box", "polarity", "mass", "light", "crop", gentle="D: I do not know"),
        wrong("box", "crop", gentle="5 pictures", concrete="A to E"),
    ],
}  # fmt: skip


@each_answer(ANSWERS)
def test_verdict(check, first, answer, capsys):
    assert_verdict(capsys, check, first, answer)


def test_each_unfinished_picture_shows_what_it_lacks():
    pictures = {MISSING[letter]: unfinished_picture(letter) for letter in MISSING}
    for picture in pictures.values():
        assert picture.shape == (28, 28)
        assert picture.dtype == np.uint8

    def box(name):
        rows, columns = np.nonzero(pictures[name] > 30)
        return np.ptp(rows) + 1, np.ptp(columns) + 1

    def off_centre(name):
        return np.abs(np.array(ndimage.center_of_mass(pictures[name])) - 14).max()

    assert np.median(pictures.pop("polarity")) > 200
    assert box("20 × 20 box") == (28, 28)
    assert max(box("centre of mass")) == 20
    assert off_centre("centre of mass") > 3
    assert off_centre("crop") < 1
    assert max(box("crop")) < 12
    assert np.mean(pictures["paper"] > 30) > 1.5 * np.mean(pictures["crop"] > 30)


def test_the_photos_of_the_polarity_exercise_are_fair():
    """The package's own rule tells ink from paper on every one of them."""
    for paper, ink in LIGHT_PAPER + DARK_BOARD:
        grey = grey_photo(paper, ink)
        found = grey[to_ink(grey) > 128]
        assert (found.mean() < np.median(grey)) == (ink < paper)
