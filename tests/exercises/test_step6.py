"""Exercises of step 6: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import torch
from scipy.ndimage import center_of_mass
from verdicts import right, wrong

from mnist_helpers.exercises.step6 import check_answers, check_frame, check_share_to_keep, check_top_two


def answers(logits):
    confidence, digit = logits.softmax(dim=1).max(dim=1)
    return digit, confidence


def top_two(p):
    return p.topk(2, dim=1).indices


def keep(confidence, right, limit, first=False, strict=False, order=None):
    order = confidence.argsort(descending=True) if order is None else order
    shares = (~right[order]).numpy().cumsum() / np.arange(1, len(right) + 1)
    within = shares < limit if strict else shares <= limit
    if first:
        return np.append(within, False).argmin() / len(right)
    return 0 if not within.any() else (np.flatnonzero(within)[-1] + 1) / len(right)


def crop(ink):
    rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def place(digit, top, left):
    frame = np.zeros((28, 28))
    frame[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return frame


def by_mass(ink, to_whole=round, middle=14.0, clamp=True, weigh=lambda digit: digit):
    """Placed by the centre of mass, with ways to do it wrongly."""
    corner = [to_whole(middle - centre) for centre in center_of_mass(weigh(crop(ink)))]
    if clamp:
        corner = [min(max(c, 0), 28 - length) for c, length in zip(corner, crop(ink).shape, strict=True)]
    return place(crop(ink), *corner)


def by_box(ink):
    height, width = crop(ink).shape
    return place(crop(ink), (28 - height) // 2, (28 - width) // 2)


ANSWERS = {
    check_answers: [
        right(answers),
        right(lambda x: [part.numpy() for part in answers(x)]),
        right(lambda x: (x.argmax(1).tolist(), x.softmax(1).amax(1).tolist())),
        wrong(lambda x: x.argmax(1), gentle="Two parts", concrete="pair"),
        wrong(lambda x: x.softmax(1).max(0)[::-1], gentle="shapes", concrete="(40,)"),
        wrong(lambda x: x.softmax(1).max(1), gentle="first", concrete="positions second"),
        wrong(lambda x: (x.argmin(1), x.softmax(1).amax(1)), gentle="differ", concrete="position"),
        wrong(lambda x: (x.argmax(1), x.amax(1)), gentle="between 0 and 1", concrete="softmax first"),
        wrong(lambda x: (x.argmax(1), x.softmax(0).amax(1)), gentle="off", concrete="dim=1"),
        wrong(lambda x: (x.argmax(1), x.sigmoid().amax(1)), gentle="are not", concrete="largest prob"),
        wrong(lambda x: (x.argmax(1), x.softmax(1).amax(1).round()), gentle="are not"),
    ],
    check_top_two: [
        right(top_two),
        right(lambda p: np.argsort(-p.numpy(), axis=1)[:, :2].copy()),
        right(lambda p: top_two(p).tolist()),
        wrong(lambda p: p.topk(2, dim=1), gentle="two things", concrete=".indices"),
        wrong(lambda p: p.topk(2, dim=1).values, gentle="Which digits", concrete="indices"),
        wrong(lambda p: p.topk(2, dim=0).indices, gentle="shape", concrete="(30, 2)"),
        wrong(lambda p: p.argmax(1), gentle="shape", concrete="(30, 2)"),
        wrong(lambda p: top_two(p).flip(1), gentle="order", concrete="likelier digit comes first"),
        wrong(lambda p: top_two(p).sort(1).values, gentle="order", concrete="likelier digit comes first"),
        wrong(lambda p: p.argsort(dim=1)[:, :2], gentle="which end", concrete="least likely"),
        wrong(lambda p: p.argmax(1)[:, None].expand(-1, 2), gentle="every row", concrete="Row by row"),
    ],
    check_share_to_keep: [
        right(keep),
        right(lambda *a: torch.tensor(keep(*a))),
        wrong(lambda *a: len(a[0]) * keep(*a), gentle="What share", concrete="Divide"),
        wrong(lambda *a: 100 * keep(*a), gentle="between 0 and 1", concrete="100"),
        wrong(lambda *a: 1 - keep(*a), gentle="given away", concrete="a person"),
        wrong(lambda *a: keep(*a, first=True), gentle="too early", concrete="last place"),
        wrong(lambda *a: keep(*a, strict=True), gentle="limit of", concrete="at most"),
        wrong(lambda c, r, limit: keep(c, r, limit, order=c.argsort()), gentle="limit of"),
        wrong(lambda c, r, limit: keep(c, r, limit, order=torch.arange(len(c))), gentle="limit of"),
        wrong(lambda c, r, limit: (c >= 1 - limit).float().mean(), gentle="limit of"),
        wrong(lambda c, r, limit: r.float().mean(), gentle="limit of", concrete="surest first"),
        wrong(lambda *a: keep(*a) or 1, gentle="surest answer is wrong", concrete="0"),
        wrong(lambda *a: keep(*a) or [][0], gentle="surest answer is wrong", concrete="0"),
    ],
    check_frame: [
        right(by_mass),
        right(lambda ink: by_mass(ink).tolist()),
        right(lambda ink: torch.tensor(by_mass(ink))),
        wrong(crop, gentle="the shape", concrete="(28, 28)"),
        wrong(lambda ink: ink[:28, :28] * 0, gentle="lost", concrete="margins"),
        wrong(lambda ink: 2 * by_mass(ink), gentle="lost", concrete="do not scale"),
        wrong(by_box, gentle="by what", concrete="centre of mass"),
        wrong(lambda ink: np.roll(by_mass(ink), 1), gentle="in its place", concrete="round(14"),
        wrong(lambda ink: by_mass(ink, to_whole=int), gentle="in its place"),
        wrong(lambda ink: by_mass(ink, middle=13.5), gentle="in its place"),
        wrong(lambda ink: by_mass(ink, weigh=lambda digit: digit > 0), gentle="in its place"),
        wrong(lambda ink: by_mass(ink.T).T[::-1], gentle="in its place"),
        wrong(lambda ink: by_mass(ink, clamp=False), gentle="at one edge", concrete="leave the frame"),
    ],
}
