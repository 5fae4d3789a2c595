"""What every checker does with an answer: accept it, or print a hint, and never raise."""

import functools
from collections.abc import Callable


class Hint(Exception):  # noqa: N818 - it is no error, it is said to the learner
    """Why an answer is not right yet: said gently at first, concretely from the second time on."""

    def __init__(self, gentle: str, concrete: str):
        super().__init__(gentle)
        self.gentle, self.concrete = gentle, concrete


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
            except Hint as hint:
                attempts += 1
                print(f"✗ Not yet. {hint.gentle if attempts == 1 else hint.concrete}")
            except Exception as error:
                print(f"✗ Not yet. Your answer stopped with {type(error).__name__}: {error}")

        return check

    return decorate


def call(function: Callable[..., object], *arguments: object, missing: str) -> object:
    """Call a learner's function; a result that is still `...` or None becomes the hint `missing`."""
    if not callable(function):
        raise Hint(
            "Hand over the function itself.",
            f"Write its name without brackets and arguments; what you handed over is {function!r}.",
        )
    result = function(*arguments)
    if result is ... or result is None:
        raise Hint(f"Your function returns nothing yet. {missing}", f"Does it end with `return`? {missing}")
    return result
