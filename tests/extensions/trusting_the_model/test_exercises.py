"""Exercises of trusting_the_model: wrong answers earn the right hint, right ones in any form pass."""

import math

import numpy as np
import torch
from verdicts import assert_verdict, each_answer, right, wrong

from mnist_helpers.extensions.trusting_the_model.exercises import (
    check_clean_record,
    check_clean_sweep,
    check_sure_answers,
    check_temperature,
)


def sure_answers(probabilities, labels, threshold):
    confidence, digits = probabilities.max(dim=1)
    sure = confidence >= threshold
    return sure.float().mean(), (digits == labels)[sure].float().mean()


def sure_answers_numpy(probabilities, labels, threshold):
    p, labels = probabilities.numpy(), labels.numpy()
    kept = p.max(axis=1) > threshold
    return np.array([kept.mean(), (p[kept].argmax(axis=1) == labels[kept]).mean()])


def sure_answers_loop(probabilities, labels, threshold):
    answers = [
        row.argmax().item() == label
        for row, label in zip(probabilities, labels.tolist(), strict=True)
        if row.max() > threshold
    ]
    return [len(answers) / len(labels), sum(answers) / len(answers)]


def right_and_sure(probabilities, labels, threshold):
    confidence, digits = probabilities.max(dim=1)
    return digits == labels, confidence > threshold


def swapped(*arguments):
    return sure_answers(*arguments)[::-1]


def refused(*arguments):
    answered, accuracy = sure_answers(*arguments)
    return 1 - answered, accuracy


def counted(*arguments):
    correct, sure = right_and_sure(*arguments)
    return sure.sum(), correct[sure].float().mean()


def of_all_images(*arguments):
    correct, sure = right_and_sure(*arguments)
    return sure.float().mean(), correct.float().mean()


def divided_by_all(*arguments):
    correct, sure = right_and_sure(*arguments)
    return sure.float().mean(), (correct & sure).float().mean()


def one_number(*arguments):
    return sure_answers(*arguments)[1]


def constant(*arguments):
    return 0.5123, 0.9


def half_right(*arguments):
    return sure_answers(*arguments)[0], 0.123


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
    check_sure_answers: [
        *map(right, (sure_answers, sure_answers_numpy, sure_answers_loop)),
        wrong(swapped, gentle="order", concrete="comes first"),
        wrong(refused, gentle="refuses", concrete="above the threshold"),
        wrong(counted, gentle="between 0 and 1", concrete="Divide"),
        wrong(of_all_images, gentle="all images", concrete="right[sure]"),
        wrong(divided_by_all, gentle="too many", concrete="number of answers given"),
        wrong(one_number, gentle="Two parts", concrete="a pair (answered, accuracy)"),
        wrong(constant, gentle="not right yet", concrete="you say 51.2%"),
        wrong(half_right, gentle="not right yet", concrete="you say 12.3%"),
        wrong(lambda p, y, t: sure_answers(p, y, 0.9), gentle="share answered is not right"),
        wrong(lambda p, y, t: sure_answers(p, y, t + 0.02), gentle="share answered is not right"),
        wrong(0.9, gentle="function itself"),
    ],
}


@each_answer(ANSWERS)
def test_verdict(check, first, answer, capsys):
    assert_verdict(capsys, check, first, answer)
