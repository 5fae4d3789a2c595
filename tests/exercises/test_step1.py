"""Exercises of step 1: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import pytest
import torch

from mnist_helpers.exercises.step1 import (
    check_byte_arithmetic,
    check_ink,
    check_nearest_neighbour,
    check_pixel_count,
)

COUNT = 7_840_000


@pytest.mark.parametrize(
    "count", [COUNT, float(COUNT), np.int64(COUNT), torch.tensor(COUNT), torch.Size([10_000, 28, 28]).numel()]
)
def test_pixel_count_accepts_every_kind_of_number(count, capsys):
    check_pixel_count(count)
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize(
    ("count", "gentle", "concrete"),
    [
        (60_000 * 784, "another set", "counted the training set"),
        (70_000 * 784, "more than was asked", "counted both sets"),
        (10_000 * 28, "rows and columns", "one row per image"),
        (10_000 * 785, "something else", "labels"),
        (784, "one image", "holds many"),
        (10_000, "how many numbers", "more than one number"),
        (3, "shape", "three numbers"),
        ("many", "plain number", "str"),
    ],
)
def test_pixel_count_names_the_mistake(count, gentle, concrete, hints):
    first, second = hints(check_pixel_count, (COUNT,), count)
    assert gentle in first
    assert concrete in second


def ink(images):
    return images.float().mean(dim=(1, 2))


@pytest.mark.parametrize(
    "answer",
    [
        ink,
        lambda images: images.flatten(1).double().mean(1),
        lambda images: images.numpy().mean(axis=(1, 2)),
        lambda images: [image.float().mean().item() for image in images],
        lambda images: images.sum(dim=(1, 2)) / 784,
    ],
)
def test_ink_accepts_every_way_to_average(answer, capsys):
    for _ in range(5):
        check_ink(answer)
    assert capsys.readouterr().out.count("✓") == 5


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda images: images.float().mean(), "not enough", "numbers are wanted"),
        (lambda images: images.float().mean(0), "(28, 28)", "the images (axis 0)"),
        (lambda images: images.float().mean(1), "28)", "axes 1 and 2"),
        (lambda images: images.float().sum((1, 2)), "a sum", "divide by their number"),
        (lambda images: ink(images) / 255, "scale", "divided by 255"),
        (lambda images: ink(images).to(torch.uint8), "rounded", "decimals"),
        (lambda images: ink(images).flip(0), "not the mean brightness", "torch.full"),
        (lambda images: images.mean(dim=(1, 2)), "no mean of bytes", ".float()"),
        (lambda images: images[1000], "IndexError", "IndexError"),
        (7.0, "function itself", "what you handed over is 7.0"),
    ],
)
def test_ink_names_the_mistake(answer, gentle, concrete, hints):
    first, second = hints(check_ink, (ink,), answer)
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize("kind", [int, float, np.uint8, lambda x: torch.tensor(x, dtype=torch.uint8)])
def test_byte_arithmetic_accepts_every_kind_of_number(kind, capsys):
    check_byte_arithmetic(kind(44), kind(246))
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize(
    ("answers", "gentle", "concrete"),
    [
        ((300, -10), "200 + 100: true on paper", "300 does not fit"),
        ((255, 0), "200 + 100: it does not stop", "other end"),
        ((45, 245), "very close", "256 values"),
        ((44, -10), "10 - 20: true on paper", "-10 does not fit"),
        ((44, 0), "10 - 20: it does not stop", "other end"),
        ((7, 246), "200 + 100: not what PyTorch says", "torch.tensor"),
    ],
)
def test_byte_arithmetic_names_the_mistake(answers, gentle, concrete, hints):
    first, second = hints(check_byte_arithmetic, (44, 246), *answers)
    assert gentle in first
    assert concrete in second


def test_byte_arithmetic_waits_for_both_answers(capsys):
    check_byte_arithmetic(44, ...)
    assert capsys.readouterr().out.startswith("○")


def distances(train_images, images):
    return torch.cdist(images.float().flatten(1), train_images.float().flatten(1))


def nearest_neighbour(train_images, train_labels, images):
    return train_labels[distances(train_images, images).argmin(dim=1)]


def by_loop(train_images, train_labels, images):
    """One image at a time, with another distance, and plain numbers."""
    return [
        int(train_labels[(train_images.float() - image.float()).abs().sum(dim=(1, 2)).argmin()])
        for image in images
    ]


def by_numpy(train_images, train_labels, images):
    train, new = (part.numpy().astype(float) for part in (train_images, images))
    squares = ((new[:, None] - train[None]) ** 2).sum(axis=(2, 3))
    return train_labels.numpy()[squares.argmin(axis=1)]


def nearest_mean(train_images, train_labels, images):
    means = torch.stack([train_images[train_labels == digit].float().mean(0) for digit in range(10)])
    return distances(means, images).argmin(dim=1)


def with_bytes(train_images, train_labels, images):
    return torch.stack(
        [train_labels[(train_images - image).abs().float().sum(dim=(1, 2)).argmin()] for image in images]
    )


@pytest.mark.parametrize("answer", [nearest_neighbour, by_loop, by_numpy])
def test_nearest_neighbour_accepts_every_way_to_find_it(answer, capsys):
    for _ in range(3):
        check_nearest_neighbour(answer)
    assert capsys.readouterr().out.count("✓") == 3


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda a, b, c: distances(a, c).argmin(1), "What was asked for", "look up their labels"),
        (lambda a, b, c: b[distances(a, c).argmax(1)], "Near or far", "farthest image"),
        (lambda a, b, c: b[distances(a, c).argmin(0) % 5], "one label for each new", "axis of the training"),
        (lambda a, b, c: distances(a, c), "one label for each new", "axis of the training"),
        (lambda a, b, c: torch.cdist(c.flatten(1), a.flatten(1)), "between bytes", ".float()"),
        (nearest_mean, "labels are right", "not over means"),
        (with_bytes, "labels are right", "converted to float"),
    ],
)
def test_nearest_neighbour_names_the_mistake(answer, gentle, concrete, hints):
    first, second = hints(check_nearest_neighbour, (nearest_neighbour,), answer)
    assert gentle in first
    assert concrete in second


def test_checkers_leave_the_global_random_numbers_of_torch_alone(capsys):
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    check_ink(ink)
    check_nearest_neighbour(nearest_neighbour)
    assert torch.equal(torch.rand(1), expected)
