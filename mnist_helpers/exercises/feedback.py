"""What every checker does with an answer: accept it, or print a hint, and never raise.

A checker is data: the right answer, known mistakes with a gentle and a concrete hint, and an otherwise.

    @checker("How many rows are there, and how many columns?")  # said while the answer is still `...`
    def check_pixels(count: object) -> str:
        expect(count, 28 * 28, [
            (28 + 28, "Not the sum.", "You added rows and columns; multiply."),
            (lambda count: count > 1000, "Too many.", "{answer:g} is more than one image has."),
        ], ("Start with the shape.", "Multiply its two numbers."))
        return "Right: rows × columns."

    @checker("Divide by two.")
    def check_half(half: object) -> str:
        expect_rule(half, [(torch.rand(5),), (torch.rand(3),)], lambda x: x / 2, [
            (lambda x: 2 * x, "Which way?", "You doubled {0}."),  # a rule that explains all answers
            (When(lambda answer, wanted, x: (answer < 0).any()), "Mind the sign.", "{answer} is negative."),
        ], ("Not always.", "Half of {0} is {wanted}, not {answer}."), missing="Return a tensor.")
        return "Half of it, for two random tensors."

A list of wrong values or rules shares one pair of hints. Hints may name `{answer}` and `{wanted}`, and those
of `expect_rule` the arguments of the first case that went wrong, `{0}`, `{1}`, …; `str.format` fills them in.
Where there is more to say, a checker raises `Hint`, with the help of `refuse` and `call`, and of `answers`,
which reads and compares. In all of them

- random numbers of torch, NumPy and Python start from one seed in every check, so that no verdict depends on
  luck, and afterwards the learner's own go on where they were;
- a function that changes the arguments of its cases is told so, and cannot spoil them for the others.
"""

import copy
import functools
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from mnist_helpers.exercises.answers import Hint, as_wanted, is_gap, plainly, same
from mnist_helpers.exercises.stops import places_of

Mistake = tuple[Any, str, str]  # what is wrong, a gentle hint, a concrete hint
PER_CENT = ("As a number between 0 and 1, please.", "Those are per cent: divide by 100.")


class Unanswered(Exception):  # noqa: N818
    """A function whose body is still the gap of the exercise: no attempt yet."""


@dataclass(frozen=True)
class When:
    """A mistake that shows in the first wrong answer: `holds(answer, wanted, *arguments)` is true."""

    holds: Callable[..., object]


def checker(missing: str) -> Callable[[Callable[..., str]], Callable[..., None]]:
    """Turn a function that judges an answer into the checker of an exercise.

    The function returns the sentence that a right answer earns, and raises `Hint` for a wrong one. The
    checker prints either. It prints the hint `missing` while the answer is still `...` or None, and it
    turns an exception of a learner's function into a hint, too, with the line of the learner's code.
    """

    def decorate(judge: Callable[..., str]) -> Callable[..., None]:
        attempts = 0

        @functools.wraps(judge)
        def check(*answers: object) -> None:
            nonlocal attempts
            try:
                if any(map(is_gap, answers)):
                    raise Unanswered(missing)
                with _seeded():
                    praise = judge(*answers)
                print(f"✓ {praise}")
                attempts = 0
            except Unanswered as gap:
                print(f"○ Not answered yet. {gap}")
            except Hint as hint:
                attempts += 1
                print(f"✗ Not yet. {hint.gentle if attempts == 1 else hint.concrete}")
            except Exception as error:
                place, first_gap = places_of(error)
                if place and "ellipsis" in str(error):  # so Python and PyTorch call a gap that they meet
                    print(f"○ Not answered yet. There are dots left to replace: begin{first_gap or place}.")
                else:
                    stopped = f"Your {'code' if place else 'answer'} stopped{place}"
                    print(f"✗ Not yet. {stopped} with {type(error).__name__}: {error}")

        return check

    return decorate


def expect(
    answer: object, right: object, mistakes: Sequence[Mistake], otherwise: tuple[str, str], *,
    form: str = "", rtol: float = 1e-5, atol: float = 1e-6,
) -> None:  # fmt: skip
    """Raise the hint for an answer that is not `right`.

    The wrong part of a mistake is a value, or a function that tells from the answer whether it was made.
    """
    answer = as_wanted(right, answer, form)
    if same(answer, right, rtol, atol):
        return
    for wrongs, gentle, concrete in mistakes:
        for wrong in wrongs if isinstance(wrongs, list) else [wrongs]:
            if wrong(answer) if callable(wrong) else same(answer, wrong, rtol, atol):
                raise _filled(gentle, concrete, (), answer, right)
    raise _filled(*otherwise, (), answer, right)


def refuse(*mistakes: Mistake) -> None:
    """Raise the hint of the first mistake that was made: its wrong part is true."""
    for made, gentle, concrete in mistakes:
        if made:
            raise Hint(gentle, concrete)


