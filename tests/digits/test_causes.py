"""Pictures of the kinds that strangers took and the preparation once failed on; all are drawn by code."""

from dataclasses import replace

import numpy as np
import pytest
from hard_pictures import (
    PEN,
    RULED,
    SQUARED,
    blurred,
    dark_squares,
    dust,
    hairline,
    joined_word,
    lined,
    pale,
    ruled_and_blank,
    side_by_side,
    skipping_pen,
)
from PIL import Image

from mnist_helpers import prepare_picture
from mnist_helpers.digits import (
    Photo,
    centre_in_frame,
    crop_to_ink,
    draw_photo,
    fit_to_box,
    ink_threshold,
    otsu_threshold,
    remove_paper,
    to_ink,
)


def alike(picture, expected) -> float:
    """The correlation of two prepared pictures, where one of them may be moved by a pixel."""
    one, other = (prepare_picture(each).framed.astype(float) for each in (picture, expected))
    moved = [np.roll(one, (down, right), (0, 1)).ravel() for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(np.corrcoef(each, other.ravel())[0, 1] for each in moved)


def test_pale_ink_on_even_paper_is_read():
    assert alike(pale(26), draw_photo(PEN)) > 0.95


def test_ink_no_darker_than_the_grain_is_told_apart_from_an_empty_page():
    with pytest.raises(ValueError, match=r"too pale: .* use a darker pen, or more light"):
        prepare_picture(pale(4))


def test_what_is_needed_follows_the_noise_of_the_paper():
    smooth = np.full((200, 280), 200, dtype=np.uint8)
    grainy = (smooth + np.random.default_rng(0).normal(0, 5, smooth.shape)).astype(np.uint8)
    smooth[50:150, 135:145] -= 18
    assert (to_ink(smooth) > 128).sum() == 1000
    with pytest.raises(ValueError, match="nothing stands out"):
        to_ink(grainy)  # which differs more from itself than that ink from its paper


def test_a_stroke_that_ends_in_crumbs_keeps_them():
    rows = np.nonzero(prepare_picture(skipping_pen()).clean.any(axis=1))[0]
    assert rows[-1] >= 223


@pytest.mark.parametrize("radius", [3, 6])
def test_a_blurred_crop_is_the_same_digit(radius):
    assert alike(blurred(radius), blurred(0)) > 0.9


def test_a_hairline_is_redrawn_with_a_round_pen():
    corner = prepare_picture(hairline()).cropped
    height, width = corner.shape
    assert corner[0, 0] == corner[-1, 0] == corner[-1, -1] == 0  # a square pen would fill these
    assert corner[height // 2, : width // 8].any()


@pytest.mark.parametrize("paper", RULED, ids=str)
@pytest.mark.parametrize("digit", [2, 8])
def test_printed_lines_are_erased_and_the_digit_on_them_stays(digit, paper):
    written = replace(PEN, digit=digit)
    printed, blank = (
        prepare_picture(draw_photo(photo)).clean > 128 for photo in (lined(written, **paper), written)
    )
    assert (printed & blank).sum() > 0.93 * (printed | blank).sum()


@pytest.mark.parametrize(
    "paper", [{"ruled": 0.12}, SQUARED, {**SQUARED, "tilt": 0.05}, {"ruled": 0.4}, {"ruled": 0.7}], ids=str
)
def test_a_blank_page_with_printed_lines_and_dust_is_blank(paper):
    with pytest.raises(ValueError, match="nothing stands out"):
        prepare_picture(ruled_and_blank(paper))


def test_lines_as_dark_as_the_ink_are_erased():
    printed = prepare_picture(dark_squares((40, 40, 45))).clean > 128
    blank = prepare_picture(draw_photo(Photo(4, pen=0.06, height=0.7))).clean > 128
    assert (printed & blank).sum() > 0.85 * (printed | blank).sum()


def test_a_blank_page_with_dark_lines_is_blank():
    with pytest.raises(ValueError, match="nothing stands out"):
        prepare_picture(dark_squares(Photo(4).paper))


def test_a_page_with_dust_alone_is_blank():
    with pytest.raises(ValueError, match="nothing stands out"):
        prepare_picture(dust())


@pytest.mark.parametrize("digits", [(1, 7), (4, 2), (3, 1, 5)], ids=str)
def test_several_digits_are_refused_in_a_sentence(digits):
    with pytest.raises(ValueError, match="several digits on this picture; photograph one"):
        prepare_picture(side_by_side(*digits))


def test_a_joined_word_is_too_wide_for_a_digit():
    with pytest.raises(ValueError, match="several digits"):
        prepare_picture(joined_word())


@pytest.mark.parametrize("digit", range(10))
def test_no_digit_is_taken_for_several(digit):
    prepare_picture(draw_photo(replace(PEN, digit=digit)))


def test_the_palest_third_is_paper_even_where_otsu_would_say_ink():
    ink = np.zeros((100, 100), dtype=np.uint8)
    ink[10:90:4] = 50  # printed lines, far more of them than of the pen
    ink[40:60, 45:52] = 255
    assert ink_threshold(ink) >= 0.298 * 255
    assert ink_threshold(ink) == max(otsu_threshold(ink), 76)
    assert crop_to_ink(remove_paper(ink)).shape[0] < 30


@pytest.mark.parametrize("step", [crop_to_ink, fit_to_box, centre_in_frame, remove_paper, to_ink])
@pytest.mark.parametrize("wrong", [None, [[1, 2]], np.zeros((5, 5)), np.zeros((1, 5, 5), np.uint8)], ids=str)
def test_each_step_refuses_what_is_no_picture_in_a_sentence(step, wrong):
    with pytest.raises(TypeError, match=r"must be a NumPy array of shape \(h, w\), uint8, not"):
        step(wrong)


@pytest.mark.parametrize("step", [crop_to_ink, fit_to_box, centre_in_frame])
def test_without_ink_there_is_nothing_to_frame(step):
    with pytest.raises(ValueError, match="there is no ink"):
        step(np.zeros((9, 9), np.uint8))


def test_ink_larger_than_the_frame_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"\(40, 12\) is larger than the frame; call fit_to_box first"):
        centre_in_frame(np.full((40, 12), 9, np.uint8))


def test_an_image_whose_file_was_closed_or_cut_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "three.jpg"
    draw_photo(PEN).save(path)
    with Image.open(path) as closed:
        pass
    path.write_bytes(path.read_bytes()[:3000])
    for image in (closed, Image.open(path)):
        with pytest.raises(ValueError, match="the picture cannot be read"):
            prepare_picture(image)


def test_a_straight_thin_stroke_alone_is_a_one_and_no_printed_line():
    ink = np.zeros((100, 100), np.uint8)
    ink[10:90, 49:52] = 255
    assert np.array_equal(remove_paper(ink), ink)
