"""The frame of MNIST: a 20x20 box, the centre of mass at pixel 14 of 28x28."""

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from mnist_helpers.digits import centre_in_frame, crop_to_ink, fit_to_box


@pytest.fixture(params=range(5))
def blob(request):
    """A random patch of ink, heavier on one side, somewhere in a larger picture."""
    random = np.random.default_rng(request.param)
    height, width = random.integers(15, 90, 2)
    ink = np.zeros((130, 150), dtype=np.uint8)
    top, left = random.integers(1, 35, 2)
    ink[top : top + height, left : left + width] = np.linspace(60, 255, width) * random.uniform(
        0.7, 1, (height, width)
    )
    return ink


def test_crop_keeps_all_ink_and_leaves_no_empty_margin(blob):
    cropped = crop_to_ink(blob)
    assert cropped.sum() == blob.sum()
    for edge in (cropped[0], cropped[-1], cropped[:, 0], cropped[:, -1]):
        assert edge.any()


def test_box_has_20_pixels_on_its_longer_side_and_keeps_the_proportions(blob):
    cropped = crop_to_ink(blob)
    boxed = fit_to_box(cropped)
    assert max(boxed.shape) == 20
    height, width = cropped.shape
    assert abs(boxed.shape[0] / boxed.shape[1] - height / width) < 0.15 * height / width


def test_a_hairline_keeps_at_least_one_pixel():
    assert fit_to_box(np.full((200, 2), 255, dtype=np.uint8)).shape == (20, 1)


def test_centre_of_mass_comes_within_half_a_pixel_of_14(blob):
    frame = centre_in_frame(fit_to_box(crop_to_ink(blob)))
    assert frame.shape == (28, 28)
    assert np.abs(np.array(center_of_mass(frame)) - 14).max() <= 0.5


def test_framing_moves_ink_and_neither_adds_nor_loses_any(blob):
    boxed = fit_to_box(crop_to_ink(blob))
    assert np.array_equal(crop_to_ink(centre_in_frame(boxed)), crop_to_ink(boxed))


def test_the_real_mnist_obeys_both_rules(mnist):
    images = mnist.test_images.numpy()
    sides = [max(crop_to_ink(image).shape) for image in images]
    assert np.mean(np.array(sides) == 20) > 0.99
    centres = np.array([center_of_mass(image) for image in images])
    assert ((centres > 13.4) & (centres < 14.6)).all()


def test_a_digit_of_mnist_stays_where_it_is(mnist):
    images = mnist.test_images[:500].numpy()
    unmoved = [np.array_equal(centre_in_frame(crop_to_ink(image)), image) for image in images]
    assert np.mean(unmoved) > 0.99
