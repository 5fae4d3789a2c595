"""The checkers of augmentation_and_regularization: right answers in every form, wrong ones with the hint."""

import statistics

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import ttest_ind

from mnist_helpers.extensions.augmentation_and_regularization.exercises import (
    check_false_labels,
    check_l1_penalty,
    check_random_shift,
    check_t_value,
)
from mnist_helpers.recipes import L1

# A random shift, in three ways


def by_padding(images, pixels, generator):
    padded = F.pad(images, (pixels,) * 4)
    corners = torch.randint(0, 2 * pixels + 1, (len(images), 2), generator=generator).tolist()
    return torch.stack([image[r : r + 28, c : c + 28] for image, (r, c) in zip(padded, corners, strict=True)])


def move(image, down, right):
    """One image, moved; black where nothing was."""
    size = abs(down) + abs(right)
    padded = F.pad(image, (size,) * 4)
    return padded[size - down :, size - right :][:28, :28]


def shifting(draw):
    """A shift function whose offsets are what `draw(count, pixels, generator)` gives, (n, 2)."""

    def shift(images, pixels, generator):
        offsets = draw(len(images), pixels, generator).tolist()
        return torch.stack([move(image, *pair) for image, pair in zip(images, offsets, strict=True)])

    return shift


def fair(count, pixels, generator):
    return torch.randint(-pixels, pixels + 1, (count, 2), generator=generator)


def in_numpy(images, pixels, generator):
    return by_padding(images, pixels, generator).numpy()


def wrapped(images, pixels, generator):
    offsets = fair(len(images), pixels, generator).tolist()
    return torch.stack(
        [image.roll(pair, (0, 1)) for image, pair in zip(images, map(tuple, offsets), strict=True)]
    )


def all_alike(images, pixels, generator):
    (pair,) = fair(1, pixels, generator).tolist()
    return torch.stack([move(image, *(pair if any(pair) else (1, 0))) for image in images])


def in_place(images, pixels, generator):
    images[:] = by_padding(images, pixels, generator)
    return images


def own_seed(images, pixels, generator):
    return by_padding(images, pixels, torch.Generator().manual_seed(0))


def blurred(images, pixels, generator):
    return by_padding(images, pixels, generator) * 0.9


@pytest.mark.parametrize("answer", [by_padding, shifting(fair), in_numpy])
def test_right_shifts_in_every_form(accepted, answer):
    assert all(accepted(check_random_shift, answer) for _ in range(5))


@pytest.mark.parametrize(
    ("wrong", "gentle", "concrete"),
    [
        (wrapped, "comes in again", "torch.roll"),
        (all_alike, "alike", "one pair of numbers for each"),
        (in_place, "changes the images", "clone"),
        (own_seed, "Another seed", "seed of your own"),
        (lambda i, p, g: by_padding(i, p, None), "same seed", "generator=generator"),
        (shifting(lambda n, p, g: fair(n, p, g).abs()), "one of the sides", "down, right"),
        (shifting(lambda n, p, g: torch.randint(-p, p, (n, 2), generator=g)), "largest", "upper limit"),
        (lambda i, p, g: by_padding(i, 1, g), "largest", "With pixels="),
        (shifting(lambda n, p, g: fair(n, 2 * p, g)), "too far", "every shift should lie"),
        (shifting(lambda n, p, g: fair(n, p, g)[:, :1].expand(n, 2)), "diagonal", "independently"),
        (shifting(lambda n, p, g: fair(n, p, g) * torch.tensor([0, 1])), "direction", "up and down"),
        (lambda i, p, g: i.clone(), "Nothing has moved", "as it went in"),
        (lambda i, p, g: i[0], "look like what went in", "(28, 28)"),
        (lambda i, p, g: "shifted", "look like what went in", "str"),
        (blurred, "not made of shifted", "moved by whole pixels"),
        ("shift", "itself", "without brackets"),
    ],
)
def test_wrong_shifts_get_the_right_hint(hints, wrong, gentle, concrete):
    first, second = hints(check_random_shift, (by_padding,), wrong)
    assert gentle in first
    assert concrete in second


# False labels

RIGHT = ({2, 3, 4, 6}, {2, 3, 6}, {6})


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        ([2, 3, 4, 6], (6, 3, 2), [6]),
        (np.array([2, 3, 4, 6]), torch.tensor([2, 3, 6]), {6.0}),
    ],
)
def test_right_sets_in_every_form(accepted, answer):
    assert accepted(check_false_labels, *answer)


@pytest.mark.parametrize(
    ("wrong", "gentle", "concrete"),
    [
        (({2, 3, 6}, {2, 3, 6}, {6}), "digits lacks", "water"),
        (({3, 4, 6}, {2, 3, 6}, {6}), "digits lacks", "turn a 6"),
        (({1, 2, 3, 4, 6}, {2, 3, 6}, {6}), "digits has", "leans by 10°"),
        (({2, 3, 4, 6}, {2, 3, 4, 6}, {6}), "arrows has", "still water"),
        (({2, 3, 4, 6}, {2, 6}, {6}), "arrows lacks", "mirror"),
        (({2, 3, 4, 6}, {2, 3, 6}, {2, 6}), "cells has", "which way up"),
        (({2, 3, 4, 6}, {2, 3, 6}, set()), "cells lacks", "20"),
        (({2, 3, 4, 6, 9}, {2, 3, 6}, {6}), "1 to 8", "another"),
        (({2, 3, 4, 6}, {2, 3, 6}, 6), "Three sets", "cells give a set"),
        (("2346", {2, 3, 6}, {6}), "Three sets", "digits give a set"),
    ],
)
def test_wrong_sets_get_the_right_hint(hints, wrong, gentle, concrete):
    first, second = hints(check_false_labels, RIGHT, *wrong)
    assert gentle in first
    assert concrete in second


