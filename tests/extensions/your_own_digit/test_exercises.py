"""The checkers of your_own_digit: correct answers in every form, wrong ones with the right hint."""

import numpy as np
import pytest
import torch
from conftest import missing_or_broken, said
from scipy import ndimage

from mnist_helpers.digits import to_ink
from mnist_helpers.extensions.your_own_digit.exercises import (
    MISSING,
    check_centre_of_mass,
    check_crop_with_margin,
    check_dark_on_light,
    check_missing_steps,
    unfinished_picture,
)


@pytest.fixture(autouse=True)
def _fresh_attempts(capsys):
    """A right answer resets the count of attempts."""
    check_dark_on_light(by_median)
    check_crop_with_margin(crop)
    check_centre_of_mass(ndimage.center_of_mass)
    check_missing_steps(*MISSING.values())
    assert capsys.readouterr().out.count("✓") == 4


# ------------------------------------------------------------------ dark on light?


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


@pytest.mark.parametrize("answer", [by_median, by_mean, by_border, by_counting])
def test_every_sound_test_of_polarity_passes(capsys, answer):
    for _ in range(5):
        assert all(line.startswith("✓") for line in said(capsys, check_dark_on_light, answer))


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda grey: grey.mean() > 127, "dim light", "not with a fixed number"),
        (lambda grey: np.median(grey) > 80, "dim light", "not with a fixed number"),
        (lambda grey: not by_median(grey), "wrong way round", "darker than the paper"),
        (lambda grey: True, "same of every photo", "says True"),
        (lambda grey: grey.min() < 128 and grey.max() > 300, "same of every photo", "says False"),
        (lambda grey: "dark", "yes or a no", "'dark'"),
        (lambda grey: grey > 127, "yes or a no", "True or False"),
        (lambda grey: grey.mean(), "yes or a no", "True or False"),
    ],
)
def test_an_unsound_test_of_polarity_gets_the_right_hint(capsys, answer, gentle, concrete):
    first, second = said(capsys, check_dark_on_light, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


# ------------------------------------------------------------------ crop with a margin


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


@pytest.mark.parametrize("answer", [crop, crop_by_slices, crop_to_tensor])
def test_every_right_crop_passes(capsys, answer):
    for _ in range(20):
        assert all(line.startswith("✓") for line in said(capsys, check_crop_with_margin, answer))


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


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (without_margin, "margin is missing", "four sides"),
        (last_ones_lost, "cut off", "stops before its end"),
        (last_column_lost, "cut off", "stops before its end"),
        (wraps, "not at its edge", "below 0"),
        (padded, "not at its edge", "instead of"),
        (transposed, "Rows or columns", "Rows come first"),
        (rows_only, "not the box", "yours gives"),
        (one_sided, "not the box", "yours gives"),
        (overwritten, "picture has changed", "do not write into it"),
        (lambda ink, margin: edges(ink), "rows and columns", "shape (4,)"),
    ],
)
def test_a_wrong_crop_gets_the_right_hint(capsys, answer, gentle, concrete):
    first, second = said(capsys, check_crop_with_margin, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


# ------------------------------------------------------------------ centre of mass


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


@pytest.mark.parametrize("answer", [ndimage.center_of_mass, by_loop, by_margins, by_average])
def test_every_right_centre_of_mass_passes(capsys, answer):
    for _ in range(10):
        assert all(line.startswith("✓") for line in said(capsys, check_centre_of_mass, answer))


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


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda ink: by_average(ink)[::-1], "order", "Row first"),
        (unweighted, "bright pixels weigh more", "weigh each"),
        (middle_of_box, "middle of the picture or of the box", "A 7"),
        (middle_of_picture, "middle of the picture or of the box", "A 7"),
        (counted_from_one, "One off", "from 0"),
        (not_divided, "outside", "Divide"),
        (brightest, "not the centre of mass yet", "you say"),
        (lambda ink: by_average(ink)[0], "Two numbers", "return row, column"),
        (lambda ink: (3.0, 4.0), "not the centre of mass yet", "(3.00, 4.00)"),
    ],
)
def test_a_wrong_centre_of_mass_gets_the_right_hint(capsys, answer, gentle, concrete):
    first, second = said(capsys, check_centre_of_mass, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


# ------------------------------------------------------------------ which step is missing?


def test_the_missing_steps_may_be_named_in_many_ways(capsys):
    assert said(capsys, check_missing_steps, "Box", "inverted", "center", "Shadow", "cropping")[0][0] == "✓"


@pytest.mark.parametrize(
    ("answers", "gentle", "concrete"),
    [
        (
            ("box", "polarity", "centre of mass", "crop", "paper"),
            "3 of 5 are right. Look at D",
            "taken for ink",
        ),
        (("polarity",) * 5, "1 of 5 are right. Look at A", "Picture A: how many pixels of margin"),
        (("box", "paper", "mass", "paper", "crop"), "4 of 5 are right. Look at B", "which is brighter"),
        (("box", "polarity", "crop", "paper", "crop"), "4 of 5 are right. Look at C", "Is its place?"),
        (("box", "polarity", "mass", "paper", "mass"), "4 of 5 are right. Look at E", "is empty"),
        (("blur", *["crop"] * 4), "the step you name for picture A", "'centre of mass'"),
        (("crop or box", *["crop"] * 4), "the step you name for picture A", "exactly one of"),
        (("box", "crop"), "5 pictures", "five names"),
    ],
)
def test_a_wrong_diagnosis_gets_the_right_hint(capsys, answers, gentle, concrete):
    first, second = said(capsys, check_missing_steps, *answers)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


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


# ------------------------------------------------------------------ all of them


@pytest.mark.parametrize("check", [check_dark_on_light, check_crop_with_margin, check_centre_of_mass])
@missing_or_broken
def test_a_missing_answer_gets_a_hint_and_no_exception(capsys, check, answer, mark, hint):
    first = said(capsys, check, answer)[0]
    assert first.startswith(mark)
    assert hint in first


def test_missing_steps_left_open_are_not_answered(capsys):
    assert said(capsys, check_missing_steps, "box", ..., ..., ..., ...)[0].startswith("○")


def test_the_photos_of_the_polarity_exercise_are_fair():
    """The package's own rule tells ink from paper on every one of them."""
    from mnist_helpers.extensions.your_own_digit.exercises import DARK_BOARD, LIGHT_PAPER, _grey_photo

    for paper, ink in LIGHT_PAPER + DARK_BOARD:
        grey = _grey_photo(paper, ink)
        found = grey[to_ink(grey) > 128]
        assert (found.mean() < np.median(grey)) == (ink < paper)
