"""The checkers of trusting_the_model: correct answers in every form, wrong ones with the right hint."""

import math

import numpy as np
import pytest
import torch
from conftest import said

from mnist_helpers.extensions.trusting_the_model.exercises import (
    check_clean_sweep,
    check_sure_answers,
    check_temperature,
    check_test_set_size,
)


@pytest.fixture(autouse=True)
def _fresh_attempts(capsys):
    """A right answer resets the count of attempts."""
    check_temperature(4 / math.log(3))
    check_test_set_size(75_295)
    check_clean_sweep(6)
    check_sure_answers(sure_answers)
    assert capsys.readouterr().out.count("✓") == 4


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


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (check_temperature, 4 / math.log(3)),
        (check_temperature, 3.64),
        (check_temperature, np.float32(3.641)),
        (check_temperature, torch.tensor(3.641)),
        (check_test_set_size, 75_295),
        (check_test_set_size, 75_295.36),
        (check_test_set_size, np.int64(75_000)),
        (check_test_set_size, torch.tensor(78_400)),  # with 2 in place of 1.96
        (check_clean_sweep, 6),
        (check_clean_sweep, np.int64(6)),
        (check_clean_sweep, torch.tensor(6)),
        (check_sure_answers, sure_answers),
        (check_sure_answers, sure_answers_numpy),
        (check_sure_answers, sure_answers_loop),
    ],
)
def test_correct_answers_in_every_form(capsys, check, answer):
    for line in said(capsys, check, answer):
        assert line.startswith("✓")


@pytest.mark.parametrize(
    ("check", "answer", "gentle", "concrete"),
    [
        (check_temperature, math.log(3) / 4, "multiply by", "divides the logits by T"),
        (check_temperature, 2, "not 75%", "88.1%: too sure, so go higher"),
        (check_temperature, 8, "not 75%", "62.2%: not sure enough, so go lower"),
        (check_temperature, -1, "above 0", "nothing to divide"),
        (check_temperature, "warm", "One plain number", "str"),
        (check_test_set_size, 753, "another interval", "you need more"),
        (check_test_set_size, 10**7, "another interval", "you need fewer"),
        (check_test_set_size, 301_181, "more than you need", "to each side"),
        (check_test_set_size, 27_440, "more than that", "only halve it"),
        (check_test_set_size, 0, "at least one", "10_000"),
        (check_clean_sweep, 5, "both models", "first model wins them all"),
        (check_clean_sweep, 3, "luck", "p = 0.250"),
        (check_clean_sweep, 10, "Fewer", "the least number"),
        (check_clean_sweep, 5.5, "whole", "whole number"),
    ],
)
def test_wrong_numbers_get_the_right_hint(capsys, check, answer, gentle, concrete):
    first, second = said(capsys, check, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


def right_and_sure(probabilities, labels, threshold):
    confidence, digits = probabilities.max(dim=1)
    return digits == labels, confidence > threshold


def swapped(*arguments):
    return sure_answers(*arguments)[::-1]


def refused(*arguments):
    answered, accuracy = sure_answers(*arguments)
    return 1 - answered, accuracy


def counted(*arguments):
    right, sure = right_and_sure(*arguments)
    return sure.sum(), right[sure].float().mean()


def of_all_images(*arguments):
    right, sure = right_and_sure(*arguments)
    return sure.float().mean(), right.float().mean()


def divided_by_all(*arguments):
    right, sure = right_and_sure(*arguments)
    return sure.float().mean(), (right & sure).float().mean()


def one_number(*arguments):
    return sure_answers(*arguments)[1]


def constant(*arguments):
    return 0.5123, 0.9


def half_right(*arguments):
    return sure_answers(*arguments)[0], 0.123


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (swapped, "order", "comes first"),
        (refused, "refuses", "above the threshold"),
        (counted, "between 0 and 1", "Divide"),
        (of_all_images, "all images", "right[sure]"),
        (divided_by_all, "too many", "number of answers given"),
        (one_number, "two numbers", "return answered, accuracy"),
        (constant, "not right yet", "you say 51.2%"),
        (half_right, "not right yet", "you say 12.3%"),
    ],
)
def test_wrong_functions_get_the_right_hint(capsys, answer, gentle, concrete):
    first, second = said(capsys, check_sure_answers, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize(
    "check", [check_temperature, check_test_set_size, check_clean_sweep, check_sure_answers]
)
def test_a_missing_answer_gets_a_question(capsys, check):
    assert said(capsys, check, ...)[0].startswith("○")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda p, y, t: 1 / 0, "ZeroDivisionError"),
        (lambda p, y, t: None, "returns nothing"),
        (0.9, "itself"),
    ],
)
def test_a_function_that_stops_or_returns_nothing_or_is_none_is_told_so(capsys, answer, hint):
    assert hint in said(capsys, check_sure_answers, answer)[0]
