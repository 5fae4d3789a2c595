"""Tables of answers to exercises: a test module's `ANSWERS` maps each checker to what it accepts and refuses.

    ANSWERS = {check_half: [right(0.5), wrong(2, gentle="Which way", concrete="doubled")]}

The first answer of each list is a right one. `exercises/test_exercises.py` finds all tables and holds the
checkers to them: `pytest tests/exercises/test_exercises.py -k check_half` runs one table.
"""

from dataclasses import dataclass


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
