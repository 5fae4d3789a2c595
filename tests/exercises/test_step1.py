"""Exercises of step 1: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from verdicts import right, wrong

from mnist_helpers.exercises.step1 import (
    check_bar_chart,
    check_byte_arithmetic,
    check_ink,
    check_nearest_neighbour,
    check_pixel_count,
    check_shapes,
)

COUNT = 7_840_000


def ink(images):
    return images.float().mean(dim=(1, 2))


def distances(train, new):
    return torch.cdist(new.float().flatten(1), train.float().flatten(1))


def nearest(train, labels, new):
    return labels[distances(train, new).argmin(dim=1)]


def by_loop(train, labels, new):
    """One image at a time, with another distance, and plain numbers."""
    return [int(labels[(train.float() - image.float()).abs().sum(dim=(1, 2)).argmin()]) for image in new]


def by_numpy(train, labels, new):
    a, b = (part.numpy().astype(float) for part in (train, new))
    return labels.numpy()[((b[:, None] - a[None]) ** 2).sum(axis=(2, 3)).argmin(axis=1)]


def class_means(train, labels, new):
    means = torch.stack([train[labels == digit].float().mean(0) for digit in range(10)])
    return distances(means, new).argmin(dim=1)


def squares_in_bytes(train, labels, new):
    return labels[((train - new[:, None]) ** 2).float().sum(dim=(2, 3)).argmin(dim=1)]


def differences_in_bytes(train, labels, new):
    return torch.stack([labels[(train - image).abs().float().sum(dim=(1, 2)).argmin()] for image in new])


def most_alike_in_brightness(train, labels, new):
    return labels[(ink(train) - ink(new)[:, None]).abs().argmin(dim=1)]


def vote_of_three(train, labels, new):
    return labels[distances(train, new).topk(3, largest=False).indices].mode(dim=1).values


COUNTS = torch.arange(40, 50).roll(3)


def chart(heights=COUNTS, places=range(10), labels=("digit", "images"), draw="bar", **options):
    """The arguments of the bar chart's checker: the axes, and the counts."""
    ax = Figure().subplots()
    getattr(ax, draw)(places, heights, **options)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    return ax, COUNTS


STACK, ROW, MATRIX = torch.zeros(5, 28, 28), torch.zeros(28), torch.zeros(28, 3)
SHAPES = (28, 28), (5, 28), (5, 28, 28), (28, 3)


