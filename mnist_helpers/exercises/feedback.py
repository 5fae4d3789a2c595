"""What every checker does with an answer: accept it, or print a hint, and never raise."""

import functools
from collections.abc import Callable


class Hint(Exception):  # noqa: N818 - it is no error, it is said to the learner
    """Why an answer is not right yet: said gently at first, concretely from the second time on."""

    def __init__(self, gentle: str, concrete: str):
        super().__init__(gentle)
        self.gentle, self.concrete = gentle, concrete


class Unanswered(Exception):  # noqa: N818
    """A function whose body is still the gap of the exercise: no attempt yet."""


def checker(missing: str) -> Callable[[Callable[..., str]], Callable[..., None]]:
    """Turn a function that judges an answer into the checker of an exercise.

    The function returns the sentence that a right answer earns, and raises `Hint` for a wrong one. The
    checker prints either. It prints the hint `missing` while the answer is still `...` or None, and it
    turns an exception of a learner's function into a hint, too.
    """

    def decorate(judge: Callable[..., str]) -> Callable[..., None]:
        attempts = 0

        @functools.wraps(judge)
        def check(*answers: object) -> None:
            nonlocal attempts
            try:
                if any(answer is ... or answer is None for answer in answers):
                    print(f"○ Not answered yet. {missing}")
                    return
                print(f"✓ {judge(*answers)}")
                attempts = 0
            except Unanswered as gap:
                print(f"○ Not answered yet. Your function returns nothing. {gap}")
            except Hint as hint:
                attempts += 1
                print(f"✗ Not yet. {hint.gentle if attempts == 1 else hint.concrete}")
            except Exception as error:
                print(f"✗ Not yet. Your answer stopped with {type(error).__name__}: {error}")

        return check

    return decorate


def call(function: Callable[..., object], *arguments: object, missing: str) -> object:
    """Call a learner's function; a result that is still `...` or None is no attempt: `missing` is said."""
    if not callable(function):
        raise Hint(
            "Hand over the function itself.",
            f"Write its name without brackets and arguments; what you handed over is {function!r}.",
        )
    result = function(*arguments)
    if result is ... or result is None:
        raise Unanswered(missing)
    return result


def number(answer: object) -> float:
    """A learner's number as a float: an int, a float, one of NumPy's, or a tensor with one element."""
    try:
        return float(answer.detach() if hasattr(answer, "detach") else answer)  # a loss has a gradient
    except (TypeError, ValueError, RuntimeError):
        raise Hint(
            "One plain number is wanted.",
            f"Hand over one number; what you handed over is a {type(answer).__name__}.",
        ) from None
