"""Distorted digits, judged by torchvision and by scipy, and the photos made of them by the preparation."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torchvision.transforms.v2.functional import affine

from mnist_helpers.digits import (
    add_noise,
    centre_in_frame,
    crop_to_ink,
    fit_to_box,
    photograph,
    prepare_picture,
    random_offsets,
    rotate_images,
    scale_images,
    shift_images,
)


@pytest.fixture
def images(tiny_data):
    return tiny_data.test_images[:40]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_offsets_go_the_distance_in_all_four_directions_and_repeat():
    offsets = random_offsets(1000, 3, generator())
    assert offsets.shape == (1000, 2)
    assert (offsets.abs().sum(dim=1) == 3).all()
    directions, counts = offsets.unique(dim=0, return_counts=True)
    assert sorted(directions.tolist()) == [[-3, 0], [0, -3], [0, 3], [3, 0]]
    assert counts.min() > 200
    assert torch.equal(offsets, random_offsets(1000, 3, generator()))
    assert not torch.equal(offsets, random_offsets(1000, 3, generator(1)))


def test_shift_is_torchvisions_translation(images):
    offsets = torch.randint(-9, 10, (len(images), 2), generator=generator())
    shifted = shift_images(images, offsets)
    for image, (down, right), result in zip(images, offsets.tolist(), shifted, strict=True):
        expected = affine(image[None], angle=0, translate=[right, down], scale=1, shear=[0, 0])[0]
        assert torch.equal(result, expected)


def test_shift_by_nothing_changes_nothing_and_far_enough_leaves_black(images):
    assert torch.equal(shift_images(images, torch.zeros(len(images), 2, dtype=torch.int64)), images)
    assert not shift_images(images, torch.full((len(images), 2), 28)).any()


def test_shift_leaves_its_input_alone(images):
    before = images.clone()
    shift_images(images, random_offsets(len(images), 4, generator()))
    assert torch.equal(images, before)


@pytest.mark.parametrize("offsets", [torch.zeros(3, 2, dtype=torch.int64), torch.zeros(40, 2)])
def test_shift_wants_one_pair_of_whole_numbers_for_each_image(images, offsets):
    with pytest.raises(ValueError, match=r"whole numbers of shape \(40, 2\)"):
        shift_images(images, offsets)


def test_shift_and_scale_want_raw_pixels(images):
    with pytest.raises(TypeError, match="uint8"):
        shift_images(images / 255, random_offsets(40, 1, generator()))
    with pytest.raises(TypeError, match="uint8"):
        scale_images(images / 255, 0.8)


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.0, 1.1])
def test_scale_changes_the_size_and_neither_the_place_nor_the_format(images, factor):
    scaled = scale_images(images, factor)
    assert scaled.shape == images.shape
    assert scaled.dtype == torch.uint8
    for before, after in zip(images.numpy(), scaled.numpy(), strict=True):
        height, new_height = (np.ptp(np.nonzero(image > 60)[0]) + 1 for image in (before, after))
        assert abs(new_height - factor * height) <= 2
        centre = np.array(ndimage.center_of_mass(before)) - 13.5
        assert np.allclose(np.array(ndimage.center_of_mass(after)) - 13.5, factor * centre, atol=0.35)


def test_scale_by_one_changes_nothing(images):
    assert torch.equal(scale_images(images, 1.0), images)


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_scale_wants_a_factor_above_zero(images, factor):
    with pytest.raises(ValueError, match="above 0"):
        scale_images(images, factor)


@pytest.mark.parametrize("degrees", [-170, -30, 7.5, 15, 90])
def test_rotation_is_scipys_clockwise_about_the_middle(images, degrees):
    rotated = rotate_images(images, degrees)
    assert rotated.shape == images.shape
    assert rotated.dtype == torch.uint8
    expected = ndimage.rotate(
        images.numpy().astype(float), -degrees, axes=(2, 1), reshape=False, order=1, mode="grid-constant"
    )
    assert np.abs(rotated.numpy() - expected).max() <= 1


def test_a_quarter_turn_moves_pixels_and_mixes_nothing(images):
    assert torch.equal(rotate_images(images, 90), images.rot90(-1, dims=(1, 2)))
    assert torch.equal(rotate_images(images, 0), images)


def test_noise_has_the_spread_asked_for_and_no_direction():
    grey = torch.full((100, 28, 28), 128, dtype=torch.uint8)
    noise = add_noise(grey, 20, generator()).double() - 128
    assert noise.mean().abs() < 0.3
    assert noise.std().item() == pytest.approx(20, rel=0.02)
    neighbours = torch.corrcoef(torch.stack([noise[:, :, 1:].flatten(), noise[:, :, :-1].flatten()]))
    assert neighbours[0, 1].abs() < 0.02


def test_noise_stops_at_black_and_white(images):
    noisy = add_noise(images, 20, generator())
    assert noisy.shape == images.shape
    assert noisy.dtype == torch.uint8
    black, white = noisy[images == 0], noisy[images == 255]
    assert (black == 0).double().mean() == pytest.approx(0.5, abs=0.03)  # nothing went round to white
    assert (white == 255).double().mean() == pytest.approx(0.5, abs=0.03)
    assert black.max() < 128 < white.min()


def test_noise_repeats_with_the_generator_and_leaves_its_input_alone(images):
    before = images.clone()
    assert torch.equal(add_noise(images, 30, generator(3)), add_noise(images, 30, generator(3)))
    assert not torch.equal(add_noise(images, 30, generator(3)), add_noise(images, 30, generator(4)))
    assert torch.equal(add_noise(images, 0, generator()), images)
    assert torch.equal(images, before)


def test_rotation_and_noise_want_raw_pixels(images):
    with pytest.raises(TypeError, match="uint8"):
        rotate_images(images / 255, 10)
    with pytest.raises(TypeError, match="uint8"):
        add_noise(images / 255, 10, generator())


def test_a_photograph_is_dark_ink_somewhere_on_unevenly_lit_paper(images):
    for seed, image in enumerate(images[:10]):
        photo = photograph(image, seed)
        assert photo.shape == (112, 112)
        assert photo.dtype == np.uint8
        assert np.median(photo) > 90  # most of it is paper
        assert photo.min() < np.median(photo) - 40
        light = ndimage.uniform_filter(photo.astype(float), 15)
        assert np.ptp([light[0, 0], light[0, -1], light[-1, 0], light[-1, -1]]) > 20


def test_photographs_repeat_with_the_seed_and_differ_without(images):
    one, again, other = (photograph(images[0], seed) for seed in (7, 7, 8))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_the_preparation_undoes_the_photograph(images):
    """Prepared directly or from its photograph, an image comes out nearly the same."""
    from PIL import Image

    likeness = []
    for seed, image in enumerate(images):
        direct = centre_in_frame(fit_to_box(crop_to_ink(image.numpy())))
        prepared = prepare_picture(Image.fromarray(photograph(image, seed))).framed
        likeness.append(np.corrcoef(direct.ravel(), prepared.ravel())[0, 1])
    assert np.median(likeness) > 0.85