ANSWERS = {
    check_shapes: [
        right(*SHAPES),
        right(*map(list, SHAPES)),
        right(STACK[0].shape, STACK.sum(dim=1).shape, (STACK + ROW).shape, (STACK[0] @ MATRIX).shape),
        right(*map(np.array, SHAPES)),
        wrong((5, 28, 28), *SHAPES[1:], gentle="3 of 4", concrete="a: An index"),
        wrong((1, 28, 28), *SHAPES[1:], gentle="at a again", concrete="axis 0 is gone"),
        wrong((28, 28), (28, 28), *SHAPES[2:], gentle="at b again", concrete="over disappears"),
        wrong((28, 28), (5, 1, 28), *SHAPES[2:], gentle="at b again"),
        wrong(*SHAPES[:2], (28,), (28, 3), gentle="at c again", concrete="larger shape stays"),
        wrong(*SHAPES[:3], (28, 28), gentle="at d again", concrete="inner lengths"),
        wrong(*SHAPES[:3], (3, 28), gentle="at d again"),
        wrong(*SHAPES[:3], 84, gentle="d: A shape", concrete="length of each axis"),
        wrong("(28, 28)", *SHAPES[1:], gentle="a: Numbers", concrete="not a str"),
    ],
    check_bar_chart: [
        right(*chart()),
        right(*chart(COUNTS.tolist(), [str(digit) for digit in range(10)], color="black", width=0.5)),
        right(*chart(COUNTS.numpy(), np.arange(10) - 0.4, align="edge")),
        wrong(*chart(draw="barh"), gentle="Which way", concrete="on their side"),
        wrong(*chart(COUNTS / COUNTS.sum()), gentle="scale", concrete="shares"),
        wrong(*chart(COUNTS.sort().values), gentle="Whose bar", concrete="another order"),
        wrong(*chart(COUNTS.flip(0)), gentle="Whose bar"),
        wrong(*chart(COUNTS[:9], range(9)), gentle="ten bars", concrete="one for each"),
        wrong(*chart(range(10), COUNTS.tolist()), gentle="Which comes first", concrete="positions first"),
        wrong(*chart(COUNTS + 1), gentle="Which numbers did you", concrete="train_counts"),
        wrong(*chart(places=range(1, 11)), gentle="over its digit", concrete="range(10)"),
        wrong(*chart(align="edge"), gentle="over its digit"),
        wrong(*chart(labels=("digit", " ")), gentle="two axes", concrete="Label both"),
        wrong("a chart", COUNTS, gentle="the axes", concrete="check_bar_chart(ax"),
    ],
    check_pixel_count: [
        *map(right, (COUNT, float(COUNT), np.int64(COUNT), torch.tensor(COUNT), torch.Size([COUNT]).numel())),
        wrong(60_000 * 784, gentle="another set", concrete="counted the training set"),
        wrong(70_000 * 784, gentle="more than was asked", concrete="counted both sets"),
        wrong(10_000 * 28, gentle="rows and columns", concrete="one row per image"),
        wrong(10_000 * 785, gentle="something else", concrete="labels"),
        wrong(784, gentle="one image", concrete="holds many"),
        wrong(10_000, gentle="how many numbers", concrete="more than one number"),
        wrong(COUNT + 1, gentle="shape", concrete="three numbers"),
        wrong(str(COUNT), gentle="plain number", concrete="a str"),
        wrong([10_000, 28, 28], gentle="plain number", concrete="a list"),
        wrong(float("nan"), gentle="shape"),
    ],
    check_ink: [
        right(ink),
        right(lambda images: images.flatten(1).double().mean(1)),
        right(lambda images: images.numpy().mean(axis=(1, 2))),
        right(lambda images: [image.float().mean().item() for image in images]),
        right(lambda images: images.sum(dim=(1, 2)) / 784),
        wrong(lambda images: images.float().mean(), gentle="not enough", concrete="3 numbers are wanted"),
        wrong(lambda images: images.float().mean(0), gentle="(28, 28)", concrete="axes 1 and 2"),
        wrong(lambda images: images.float().mean(1), gentle="(3, 28)", concrete="axes 1 and 2"),
        wrong(lambda images: images.float().sum((1, 2)), gentle="a sum", concrete="divide by their number"),
        wrong(lambda images: ink(images) / 255, gentle="scale", concrete="divided by 255"),
        wrong(lambda images: ink(images).to(torch.uint8), gentle="rounded", concrete="decimals"),
        wrong(lambda images: ink(images).flip(0), gentle="not the mean brightness", concrete="torch.full"),
        wrong(lambda images: images.flatten(1).float().median(1).values, gentle="not the mean"),
        wrong(lambda images: images.float().sum((1, 2)) / (images > 0).sum((1, 2)), gentle="not the mean"),
        wrong(lambda images: images.sum((1, 2), dtype=torch.uint8) / 784, gentle="not the mean"),
        wrong(lambda images: images.mean(dim=(1, 2)), gentle="Which dtype does it need", concrete=".float()"),
        wrong(lambda images: images[1000], gentle="IndexError", concrete="images[1000]"),
        wrong(7.0, gentle="function itself", concrete="what you handed over is 7.0"),
    ],
    check_byte_arithmetic: [
        *(right(kind(44), kind(246)) for kind in (int, float, np.uint8, torch.tensor)),
        right(torch.tensor(44, dtype=torch.uint8), torch.tensor([246], dtype=torch.uint8)),
        wrong(300, -10, gentle="200 + 100: true on paper", concrete="300 does not fit"),
        wrong(255, 0, gentle="200 + 100: it does not stop", concrete="other end"),
        wrong(45, 245, gentle="very close", concrete="256 values"),
        wrong(44, -10, gentle="10 - 20: true on paper", concrete="-10 does not fit"),
        wrong(44, 0, gentle="10 - 20: it does not stop", concrete="other end"),
        wrong(44, 10, gentle="10 - 20: not what PyTorch says", concrete="torch.tensor"),
        wrong(7, 246, gentle="200 + 100: not what PyTorch says", concrete="torch.tensor"),
        wrong("44", "246", gentle="plain number"),
    ],
    check_nearest_neighbour: [
        *map(right, (nearest, by_loop, by_numpy)),
        wrong(lambda a, b, c: distances(a, c).argmin(1), gentle="What was asked for", concrete="look up"),
        wrong(lambda a, b, c: b[distances(a, c).argmax(1)], gentle="Near or far", concrete="farthest image"),
        wrong(
            lambda a, b, c: b[distances(a, c).argmin(0) % 5], gentle="(48,)", concrete="axis of the training"
        ),
        wrong(lambda a, b, c: distances(a, c), gentle="(12, 48)", concrete="(12,) is wanted"),
        wrong(lambda a, b, c: torch.cdist(c.flatten(1), a.flatten(1)), gentle="bytes", concrete=".float()"),
        wrong(class_means, gentle="average", concrete="not over means"),
        wrong(squares_in_bytes, gentle="dtype", concrete="square of 16"),
        wrong(differences_in_bytes, gentle="Not all labels", concrete="converted to float"),
        wrong(most_alike_in_brightness, gentle="Not all labels", concrete="every pixel"),
        wrong(vote_of_three, gentle="Not all labels", concrete="smallest distance"),
        wrong(lambda a, b, c: nearest(a[:30], b, c), gentle="Not all labels", concrete="all single"),
    ],
}


@pytest.mark.parametrize("draw", ["plot", "fill"])  # a line, and a patch that is no bar
def test_a_chart_without_bars_is_no_attempt(draw, capsys):
    check_bar_chart(*chart(draw=draw))
    assert capsys.readouterr().out.startswith("○")


def test_byte_arithmetic_waits_for_both_answers(capsys):
    check_byte_arithmetic(44, ...)
    assert capsys.readouterr().out.startswith("○")
