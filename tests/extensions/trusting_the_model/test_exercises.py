"""Exercises of trusting_the_model: wrong answers earn the right hint, right ones in any form pass."""

import math

import numpy as np
import torch
from verdicts import right, wrong

from mnist_helpers.extensions.trusting_the_model.exercises import (
    check_auroc,
    check_clean_record,
    check_clean_sweep,
    check_temperature,
)


def auroc(digits, letters):
    return (digits[:, None] > letters).float().mean()


def auroc_by_ranks(digits, letters):
    ranks = torch.cat([digits, letters]).argsort().argsort() + 1
    n, m = len(digits), len(letters)
    return (ranks[:n].sum().item() - n * (n + 1) / 2) / (n * m)


def auroc_loop(digits, letters):
    return np.mean([d > o for d in digits.tolist() for o in letters.tolist()])


def without_pairs(digits, letters):
    return (digits > letters).float().mean()


ANSWERS = {
    check_temperature: [
        *map(right, (4 / math.log(3), 3.64, np.float32(3.641), torch.tensor(3.641))),
        wrong(math.log(3) / 4, gentle="multiply by", concrete="divides the logits by T"),
        wrong(2, gentle="not 75%", concrete="88.1%: too sure, so go higher"),
        wrong(8, gentle="not 75%", concrete="62.2%: not sure enough, so go lower"),
        wrong(3, gentle="not 75%", concrete="too sure"),
        wrong(float("inf"), gentle="not 75%", concrete="50.0%: not sure enough"),
        wrong(-1, gentle="above 0", concrete="nothing to divide"),
        wrong(float("nan"), gentle="above 0"),
        wrong("3.64", gentle="One plain number", concrete="str"),
    ],
    check_clean_record: [
        right(1 - 0.05 ** (1 / 300)),
        right(torch.tensor(3 / 300)),  # the rule of three
        right(np.float32(-math.log(0.05) / 300)),
        wrong(0, gentle="1 in 20", concrete="100.0% of the cases: too often"),
        wrong(1 / 300, gentle="1 in 20", concrete="36.7% of the cases: too often"),
        wrong(1 - 0.025 ** (1 / 300), gentle="1 in 20", concrete="2.5% of the cases: too rarely"),
        wrong(0.05, gentle="1 in 20", concrete="0.0% of the cases: too rarely"),
        wrong(0.05 ** (1 / 300), gentle="wrong", concrete="per cent"),
        wrong(1 - 0.95 ** (1 / 300), gentle="Which of the two", concrete="19 cases of 20"),
        wrong(0.05 / 300, gentle="Which of the two"),
        wrong(3, gentle="a share", concrete="5%"),
        wrong(-0.01, gentle="a share"),
        wrong(float("nan"), gentle="a share"),
        wrong("1%", gentle="One plain number"),
    ],
    check_clean_sweep: [
        *map(right, (6, np.int64(6), torch.tensor(6))),
        wrong(5, gentle="both models", concrete="first model wins them all"),
        wrong(3, gentle="luck", concrete="p = 0.25"),
        wrong(10, gentle="Fewer", concrete="the least number"),
        wrong(5.5, gentle="whole", concrete="whole number"),
        wrong(-(10**9), gentle="whole"),
        wrong(float("nan"), gentle="whole"),
    ],
    check_auroc: [
        *map(right, (auroc, auroc_by_ranks, auroc_loop)),
        wrong(lambda d, o: auroc(o, d), gentle="Who should lead", concrete="letter scores higher"),
        wrong(lambda d, o: (d[:, None] > o).sum(), gentle="between 0 and 1", concrete="divide"),
        wrong(without_pairs, gentle="meet every letter", concrete="digits[:, None]"),
        wrong(lambda d, o: (d > o.mean()).float().mean(), gentle="one number", concrete="their middle"),
        wrong(lambda d, o: (torch.cat([d, o]) > 0).float().mean(), gentle="Which two", concrete="with 0"),
        wrong(lambda d, o: (d > 0.5).float().mean(), gentle="share of pairs", concrete="you say"),
        wrong(lambda d, o: d.mean() - o.mean(), gentle="share of pairs", concrete="you say"),
        wrong(lambda d, o: 0.71, gentle="share of pairs", concrete="you say 71.0%"),
        wrong(0.7, gentle="function itself"),
    ],
}
