"""Exercises of step 5: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import torch
from verdicts import right, wrong

from mnist_helpers.exercises.step5 import (
    check_accuracy,
    check_images_needed,
    check_recall,
    check_surest_mistakes,
)


def accuracy(logits, labels):
    return (logits.argmax(1) == labels).float().mean()


def mean_recall(logits, labels):
    right = logits.argmax(1) == labels
    return torch.stack([right[labels == digit].float().mean() for digit in labels.unique()]).mean()


def worst(p, y, count):
    confidence, answers = p.max(dim=1)
    wrong = (answers != y).nonzero().flatten()
    return wrong[confidence[wrong].argsort(descending=True)][:count]


def among_mistakes(p, y, count):
    confidence, answers = p.max(dim=1)
    return confidence[answers != y].argsort(descending=True)[:count]


def precision(c, d):
    return c[d, d] / c[:, d].sum()


def recall(c, d):
    return c[d, d] / c[d].sum()


ANSWERS = {
    check_accuracy: [
        right(accuracy),
        right(lambda p, y: np.mean(p.numpy().argmax(1) == y.numpy())),
        right(lambda p, y: sum((p.argmax(1) == y).tolist()) / len(y)),
        wrong(lambda p, y: (p.argmax(1) == y).sum(), gentle="What share", concrete="divide"),
        wrong(lambda p, y: 100 * accuracy(p, y), gentle="between 0 and 1", concrete="per cent"),
        wrong(lambda p, y: 1 - accuracy(p, y), gentle="wrong ones", concrete="wrong answers"),
        wrong(lambda p, y: (p.max(1).values == y).float().mean(), gentle="another one", concrete="argmax"),
        wrong(lambda p, y: accuracy(p, y[:, None]), gentle="Which answers", concrete="(n, 1)"),
        wrong(lambda p, y: (p.argmax(0) == y).float().mean(), gentle="which axis", concrete="dim=1"),
        wrong(mean_recall, gentle="another one"),
        wrong(lambda p, y: (p.topk(2).indices == y[:, None]).any(1).float().mean(), gentle="another one"),
        wrong(lambda p, y: p.argmax(1) == y, gentle="One plain number", concrete="Tensor"),
    ],
    check_images_needed: [
        *map(right, (75_296, 1.96**2 * 0.98 * 0.02 / 0.001**2, np.float64(75_000), torch.tensor(75_000))),
        wrong(7.5296, gentle="units", concrete="0.001"),
        wrong(19_600, gentle="missing", concrete="1.96"),
        wrong(38_416, gentle="missing", concrete="1.96"),
        wrong(274.4, gentle="too small", concrete="Square"),
        wrong(301_184, gentle="Too many", concrete="either side"),
        wrong(10_000, gentle="Start from", concrete="solve for n"),
        wrong("75296", gentle="plain number"),
    ],
    check_recall: [
        right(recall),
        right(lambda c, d: torch.tensor(c)[d, d] / torch.tensor(c).sum(dim=1)[d]),
        right(lambda c, d: c.diagonal()[d] / c.sum(axis=1)[d]),
        wrong(precision, gentle="other question", concrete="precision"),
        wrong(lambda c, d: c[d, d], gentle="of how many", concrete="Divide"),
        wrong(lambda c, d: c[d, d] / c.sum(), gentle="Of how many", concrete="all images"),
        wrong(lambda c, d: 100 * recall(c, d), gentle="between 0 and 1", concrete="per cent"),
        wrong(lambda c, d: recall(c, 8), gentle="every matrix", concrete="on the diagonal"),
        wrong(lambda c, d: c[d, d] / (c[d].sum() - c[d, d]), gentle="every matrix"),
        wrong(lambda c, d: 2 / (1 / recall(c, d) + 1 / precision(c, d)), gentle="every matrix"),
        wrong(lambda c, d: c[d, d] / c.sum(dim=1)[d], gentle="PyTorch's or NumPy's", concrete="`axis`"),
    ],
    check_surest_mistakes: [
        right(worst),
        right(lambda p, y, n: worst(p, y, n).tolist()),
        right(lambda p, y, n: worst(p, y, n).numpy()),
        wrong(lambda p, y, n: p.amax(1).topk(n).values, gentle="Which images", concrete="positions"),
        wrong(lambda p, y, n: p.argmax(1) != y, gentle="Which images", concrete="a mask"),
        wrong(lambda p, y, n: worst(p, y, 99), gentle="Not all", concrete="`count`"),
        wrong(lambda p, y, n: worst(p, y, 5), gentle="(5,)", concrete="(3,) is wanted"),
        wrong(lambda p, y, n: worst(p, y, n - 1), gentle="(4,)", concrete="`count`"),
        wrong(among_mistakes, gentle="are right", concrete="positions among them"),
        wrong(lambda p, y, n: p.amax(1).topk(n).indices, gentle="are right", concrete="differs"),
        wrong(lambda p, y, n: worst(p, y, 60).flip(0)[:n], gentle="not the surest", concrete="upwards"),
        wrong(lambda p, y, n: worst(p, y, n).flip(0), gentle="surest first", concrete="downwards"),
        wrong(lambda p, y, n: p[range(len(y)), y].argsort()[:n], gentle="surest"),  # by their loss
        wrong(lambda p, y, n: p.amax(1).topk(n), gentle="two things", concrete=".indices"),
    ],
}
