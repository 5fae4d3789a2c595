"""The checkers of the framework comparison: right answers in every form pass, wrong ones get their hint."""

import numpy as np
import pytest
import torch

from mnist_helpers.extensions.framework_comparison.exercises import check_break_even, check_to_keras


@pytest.mark.parametrize("answer", [13, 13.0, np.int64(13), torch.tensor(13)])
def test_the_break_even_is_accepted(accepted, answer):
    assert accepted(check_break_even, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (10, "compiler save", "less than the other one"),
        (5 / 0.9, "takes time, too", "what compiling saves"),
        (6, "takes time, too", "what compiling saves"),
        (5 / 1.4, "signs", "difference"),
        (12.5, "whole number", "11 s against"),
        (12, "whole number", "11 s against"),
        (14, "formula", "0.9 n"),
        (-3, "formula", "0.9 n"),
        ("many", "One plain number", "str"),
    ],
)
def test_wrong_break_evens_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_break_even, (13,), answer)
    assert gentle in first
    assert concrete in second


def by_name(state):
    names = ("hidden1", "hidden2", "output")
    return [array for n in names for array in (state[f"{n}.weight"].T.numpy(), state[f"{n}.bias"].numpy())]


def by_dimension(state):
    return [value.T if value.ndim == 2 else value for value in state.values()]


def with_tuple(state):
    return tuple(value.numpy().transpose() for value in state.values())


@pytest.mark.parametrize("answer", [by_name, by_dimension, with_tuple])
def test_copied_weights_are_accepted(accepted, answer):
    assert accepted(check_to_keras, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda s: list(s.values()), "Rows and columns", "transpose"),
        (lambda s: [v.reshape(v.shape[::-1]) for v in s.values()], "answers are not", ".T"),
        (lambda s: by_name(s)[::-1], "order", "kernel before the bias"),
        (lambda s: by_name(s)[:4], "Six arrays", "not 4"),
        (lambda s: [v.flatten() for v in s.values()], "shapes are not", "(100352,)"),
        (lambda s: {k: v.t() for k, v in s.items()}, "list is wanted", "dict"),
        (lambda s: 5, "list is wanted", "int"),
        (3, "function itself", "without brackets"),
    ],
)
def test_wrong_copies_get_their_hint(hints, answer, gentle, concrete):
    first, second = hints(check_to_keras, (by_name,), answer)
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize("check", [check_break_even, check_to_keras])
def test_a_missing_answer_gets_a_question(capsys, check):
    check(...)
    assert capsys.readouterr().out.startswith("○")


def test_a_starter_that_returns_nothing_is_no_attempt(capsys):
    check_to_keras(lambda state: ...)
    assert "returns nothing" in capsys.readouterr().out
