"""Exercises of step 2: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.model_selection import train_test_split
from verdicts import right, wrong

from mnist_helpers.exercises.step2 import (
    MISSING_SHARE,
    check_missing_share,
    check_one_hot,
    check_pixel_position,
    check_stratified_split,
)

PLACE = (17, 24)


def one_hot(labels):
    rows = torch.zeros(len(labels), 10)
    rows[torch.arange(len(labels)), labels.long()] = 1
    return rows


def all_in_every_row(labels):
    rows = torch.zeros(len(labels), 10)
    rows[:, labels.long()] = 1
    return rows


def column_by_column(labels):
    rows = torch.zeros(len(labels), 10)
    for digit in range(10):
        rows[:, digit] = labels == digit
    return rows


def row_by_row(labels):
    rows, i = torch.zeros(len(labels), 10), 0
    while i < len(labels):
        rows[i, labels[i].item()] = 1
        i += 1
    return rows


def per_digit(labels, pieces):
    """Both parts, joined from what `pieces` makes of the positions of each digit."""
    parts = [pieces((labels == digit).nonzero().flatten()) for digit in range(10)]
    return tuple(torch.cat(part) for part in zip(*parts, strict=True))


def cut(own, val_fraction):
    size = round(val_fraction * len(own))
    return own[size:], own[:size]


def shuffled(own, generator):
    return own[torch.randperm(len(own), generator=generator)]


def split(labels, val_fraction, generator):
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


def with_a_seed_inside(labels, val_fraction, generator):
    return split(labels, val_fraction, torch.Generator().manual_seed(0))


ANSWERS = {
    check_pixel_position: [
        right(565, PLACE),
        right(565.0, [17.0, 24.0]),
        right(np.int64(565), np.array(PLACE)),
        right(torch.tensor(565), torch.tensor(PLACE)),
        right(565, divmod(500, 28)),
        wrong(160, PLACE, gentle="row or the column", concrete="swapped row and column"),
        wrong(566, PLACE, gentle="One off", concrete="counted from 0"),
        wrong(537, PLACE, gentle="One row off", concrete="full rows come before"),
        wrong(100, PLACE, gentle="Not a product", concrete="28 pixels"),
        wrong(42, PLACE, gentle="not right", concrete="20 full rows"),
        wrong("565", PLACE, gentle="plain number"),
        wrong(565, (24, 17), gentle="nearly", concrete="swapped row and column"),
        wrong(565, (18, 25), gentle="nearly", concrete="from 0"),
        wrong(565, (500 / 28, 0), gentle="whole number", concrete="what is left over"),
        wrong(565, (1, 1), gentle="the place is not", concrete="How many full rows"),
        wrong(565, 17, gentle="Two parts", concrete="(row, column)"),
        wrong(565, (17, 24, 0), gentle="Two parts", concrete="(row, column)"),
        wrong(565, {17, 24}, gentle="Two parts", concrete="(row, column)"),
        wrong(565, (..., ...), gentle="still missing", concrete="(row, column)"),
    ],
    check_one_hot: [
        right(one_hot),
        right(lambda labels: torch.eye(10)[labels.long()]),
        right(lambda labels: labels[:, None] == torch.arange(10)),
        right(lambda labels: np.eye(10, dtype=int)[labels.numpy()]),
        right(lambda labels: torch.zeros(len(labels), 10).scatter(1, labels.long()[:, None], 1)),
        wrong(lambda labels: one_hot(labels).T, gentle="shape", concrete="swapped"),
        wrong(
            lambda labels: torch.eye(10)[:, :9][labels.long()], gentle="does not occur", concrete="ten col"
        ),
        wrong(lambda labels: one_hot(labels).flatten(), gentle="(130,)", concrete="(13, 10) is wanted"),
        wrong(lambda labels: one_hot(labels).roll(-1, 1), gentle="One place off", concrete="not subtract 1"),
        wrong(lambda labels: one_hot(labels) * labels[:, None], gentle="values", concrete="not the digit"),
        wrong(all_in_every_row, gentle="All rows are the same", concrete="needs an index"),
        wrong(lambda labels: one_hot(labels).roll(3, 1), gentle="right place", concrete="a single 1, in col"),
        wrong(lambda labels: torch.eye(10)[labels], gentle="some labels", concrete="labels.long()"),
        wrong(lambda labels: F.one_hot(labels.long(), 10), gentle="without `one_hot`", concrete="table"),
        wrong(column_by_column, gentle="without a loop", concrete="compare to"),
        wrong(row_by_row, gentle="without a loop"),
        wrong(lambda labels: [[int(x == k) for k in range(10)] for x in labels], gentle="loop"),
    ],
    check_missing_share: [
        *map(right, (0.37, 0.345, 0.395, np.float32(0.36), torch.tensor(0.38))),
        wrong(0.63, gentle="with or without", concrete="with all ten digits"),
        wrong(0.042, gentle="Rarer", concrete="one certain digit"),
        wrong(0.424, gentle="too often", concrete="count samples"),
        wrong(37.2, gentle="between 0 and 1", concrete="per cent"),
        wrong(742, gentle="between 0 and 1", concrete="by 2,000"),
        wrong(0.1, gentle="says something else", concrete="fewer than ten"),
        wrong(float("nan"), gentle="says something else", concrete="fewer than ten"),
        wrong("0.37", gentle="plain number"),
    ],
    check_stratified_split: [
        *map(right, (split, with_scikit_learn, rounded_down_as_lists)),
        wrong(lambda a, f, g: cut(a.argsort(), f), gentle="share of every digit", concrete="by itself"),
        wrong(lambda a, f, g: cut(torch.randperm(len(a), generator=g), f), gentle="share of every digit"),
        wrong(lambda a, f, g: split(a, 0.2, g), gentle="share of every", concrete="35%"),
        wrong(
            lambda a, f, g: per_digit(a, lambda own: cut(own, f)), gentle="Another seed", concrete="without"
        ),
        wrong(with_a_seed_inside, gentle="Another seed", concrete="seed of your own"),
        wrong(lambda a, f, g: split(a, f, None), gentle="same seed", concrete="generator="),
        wrong(lambda a, f, g: split(a, f, g)[::-1], gentle="larger one", concrete="swapped"),
        wrong(
            lambda a, f, g: per_digit(a, lambda own: cut(torch.randperm(len(own), generator=g), f)),
            gentle="occur twice",
            concrete="own[…]",
        ),
        wrong(lambda a, f, g: [a[part.long()] for part in split(a, f, g)], gentle="Labels or positions"),
        wrong(
            lambda a, f, g: [part[:-3] for part in split(a, f, g)], gentle="6 of", concrete="the last ones"
        ),
        wrong(
            lambda a, f, g: [part + 1 for part in split(a, f, g)], gentle="no image", concrete="between 0 and"
        ),
        wrong(
            lambda a, f, g: [list(p.split(9)) for p in split(a, f, g)], gentle="tensor yet", concrete="cat"
        ),
        wrong(lambda a, f, g: [a == 0, a > 0], gentle="list of positions", concrete="whole numbers"),
        wrong(lambda a, f, g: torch.arange(len(a)), gentle="Two parts", concrete="(train, val)"),
    ],
}


def test_the_missing_share_agrees_with_an_experiment():
    draws = torch.randint(10, (20_000, 30), generator=torch.Generator().manual_seed(0))
    kinds = F.one_hot(draws, 10).any(dim=1).sum(dim=1)
    assert pytest.approx((kinds < 10).float().mean().item(), abs=0.015) == MISSING_SHARE
