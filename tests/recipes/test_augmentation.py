"""Random changes of images, judged by torchvision, and by moments measured on a known shape."""

import math

import pytest
import torch
from torchvision.transforms import v2

from mnist_helpers.recipes import RandomAffine, RandomFlip, RandomPen, affine

SHAPES = [(-1, 784), (-1, 28, 28), (-1, 1, 28, 28)]
CHANGES = [RandomAffine(degrees=20, pixels=3, zoom=0.2), RandomFlip(), RandomPen()]
each_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)


@pytest.fixture
def images(tiny_data):
    return tiny_data.test_images[:40].float() / 255


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def uniform(count, low, high, seed):
    return torch.empty(count).uniform_(low, high, generator=generator(seed))


def ellipse(count):
    """A bright bar with soft ends, lying in the middle: its moments tell where it went. (n, 28, 28)."""
    down, right = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="ij")
    return torch.exp(-((right / 2.5) ** 2) / 2 - down**2 / 2).expand(count, 28, 28).clone()


def moments(images):
    """Centre of mass (right, down) from the middle, angle of the long axis (degrees), and size;
    each (n,). Twice as large is four times the ink."""
    axis = torch.arange(28, dtype=torch.float64) - 13.5
    ink = images.double().sum(dim=(1, 2), keepdim=True)
    weights = images.double() / ink
    right, down = (weights.sum(dim=1) * axis).sum(dim=1), (weights.sum(dim=2) * axis).sum(dim=1)
    x, y = axis - right[:, None], axis - down[:, None]
    xx = torch.einsum("nyx,nx,nx->n", weights, x, x)
    yy = torch.einsum("nyx,ny,ny->n", weights, y, y)
    xy = torch.einsum("nyx,ny,nx->n", weights, y, x)
    angle = torch.rad2deg(torch.atan2(2 * xy, xx - yy) / 2)  # y points down, so clockwise is positive
    return right, down, angle, ink.flatten().sqrt()


def test_affine_is_torchvisions_image_by_image(images):
    n = len(images)
    degrees, factor = uniform(n, -180, 180, 1), uniform(n, 0.5, 1.5, 2)
    right, down = uniform(n, -8, 8, 3), uniform(n, -8, 8, 4)
    expected = torch.stack(
        [
            v2.functional.affine(
                images[i : i + 1],
                angle=degrees[i].item(),
                translate=[right[i].item(), down[i].item()],
                scale=factor[i].item(),
                shear=[0.0, 0.0],
                interpolation=v2.InterpolationMode.BILINEAR,
            )[0]
            for i in range(n)
        ]
    )
    torch.testing.assert_close(affine(images, degrees, right, down, factor), expected, atol=1e-4, rtol=0)


def test_affine_turns_clockwise_shifts_right_and_down_and_enlarges():
    changes = [torch.tensor([float(value)]) for value in (30, 3, -2, 1.2)]
    right, down, angle, size = moments(affine(ellipse(1), *changes))
    assert right.item() == pytest.approx(3, abs=0.05)
    assert down.item() == pytest.approx(-2, abs=0.05)
    assert angle.item() == pytest.approx(30, abs=0.5)
    assert (size / moments(ellipse(1))[3]).item() == pytest.approx(1.2, rel=0.02)


def test_the_draws_fill_their_ranges_and_never_leave_them():
    changed = RandomAffine(degrees=20, pixels=3, zoom=0.2)(ellipse(4000), generator())
    right, down, angle, size = moments(changed)
    size = size / moments(ellipse(1))[3]
    for measured, largest, tolerance in ((right, 3, 0.05), (down, 3, 0.05), (angle, 20, 0.5)):
        assert measured.min() == pytest.approx(-largest, abs=3 * tolerance)
        assert measured.max() == pytest.approx(largest, abs=3 * tolerance)
        assert measured.abs().max() <= largest + tolerance
        assert abs(measured.mean()) < 0.05 * largest
    assert size.min() == pytest.approx(0.8, abs=0.03)
    assert size.max() == pytest.approx(1.2, abs=0.03)


@pytest.mark.parametrize(
    ("setting", "moving"), [("degrees", {2}), ("pixels", {0, 1}), ("zoom", {3})], ids=lambda value: str(value)
)
def test_a_setting_changes_what_it_names_and_nothing_else(setting, moving):
    nothing = {"degrees": 0, "pixels": 0, "zoom": 0}
    largest = {"degrees": 20, "pixels": 3, "zoom": 0.2}[setting]
    measured = moments(RandomAffine(**nothing | {setting: largest})(ellipse(300), generator()))
    spreads = [values.std().item() for values in measured]
    assert {i for i, spread in enumerate(spreads) if spread > 0.1} == moving


def test_right_down_angle_and_zoom_are_drawn_independently():
    measured = torch.stack(moments(RandomAffine(20, 3, 0.2)(ellipse(4000), generator())))
    correlations = torch.corrcoef(measured) - torch.eye(4)
    assert correlations.abs().max() < 0.08


def test_no_change_is_no_change(images):
    torch.testing.assert_close(RandomAffine(0, 0, 0)(images, generator()), images, atol=1e-5, rtol=0)


@each_change
def test_every_shape_is_kept_and_changed_alike(images, change):
    results = []
    for shape in SHAPES:
        given = images.reshape(shape)
        result = change(given, generator())
        assert result.shape == given.shape
        assert result.dtype == torch.float32
        results.append(result.reshape(-1, 28, 28))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[1], results[2])


@each_change
def test_values_stay_between_0_and_1_and_the_input_as_it_was(change):
    noise = (torch.rand(200, 28, 28, generator=generator()) > 0.5).float()  # the harshest edges there are
    before = noise.clone()
    result = change(noise, generator())
    assert result.min() >= 0
    assert result.max() <= 1
    assert torch.equal(noise, before)


@each_change
def test_the_generator_decides_and_nothing_else(images, change):
    state = torch.get_rng_state()
    one, again, other = (change(images, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


@each_change
def test_an_images_change_does_not_depend_on_what_any_image_shows(images, change):
    """So it cannot depend on the labels either."""
    others = images.flip(0).clone()
    others[7] = images[7]
    assert torch.equal(change(images, generator())[7], change(others, generator())[7])


@each_change
def test_images_of_a_batch_change_each_on_its_own(images, change):
    changed = change(images[:1].expand(40, 28, 28), generator())
    assert len(changed.flatten(1).unique(dim=0)) == (2 if isinstance(change, RandomFlip) else 40)


def test_half_of_the_images_are_mirrored_and_the_others_left(images):
    many = images.repeat(25, 1, 1)
    result = RandomFlip()(many, generator())
    mirrored = (result == many.flip(2)).flatten(1).all(dim=1)
    assert (mirrored | (result == many).flatten(1).all(dim=1)).all()
    assert 0.45 < mirrored.double().mean() < 0.55


@pytest.mark.parametrize("name", ["degrees", "pixels", "zoom"])
@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_settings_out_of_range_are_told(name, value):
    with pytest.raises(ValueError, match=r"at least 0, and zoom in \[0, 1\), not RandomAffine"):
        RandomAffine(**{name: value})


def test_a_zoom_to_nothing_is_refused():
    with pytest.raises(ValueError, match="zoom"):
        RandomAffine(zoom=1)
