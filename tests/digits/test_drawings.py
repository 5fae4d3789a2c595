"""Digits drawn by code: where, how large and with which pen they are asked for."""

import numpy as np
import pytest
import torch

from mnist_helpers.digits import CANVAS_SIZE, STYLES, prepare_drawing, random_drawing
from mnist_helpers.digits.drawings import PENS
from mnist_helpers.recipes import RandomPen, change_pen


@pytest.mark.parametrize("digit", range(10))
def test_every_digit_has_styles_that_fill_the_unit_square(digit):
    assert len(STYLES[digit]) >= 2
    for style in STYLES[digit]:
        points = np.concatenate([np.array(stroke) for stroke in style])
        assert points.min() >= 0
        assert points.max() <= 1
        assert np.ptp(points[:, 1]) >= 0.9


def test_the_same_seed_draws_the_same_and_another_something_else():
    first, again, other = (random_drawing(4, np.random.default_rng(seed)).render() for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_drawings_stay_on_the_canvas_and_reach_all_of_it():
    rng = np.random.default_rng(0)
    drawings = [random_drawing(index % 10, rng) for index in range(200)]
    for drawing in drawings:
        points = np.concatenate(drawing.strokes)
        assert (points - drawing.pen / 2).min() >= 0
        assert (points + drawing.pen / 2).max() <= CANVAS_SIZE
    heights = [np.ptp(np.concatenate(drawing.strokes)[:, 1]) for drawing in drawings]
    assert min(heights) < 90
    assert max(heights) > 200
    pens = [drawing.pen for drawing in drawings]
    assert PENS[0] * 0.8 <= min(pens) < 12
    assert 26 < max(pens) <= PENS[1]
    middles = np.array([np.concatenate(drawing.strokes).mean(axis=0) for drawing in drawings])
    assert (middles.min(axis=0) < 80).all()
    assert (middles.max(axis=0) > 200).all()


@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_drawing_can_be_put_into_a_corner(corner):
    drawing = random_drawing(5, np.random.default_rng(1), height=100.0, pen=20.0, corner=corner)
    points = np.concatenate(drawing.strokes)
    for axis, is_far in enumerate(corner):
        edge = points[:, axis].max() + 10 if is_far else points[:, axis].min() - 10
        assert edge == pytest.approx(CANVAS_SIZE if is_far else 0)


def test_ink_is_as_wide_as_the_pen():
    drawing = random_drawing(1, np.random.default_rng(0), height=200.0, pen=24.0)
    ink = drawing.render() / 255
    length = sum(np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum() for stroke in drawing.strokes)
    assert ink.sum() == pytest.approx(24 * length + np.pi * 12**2, rel=0.1)


def test_an_empty_drawing_cannot_be_prepared():
    with pytest.raises(ValueError, match="the drawing is empty"):
        prepare_drawing(np.zeros((280, 280), dtype=np.uint8))


def square(side: int) -> torch.Tensor:
    image = torch.zeros(28, 28)
    start = 14 - side // 2
    image[start : start + side, start : start + side] = 1
    return image.reshape(1, 784)


@pytest.mark.parametrize(("move", "side"), [(-1, 8), (0, 10), (1, 12), (2, 14)])
def test_a_pen_moves_edges_by_whole_pixels_as_asked(move, side):
    assert torch.equal(change_pen(square(10), torch.tensor([float(move)])), square(side))


@pytest.mark.parametrize(("below", "above"), [(-1, 0), (0, 1), (1, 2)])
def test_fractions_of_a_pixel_mix_two_whole_moves(below, above):
    low, high, middle = (
        change_pen(square(10), torch.tensor([move]))
        for move in (float(below), float(above), (below + above) / 2)
    )
    assert torch.allclose(middle, (low + high) / 2)


def test_a_thicker_pen_is_fitted_into_the_box_again():
    images = square(20).repeat(300, 1)
    redrawn = RandomPen(thinner=0, thicker=2)(images, torch.Generator().manual_seed(0)).unflatten(1, (28, 28))
    assert ((redrawn > 0.5).any(dim=2).sum(dim=1) - 20).abs().max() <= 1


@pytest.mark.parametrize("settings", [{"thinner": -0.1}, {"thinner": 1.1}, {"thicker": 2.1}, {"thicker": -1}])
def test_pens_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match="thinner must be in"):
        RandomPen(**settings)
