"""Tables of answers to exercises: a test module's `ANSWERS` maps each checker to what it accepts and refuses.

    ANSWERS = {check_half: [right(0.5), wrong(2, gentle="Which way", concrete="doubled")]}

The first answer of each list is a right one. `test_exercises.py` finds all tables, and runs them 300 times.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Answer:
    """The arguments of a checker, whether they are right, and parts of the two hints if they are not."""

    given: tuple
    is_right: bool
    gentle: str = ""
    concrete: str = ""


def right(*given: object) -> Answer:
    return Answer(given, True)


def wrong(*given: object, gentle: str = "", concrete: str = "") -> Answer:
    return Answer(given, False, gentle, concrete)


def each_answer(table: dict[Callable, list[Answer]]) -> pytest.MarkDecorator:
    """Parametrise a test by `check`, `first`, the first right answer, and `answer`."""
    rows = [(check, answers[0], answer) for check, answers in table.items() for answer in answers]
    ids = [f"{check.__name__}-{'right' if answer.is_right else answer.gentle}" for check, _, answer in rows]
    return pytest.mark.parametrize(("check", "first", "answer"), rows, ids=ids)


def assert_verdict(capsys: pytest.CaptureFixture, check: Callable, first: Answer, answer: Answer) -> None:
    """A right answer is accepted; a wrong one, given twice after a right one, earns its two hints."""
    for given in (first.given, answer.given, answer.given):
        check(*given)
    accepted, gentle, concrete = capsys.readouterr().out.splitlines()
    assert accepted.startswith("✓")
    assert {gentle[0], concrete[0]} == {"✓" if answer.is_right else "✗"}
    assert answer.gentle in gentle
    assert answer.concrete in concrete
