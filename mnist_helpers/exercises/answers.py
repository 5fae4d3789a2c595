"""A learner's answer: read whatever its form, told from a gap, and compared with what is wanted.

Tensors, arrays, lists and numbers count the same; whole numbers must be equal, others nearly (write 0.0
where a measured 1e-7 is right, too).
"""

from itertools import islice
from numbers import Real
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


class Hint(Exception):  # noqa: N818 - it is no error, it is said to the learner
    """Why an answer is not right yet: said gently at first, concretely from the second time on."""

    def __init__(self, gentle: str, concrete: str):
        super().__init__(gentle)
        self.gentle, self.concrete = gentle, concrete


def is_gap(answer: object) -> bool:
    return answer is ... or answer is None


def number(answer: object) -> float:
    """A learner's number as a float: an int, a float, one of NumPy's, or a tensor with one element."""
    values = _plain(answer)
    if values is None or values.size != 1 or values.dtype == bool:
        raise Hint("One plain number is wanted.",
                   f"Hand over one number; what you handed over is {_kind(answer)}.")  # fmt: skip
    return float(values.item())


def truth(answer: Any) -> bool:
    """A learner's yes or no: True or False, one of NumPy's or torch's, 1 or 0."""
    values = _plain(answer)
    if values is None or values.size != 1 or values.item() not in (0, 1):
        shape = f"an array of shape {np.shape(answer)}"
        yours = shape if values is not None and values.ndim else f"{answer!r:.60}"
        raise Hint("A yes or a no is wanted.", f"True or False is wanted; yours is {yours}.")
    return bool(values.item())


def array(answer: object) -> NDArray:
    """A learner's tensor, array, (nested) list or number as float64, int64 or bool."""
    if isinstance(answer, tuple) and hasattr(answer, "indices"):  # of torch.topk, torch.sort, torch.max
        raise Hint(
            "You return two things: the values, and where they stand.",
            "`topk`, `sort` and `max` along an axis give both; take `.values` or `.indices`.",
        )
    values = _plain(answer)
    if values is None:
        raise Hint("Numbers are wanted.", f"A tensor or array of numbers is wanted, not {_kind(answer)}.")
    return values


def parts(answer: Any, form: str) -> list:
    """The parts of a learner's pair, triple, ...; `form` names them, such as "(row, column)"."""
    count = form.count(",") + 1
    try:
        given = [] if isinstance(answer, str | bytes | dict | set) else list(islice(answer, count + 1))
    except TypeError:
        given = []
    if len(given) != count:
        raise Hint(f"{count if count > 2 else 'Two'} parts are wanted.", f"Give all parts, as {form}.")
    if any(map(is_gap, given)):
        raise Hint("One part is still missing.", f"Give all parts, as {form}.")
    return given


def same(answer: object, value: object, rtol: float = 1e-5, atol: float = 1e-6) -> bool:
    """Whether two numbers, arrays, tensors, lists, words, or tuples of them, are the same in shape and value.

    Where `value` is of whole numbers or truth values they must be equal, elsewhere within the tolerance.
    """
    if isinstance(value, str):
        return isinstance(answer, str) and answer == value
    if isinstance(value, tuple):
        if not isinstance(answer, tuple) or len(answer) != len(value):
            return False
        return all(same(*pair, rtol, atol) for pair in zip(answer, value, strict=True))
    given, value = _plain(answer), _plain(value)
    if given is None or value is None or given.shape != value.shape:
        return False
    whole = value.dtype.kind != "f"
    return np.allclose(given, value, 0 if whole else rtol, 0 if whole else atol, equal_nan=True)


def as_wanted(wanted: object, answer: object, form: str) -> Any:
    """A learner's answer in the kind of what is wanted: a word, the parts of a tuple, a number, an array."""
    if isinstance(wanted, str):
        return answer
    if isinstance(wanted, tuple):
        return tuple(as_wanted(*pair, form) for pair in zip(wanted, parts(answer, form), strict=True))
    values = array(wanted)
    if values.ndim:
        return array(answer)
    return np.asarray(truth(answer)) if values.dtype == bool else number(answer)


def plainly(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(plainly, value))
    return value if isinstance(value, str) else _plain(value)


def _plain(value: object) -> NDArray | None:
    """Numbers in any form as float64, int64 or bool; None if it is anything else."""
    try:
        values = np.asarray(_without_tensors(value))
        if values.dtype.kind == "O" and isinstance(value, Real):  # a fraction, or beyond uint64
            values = np.asarray(float(value))
        if values.dtype == np.uint64 and (values >= 2**63).any():  # beyond int64
            values = values.astype(float)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
    kinds = {"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}
    return values.astype(kinds[values.dtype.kind]) if values.dtype.kind in kinds else None


def _without_tensors(value: object) -> object:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        return (value.double() if value.is_floating_point() else value).numpy()  # NumPy has no bfloat16
    return [_without_tensors(part) for part in value] if isinstance(value, list | tuple) else value


def _kind(answer: object) -> str:
    name = type(answer).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
