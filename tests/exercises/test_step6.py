"""Exercises of step 6: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import pytest
import torch
from scipy.ndimage import center_of_mass

from mnist_helpers.exercises.step6 import check_answers, check_frame, check_share_to_keep, check_top_two


def answers(logits):
    confidence, digit = logits.softmax(dim=1).max(dim=1)
    return digit, confidence


def top_two(p):
    return p.topk(2, dim=1).indices


def keep(confidence, right, limit, first=False):
    mistakes = (~right[confidence.argsort(descending=True)]).numpy().cumsum()
    within = mistakes / np.arange(1, len(right) + 1) <= limit
    if first:
        return within.argmin() / len(right)
    return 0 if not within.any() else (np.flatnonzero(within)[-1] + 1) / len(right)


def crop(ink):
    rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def place(digit, top, left):
    frame = np.zeros((28, 28))
    frame[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return frame


def frame(ink):
    row, column = center_of_mass(crop(ink))
    return place(crop(ink), round(14 - row), round(14 - column))


def by_box(ink):
    height, width = crop(ink).shape
    return place(crop(ink), (28 - height) // 2, (28 - width) // 2)


RIGHT = {check_answers: answers, check_top_two: top_two, check_share_to_keep: keep, check_frame: frame}


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        *RIGHT.items(),
        (check_answers, lambda x: [part.numpy() for part in answers(x)]),
        (check_top_two, lambda p: np.argsort(-p.numpy(), axis=1)[:, :2].copy()),
        (check_share_to_keep, lambda c, r, limit: torch.tensor(keep(c, r, limit))),
        (check_frame, lambda ink: frame(ink).tolist()),
    ],
)
def test_correct_answers_pass_in_every_form(check, answer, capsys):
    check(answer)
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize(
    ("check", "answer", "gentle", "concrete"),
    [
        (check_answers, lambda x: x.argmax(1), "Two things", "pair"),
        (check_answers, lambda x: x.softmax(1).max(0)[::-1], "shapes", "(40,)"),
        (check_answers, lambda x: tuple(x.softmax(1).max(1)), "first", "positions second"),
        (check_answers, lambda x: (x.argmin(1), x.softmax(1).max(1).values), "differ", "position"),
        (check_answers, lambda x: (x.argmax(1), x.max(1).values), "between 0 and 1", "softmax first"),
        (check_answers, lambda x: (x.argmax(1), x.softmax(0).max(1).values), "off", "dim=1"),
        (check_answers, lambda x: (x.argmax(1), x.sigmoid().max(1).values), "are not", "largest prob"),
        (check_top_two, lambda p: p.topk(2, dim=1).values, "Which digits", "indices"),
        (check_top_two, lambda p: p.topk(2, dim=0).indices, "shape", "(30, 2)"),
        (check_top_two, lambda p: top_two(p).flip(1), "order", "likelier digit comes first"),
        (check_top_two, lambda p: p.argsort(dim=1)[:, :2], "which end", "least likely"),
        (check_top_two, lambda p: torch.zeros(30, 2, dtype=int), "every row", "Row by row"),
        (check_share_to_keep, lambda c, r, x: 500 * keep(c, r, x), "What share", "Divide"),
        (check_share_to_keep, lambda c, r, x: 1 - keep(c, r, x), "given away", "a person"),
        (check_share_to_keep, lambda c, r, x: keep(c, r, x, first=True), "too early", "last place"),
        (check_share_to_keep, lambda c, r, x: r.float().mean(), "limit of", "surest first"),
        (check_share_to_keep, lambda c, r, x: keep(c, r, x) or 1, "surest answer is wrong", "0"),
        (check_frame, lambda ink: crop(ink), "shape", "(28, 28)"),
        (check_frame, lambda ink: ink[:28, :28] * 0, "lost", "margins"),
        (check_frame, by_box, "by what", "centre of mass"),
        (check_frame, lambda ink: np.roll(frame(ink), 1), "in its place", "round(14"),
    ],
)
def test_typical_mistakes_get_a_gentle_then_a_concrete_hint(check, answer, gentle, concrete, hints):
    first, second = hints(check, (RIGHT[check],), answer)
    assert gentle in first
    assert concrete in second
