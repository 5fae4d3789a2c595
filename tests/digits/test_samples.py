"""The sample photos: drawn by the project's own code, and committed as drawn."""

import numpy as np
import pytest
from PIL import Image

from mnist_helpers.digits import SAMPLES, Photo, draw_photo, sample_pictures


def test_the_same_seed_draws_the_same_photo_and_another_a_different_one():
    first, again, other = (np.asarray(draw_photo(Photo(2), seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("digit", range(10))
def test_ink_lies_where_and_is_as_high_as_asked(digit):
    photo = Photo(digit, size=(400, 300), centre=(0.4, 0.5), height=0.6, pen=0.04)
    dark = np.asarray(draw_photo(photo).convert("L")) < 128
    rows, columns = np.nonzero(dark)
    assert abs(np.ptp(rows) - 0.64 * 300) < 12  # the strokes and the pen
    assert abs((rows.min() + rows.max()) / 2 - 150) < 12
    assert abs((columns.min() + columns.max()) / 2 - 160) < 20


def test_shadow_darkens_one_corner():
    light = np.asarray(draw_photo(Photo(3, shadow=0.5)).convert("L"), dtype=float)
    assert light[:20, :20].mean() / light[-20:, -20:].mean() == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("seed", range(len(SAMPLES)))
def test_committed_samples_are_what_the_code_draws(seed):
    path = list(sample_pictures().values())[seed]
    committed = np.asarray(Image.open(path).convert("RGB"), dtype=float)
    drawn = np.asarray(draw_photo(SAMPLES[path.name], seed), dtype=float)
    assert committed.shape == drawn.shape
    assert np.abs(committed - drawn).mean() < 4  # JPEG is not exact