def test_one_missing_set_is_no_answer(capsys):
    check_false_labels({2, 3, 4, 6}, ..., {6})
    assert capsys.readouterr().out.startswith("○")


# L1


def weights(model):
    return [parameter for parameter in model.parameters() if parameter.ndim == 2]


def by_loop(model, strength):
    total = 0
    for name, parameter in model.named_parameters():
        if name.endswith("weight"):
            total = total + torch.sum(torch.abs(parameter))
    return total * strength


@pytest.mark.parametrize(
    "answer",
    [
        lambda m, s: s * sum(w.abs().sum() for w in weights(m)),
        lambda m, s: L1(s)(m),
        lambda m, s: s * torch.cat([w.flatten() for w in weights(m)]).norm(p=1),
        lambda m, s: (s * sum(w.abs().sum() for w in weights(m))).reshape(1),
        by_loop,
    ],
)
def test_right_penalties_in_every_form(accepted, answer, recwarn):
    assert all(accepted(check_l1_penalty, answer) for _ in range(5))
    assert not recwarn.list


@pytest.mark.parametrize(
    ("wrong", "gentle", "concrete"),
    [
        (lambda m, s: s * sum(p.abs().sum() for p in m.parameters()), "too much", "biases"),
        (lambda m, s: s * sum(w.sum() for w in weights(m)), "cancel", ".abs()"),
        (lambda m, s: s * sum((w**2).sum() for w in weights(m)), "another penalty", "L2"),
        (lambda m, s: s / 2 * sum((w**2).sum() for w in weights(m)), "another penalty", "L2"),
        (lambda m, s: L1(s / 2)(m), "half", "belongs to L2"),
        (lambda m, s: sum(w.abs().sum() for w in weights(m)), "strength for", "Multiply"),
        (lambda m, s: s * torch.cat([w.flatten() for w in weights(m)]).abs().mean(), "mean", "number of"),
        (lambda m, s: s * sum(w.abs().mean() for w in weights(m)), "mean", "layers' means"),
        (lambda m, s: s * weights(m)[0].abs().sum(), "Some layers", "first layer"),
        (lambda m, s: s * weights(m)[-1].abs().sum(), "Some layers", "last layer"),
        (lambda m, s: s * sum(w.abs().sum() for w in weights(m)).item(), "no gradient", ".item()"),
        (lambda m, s: s * sum(w.detach().abs().sum() for w in weights(m)), "no gradient", ".detach()"),
        (lambda m, s: s * 7, "not the penalty", "fresh network"),
        (lambda m, s: "small", "plain number", "str"),
        (lambda m, s: L1(s)(m) + 1, "not the penalty", "fresh network"),
    ],
)
def test_wrong_penalties_get_the_right_hint(hints, wrong, gentle, concrete):
    first, second = hints(check_l1_penalty, (by_loop,), wrong)
    assert gentle in first
    assert concrete in second


# t


def by_statistics(first, second):
    error = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.mean(second) - statistics.mean(first)) / error**0.5


def in_torch(first, second):
    a, b = torch.tensor(first), torch.tensor(second)
    return (b.mean() - a.mean()) / (a.var() / len(a) + b.var() / len(b)).sqrt()


def of_scipy(first, second):
    return ttest_ind(second, first, equal_var=False).statistic


@pytest.mark.parametrize("answer", [by_statistics, in_torch, of_scipy])
def test_right_t_in_every_form(accepted, answer):
    assert all(accepted(check_t_value, answer) for _ in range(20))


def variances(first, second, ddof=1):
    return np.var(first, ddof=ddof) / len(first), np.var(second, ddof=ddof) / len(second)


@pytest.mark.parametrize(
    ("wrong", "gentle", "concrete"),
    [
        (lambda a, b: of_scipy(b, a), "wrong way round", "second recipe"),
        (lambda a, b: abs(of_scipy(a, b)), "Which of the two", "change its sign"),
        (
            lambda a, b: (np.mean(b) - np.mean(a)) / sum(v**0.5 for v in variances(a, b)),
            "do not simply add up",
            "then the square root",
        ),
        (lambda a, b: np.mean(b) - np.mean(a), "compared with luck", "standard error"),
        (lambda a, b: (np.mean(b) - np.mean(a)) / sum(variances(a, b, 0)) ** 0.5, "Nearly", "n - 1"),
        (
            lambda a, b: (np.mean(b) - np.mean(a)) / (np.var(a, ddof=1) + np.var(b, ddof=1)) ** 0.5,
            "number of seeds",
            "divided by its n",
        ),
        (lambda a, b: (np.mean(b) - np.mean(a)) / sum(variances(a, b)), "missing", "square root"),
        (lambda a, b: 4.3, "not t yet", "fresh accuracies"),
        (lambda a, b: [1, 2], "plain number", "list"),
    ],
)
def test_wrong_t_gets_the_right_hint(hints, wrong, gentle, concrete):
    first, second = hints(check_t_value, (of_scipy,), wrong)
    assert gentle in first
    assert concrete in second


# All four


@pytest.mark.parametrize("check", [check_random_shift, check_l1_penalty, check_t_value])
def test_a_gap_is_no_attempt_and_an_exception_becomes_a_hint(capsys, check):
    check(...)
    check(lambda *arguments: ...)
    check(lambda *arguments: None)
    check(lambda *arguments: 1 / 0)
    marks = [line[0] for line in capsys.readouterr().out.splitlines()]
    assert marks == ["○", "○", "○", "✗"]