def expect_rule(
    function: object, cases: Sequence[tuple], right: Callable, mistakes: Sequence[Mistake],
    otherwise: tuple[str, str], *, missing: str, errors: Sequence[Mistake] = (),
    without: Mistake | None = None, shape: str = "", form: str = "", rtol: float = 1e-5, atol: float = 1e-6,
) -> None:  # fmt: skip
    """Raise the hint for a learner's function that does not return in all `cases` what `right` does.

    The wrong part of a mistake is a function of the same arguments that returns what the learner's did in all
    cases, or a `When`. If none fits, a wrong shape is told so, with the advice `shape`, else `otherwise`.
    `errors` and `without` are those of `call`, and `form` is that of `parts`.
    """
    handed = [copy.deepcopy(case) for case in cases]
    wanted = [plainly(right(*copy.deepcopy(case))) for case in cases]
    returned = [call(function, *case, missing=missing, errors=errors, without=without) for case in handed]
    answers = [as_wanted(value, answer, form) for value, answer in zip(wanted, returned, strict=True)]

    def agrees(values: Sequence[object]) -> list[bool]:
        return [same(answer, value, rtol, atol) for answer, value in zip(answers, values, strict=True)]

    verdicts = agrees(wanted)
    if all(verdicts):
        _require_unchanged(cases, handed)
        return
    first = verdicts.index(False)
    case, answer, value = cases[first], answers[first], wanted[first]

    def made(wrong: Any) -> object:
        if isinstance(wrong, When):
            return wrong.holds(answer, value, *case)
        return all(agrees([wrong(*case) for case in cases]))

    for wrongs, gentle, concrete in mistakes:
        if any(map(made, wrongs if isinstance(wrongs, list) else [wrongs])):
            raise _filled(gentle, concrete, case, answer, value)
    needs = getattr(value, "shape", ())  # a tuple of arrays has none
    if needs and (has := answer.shape) != needs:
        raise Hint(f"Your result has the shape {has}; is that the right one?",
                   f"Your result has the shape {has}; {needs} is wanted. {shape}".strip())  # fmt: skip
    raise _filled(*otherwise, case, answer, value)


def expect_each(answers: tuple, right: Mapping[str, tuple[object, str]], things: str, read: Callable) -> None:
    """Raise the hint for the first of several answers that is not right.

    `right` has for each of them, by its letter, the right answer and a concrete hint; `things` names them
    all, and `read` makes of an answer what `right` holds.
    """
    if len(answers) != len(right):
        raise Hint(f"There are {len(right)} {things}, and you gave {len(answers)} answers.",
                   f"Hand over {len(right)} answers, for {min(right)} to {max(right)}.")  # fmt: skip
    given = {}
    for letter, answer in zip(right, answers, strict=True):
        try:
            given[letter] = read(answer)
        except Hint as hint:
            raise Hint(f"{letter}: {hint.gentle}", f"{letter}: {hint.concrete}") from None
    wrong = [letter for letter in right if given[letter] != right[letter][0]]
    if wrong:
        look = f"{len(right) - len(wrong)} of {len(right)} are right. Look at {wrong[0]}"
        raise Hint(f"{look} again.", f"{look}: {right[wrong[0]][1]}")


def one_of(answer: object, names: dict[str, str]) -> str:
    """The name that a learner's words mean: the only one whose regular expression is found in them."""
    words = str(answer).casefold().replace("_", " ").strip()
    meant = [name for name, pattern in names.items() if re.search(pattern, words)]
    if len(meant) != 1:
        raise Hint("I do not know this name.", f"Write exactly one of {', '.join(map(repr, names))}.")
    return meant[0]


def call(
    function: object, *arguments: object, missing: str,
    errors: Sequence[Mistake] = (), without: Mistake | None = None,
) -> object:  # fmt: skip
    """Call a learner's function; a result that is still `...` or None is no attempt: `missing` is said.

    `errors` are (words, gentle, concrete): the hint for an exception in whose message the regular expression
    `words` is found. `without` is the same for the name of a function of PyTorch that must not be used.
    """
    if not callable(function):
        raise Hint(
            "Hand over the function itself.",
            f"Write its name without brackets and arguments; what you handed over is {function!r:.60}.",
        )
    try:
        with _Without(*without) if without else nullcontext():
            result = function(*arguments)
    except Exception as error:
        for words, gentle, concrete in errors:
            if re.search(words, str(error)) and not isinstance(error, Hint):
                raise Hint(gentle, concrete) from None
        raise
    if is_gap(result) or (isinstance(result, tuple) and result and all(map(is_gap, result))):
        raise Unanswered(f"Your function returns nothing. {missing}")
    return result


class _Without(TorchFunctionMode):
    """While it is active, a hint answers the call of a PyTorch function that has these words in its name."""

    def __init__(self, words: str, gentle: str, concrete: str):
        super().__init__()
        self.words, self.hint = words, Hint(gentle, concrete)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if re.search(self.words, getattr(function, "__name__", "")):
            raise self.hint
        return function(*args, **kwargs or {})


def _filled(gentle: str, concrete: str, case: tuple, answer: object, wanted: object) -> Hint:
    return Hint(*(text.format(*case, answer=answer, wanted=wanted) for text in (gentle, concrete)))


def _require_unchanged(case: object, handed: Any) -> None:
    """Raise a hint if a function changed the tensors, arrays or lists in its arguments."""
    if isinstance(case, list | tuple) and len(case) == len(handed):
        for pair in zip(case, handed, strict=True):
            _require_unchanged(*pair)
    elif isinstance(case, torch.Tensor | np.ndarray | list | Real) and not same(handed, case, 0, 0):
        raise Hint(
            "The answer is right, but your function changes what it was given.",
            "Write `x = x - …` rather than `x -= …`, or work on a copy: the tensor or list is the caller's.",
        )


@contextmanager
def _seeded() -> Iterator[None]:
    """Random numbers from one seed, and afterwards the learner's own, as if nothing had been drawn."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002 - learners use it
    torch.default_generator.manual_seed(0)  # torch.manual_seed would reach those of GPUs, too
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        random.setstate(states[2])
