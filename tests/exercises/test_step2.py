"""Exercises of step 2: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.model_selection import train_test_split

from mnist_helpers.exercises.step2 import (
    check_missing_share,
    check_one_hot,
    check_pixel_position,
    check_stratified_split,
    share_that_misses_a_class,
)


@pytest.mark.parametrize(
    "answers",
    [
        (565, (17, 24)),
        (565.0, [17.0, 24.0]),
        (np.int64(565), np.array([17, 24])),
        (torch.tensor(565), torch.tensor([17, 24])),
        (565, divmod(500, 28)),
    ],
)
def test_pixel_position_accepts_every_kind_of_number_and_pair(answers, capsys):
    check_pixel_position(*answers)
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize(
    ("answers", "gentle", "concrete"),
    [
        ((160, (17, 24)), "row or the column", "swapped row and column"),
        ((566, (17, 24)), "One off", "counted from 0"),
        ((537, (17, 24)), "One row off", "full rows come before"),
        ((100, (17, 24)), "Not a product", "28 pixels"),
        ((42, (17, 24)), "not right", "20 full rows"),
        ((565, (24, 17)), "nearly", "swapped row and column"),
        ((565, (18, 25)), "nearly", "from 0"),
        ((565, (500 / 28, 0)), "whole number", "what is left over"),
        ((565, (1, 1)), "the place is not", "How many full rows"),
        ((565, 17), "two parts", "(row, column)"),
        ((565, (..., ...)), "still missing", "(row, column)"),
    ],
)
def test_pixel_position_names_the_mistake(answers, gentle, concrete, hints):
    first, second = hints(check_pixel_position, (565, (17, 24)), *answers)
    assert gentle in first
    assert concrete in second


def one_hot(labels):
    rows = torch.zeros(len(labels), 10)
    rows[torch.arange(len(labels)), labels] = 1
    return rows


def all_in_every_row(labels):
    rows = torch.zeros(len(labels), 10)
    rows[:, labels] = 1
    return rows


@pytest.mark.parametrize(
    "answer",
    [
        one_hot,
        lambda labels: torch.eye(10)[labels],
        lambda labels: labels[:, None] == torch.arange(10),
        lambda labels: np.eye(10, dtype=int)[labels.numpy()],
        lambda labels: [[int(digit == label) for digit in range(10)] for label in labels],
    ],
)
def test_one_hot_accepts_every_way_to_write_it(answer, capsys):
    for _ in range(5):
        check_one_hot(answer)
    assert capsys.readouterr().out.count("✓") == 5


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda labels: one_hot(labels).T, "shape", "swapped"),
        (F.one_hot, "columns", "ten columns"),
        (lambda labels: one_hot(labels).flatten(), "one row of ten", "10) is wanted"),
        (lambda labels: one_hot(labels).roll(-1, 1), "One place off", "do not subtract 1"),
        (lambda labels: one_hot(labels) * labels[:, None], "values", "not the digit"),
        (all_in_every_row, "All rows are the same", "needs an index"),
        (lambda labels: one_hot(labels).roll(3, 1), "right place", "a single 1, in column"),
    ],
)
def test_one_hot_names_the_mistake(answer, gentle, concrete, hints):
    first, second = hints(check_one_hot, (one_hot,), answer)
    assert gentle in first
    assert concrete in second


def test_share_that_misses_a_class_agrees_with_an_experiment():
    draws = torch.randint(10, (20_000, 30), generator=torch.Generator().manual_seed(0))
    kinds = F.one_hot(draws, 10).any(dim=1).sum(dim=1)
    assert share_that_misses_a_class(30) == pytest.approx((kinds < 10).float().mean().item(), abs=0.015)


@pytest.mark.parametrize("share", [0.37, 0.345, 0.395, np.float32(0.36), torch.tensor(0.38)])
def test_missing_share_accepts_what_an_experiment_gives(share, capsys):
    check_missing_share(share)
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize(
    ("share", "gentle", "concrete"),
    [
        (0.63, "with or without", "with all ten digits"),
        (0.042, "Rarer", "one certain digit"),
        (0.424, "too often", "count samples"),
        (742, "between 0 and 1", "by 2,000"),
        (0.1, "says something else", "fewer than ten"),
        (float("nan"), "says something else", "fewer than ten"),
    ],
)
def test_missing_share_names_the_mistake(share, gentle, concrete, hints):
    first, second = hints(check_missing_share, (0.37,), share)
    assert gentle in first
    assert concrete in second


def per_digit(labels, pieces):
    """Both parts, joined from what `pieces` makes of the positions of each digit."""
    parts = [pieces((labels == digit).nonzero().flatten()) for digit in range(10)]
    return tuple(torch.cat(part) for part in zip(*parts, strict=True))


def cut(own, val_fraction):
    size = round(val_fraction * len(own))
    return own[size:], own[:size]


def shuffled(own, generator):
    return own[torch.randperm(len(own), generator=generator)]


def stratified(labels, val_fraction, generator):
    return per_digit(labels, lambda own: cut(shuffled(own, generator), val_fraction))


def with_scikit_learn(labels, val_fraction, generator):
    return train_test_split(
        np.arange(len(labels)), test_size=val_fraction, stratify=labels, random_state=generator.initial_seed()
    )


def rounded_down_as_lists(labels, val_fraction, generator):
    train, val = per_digit(
        labels,
        lambda own: shuffled(own, generator).tensor_split([len(own) - int(val_fraction * len(own))]),
    )
    return train.tolist(), val.tolist()


@pytest.mark.parametrize("answer", [stratified, with_scikit_learn, rounded_down_as_lists])
def test_stratified_split_accepts_every_sound_split(answer, capsys):
    for _ in range(5):
        check_stratified_split(answer)
    assert capsys.readouterr().out.count("✓") == 5


def plain_random(labels, val_fraction, generator):
    return cut(torch.randperm(len(labels), generator=generator), val_fraction)


def only_the_low_digits(labels, val_fraction, generator):
    return cut(labels.argsort(), val_fraction)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (only_the_low_digits, "share of every digit", "each digit by itself"),
        (lambda a, f, g: per_digit(a, lambda own: cut(own, f)), "Another seed", "without shuffling"),
        (lambda a, f, g: stratified(a, f, g)[::-1], "larger one", "swapped"),
        (
            lambda a, f, g: per_digit(a, lambda own: cut(torch.randperm(len(own), generator=g), f)),
            "occur twice",
            "own[…]",
        ),
        (lambda a, f, g: [a[part] for part in stratified(a, f, g)], "Labels or positions", "return labels"),
        (lambda a, f, g: [part[:-3] for part in stratified(a, f, g)], "6 of", "the last ones"),
        (lambda a, f, g: [part + 1 for part in stratified(a, f, g)], "lead to no image", "between 0 and"),
        (
            lambda a, f, g: stratified(a, f, torch.Generator().manual_seed(g.seed())),
            "same seed",
            "generator=",
        ),
        (
            lambda a, f, g: [list(part.split(9)) for part in stratified(a, f, g)],
            "not one tensor",
            "torch.cat",
        ),
        (lambda a, f, g: [a == 0, a > 0], "list of positions", "whole numbers"),
        (lambda a, f, g: torch.arange(len(a)), "two parts", "(train, val)"),
    ],
)
def test_stratified_split_names_the_mistake(answer, gentle, concrete, hints):
    first, second = hints(check_stratified_split, (stratified,), answer)
    assert gentle in first
    assert concrete in second


def test_a_plain_random_split_does_not_pass_but_by_rare_luck(capsys):
    for _ in range(20):
        check_stratified_split(plain_random)
    assert capsys.readouterr().out.count("✓") <= 1
