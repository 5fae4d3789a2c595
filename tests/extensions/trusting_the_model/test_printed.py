"""Printed characters: every font draws every character, framed as MNIST's digits are."""

import torch

from mnist_helpers.extensions.trusting_the_model.printed import FONTS, NOT_LIKE_DIGITS, printed


def test_every_character_in_every_font_framed_as_digits_are():
    images = printed("A7")
    assert images.shape == (2 * len(FONTS), 28, 28)
    assert images.dtype == torch.uint8
    ink = images > 0
    for axis in 1, 2:
        sides = ink.any(dim=3 - axis).sum(dim=1)
        assert sides.max() <= 20
    assert (
        torch.maximum(ink.any(dim=1).sum(1), ink.any(dim=2).sum(1)).min() >= 19
    )  # the longer side fills the box


def test_no_two_fonts_and_no_two_characters_look_the_same():
    assert len(printed("ABC").flatten(1).unique(dim=0)) == 3 * len(FONTS)


def test_the_letters_are_the_capitals_but_those_that_are_digits_to_anybody():
    assert len(NOT_LIKE_DIGITS) == 24
    assert not set(NOT_LIKE_DIGITS) & set("IO01")
