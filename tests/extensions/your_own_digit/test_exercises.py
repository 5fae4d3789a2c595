"""Exercises of your_own_digit: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import torch
from scipy import ndimage
from verdicts import right, wrong

from mnist_helpers.digits import to_ink
from mnist_helpers.extensions.your_own_digit.exercises import (
    DARK_BOARD,
    LIGHT_PAPER,
    MISSING,
    check_dark_on_light,
    check_limit,
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


def at_place(confidence, share):
    return confidence.sort().values[int(share * len(confidence))]


def kept_from_above(confidence, share):
    return np.sort(confidence.numpy())[::-1][len(confidence) - 1 - int(share * len(confidence))]


def by_trying(confidence, share):
    return min(limit for limit in confidence.tolist() if (confidence < limit).float().mean() >= share - 0.005)


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
    check_limit: [
        *map(right, (torch.quantile, at_place, kept_from_above, by_trying)),
        wrong(lambda c, s: c.quantile(1 - s), gentle="From which end", concrete="not the surest kept"),
        wrong(lambda c, s: 1 - s, gentle="not a confidence", concrete="sort them"),
        wrong(lambda c, s: s, gentle="not a confidence", concrete="sort them"),
        wrong(lambda c, s: c[int(s * len(c))], gentle="in order", concrete="Sort"),
        wrong(lambda c, s: c.min(), gentle="a single digit", concrete="how many of the n"),
        wrong(lambda c, s: c.mean(), gentle="Too many digits", concrete="more digits lie below"),
        wrong(lambda c, s: c.quantile(0.01), gentle="Fewer digits", concrete="With a share of 0.05"),
        wrong(lambda c, s: c.mean() - 2 * c.std(), gentle="", concrete="With a share of"),
        wrong(lambda c, s: c[c < c.quantile(s)], gentle="One plain number"),
        wrong(lambda c, s: (c < s).float().mean(), gentle="Fewer digits", concrete="yours is 0.000"),
    ],
    check_missing_steps: [
        right(*(step for step, _ in MISSING.values())),
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


def test_each_unfinished_picture_shows_what_it_lacks():
    pictures = {step: unfinished_picture(letter) for letter, (step, _) in MISSING.items()}
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
