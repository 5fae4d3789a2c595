"""The frame of every checker: what it prints for a right, wrong, missing and broken answer."""

import pytest

from mnist_helpers.exercises.feedback import Hint, call, checker


@pytest.fixture
def check_double():
    @checker("What is twice as much?")
    def check_double(double):
        if call(double, 3, missing="Return something.") != 6:
            raise Hint("Not twice as much.", "For 3 it must be 6.")
        return "Twice as much."

    return check_double


def test_a_right_answer_is_accepted(check_double, capsys):
    check_double(lambda x: x + x)
    assert capsys.readouterr().out == "✓ Twice as much.\n"


@pytest.mark.parametrize("missing", [..., None])
def test_a_missing_answer_gets_the_first_hint(check_double, capsys, missing):
    check_double(missing)
    assert capsys.readouterr().out == "○ Not answered yet. What is twice as much?\n"


def test_hints_are_gentle_at_first_then_concrete_and_gentle_again_after_success(check_double, capsys):
    for answer in (lambda x: x, lambda x: x, lambda x: 2 * x, lambda x: x):
        check_double(answer)
    assert capsys.readouterr().out.splitlines() == [
        "✗ Not yet. Not twice as much.",
        "✗ Not yet. For 3 it must be 6.",
        "✓ Twice as much.",
        "✗ Not yet. Not twice as much.",
    ]


def test_an_empty_function_does_not_use_up_the_gentle_hint(check_double, capsys):
    for answer in (lambda x: ..., lambda x: x):
        check_double(answer)
    assert capsys.readouterr().out.splitlines()[1] == "✗ Not yet. Not twice as much."


def test_a_function_that_returns_nothing_or_raises_or_is_none_is_told_so(check_double, capsys):
    for answer in (lambda x: None, lambda x: x / 0, 6, 6):
        check_double(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "○ Not answered yet. Your function returns nothing. Return something."
    assert "ZeroDivisionError" in lines[1]
    assert "what you handed over is 6" in lines[3]
