"""The checkers of web_and_mobile_app: correct answers in every form, wrong ones with the right hint."""

import math

import numpy as np
import pytest
import torch
from conftest import missing_or_broken, said
from scipy import special

from mnist_helpers.extensions.web_and_mobile_app.exercises import (
    ADDRESSES,
    check_installable,
    check_lay_out,
    check_softmax,
    check_start,
)


@pytest.fixture(autouse=True)
def _fresh_attempts(capsys):
    """A right answer resets the count of attempts."""
    check_lay_out(lay_out)
    check_softmax(shifted)
    check_start(start)
    check_installable(*(right for _, right in ADDRESSES.values()))
    assert capsys.readouterr().out.count("✓") == 4


# ------------------------------------------------------------------ the table of contents


def lay_out(shapes):
    places, end = [], 0
    for shape in shapes:
        places.append(end)
        end += math.prod(shape)
    return places, 4 * end


def lay_out_with_numpy(shapes):
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    return np.concatenate([[0], ends[:-1]]), ends[-1] * np.dtype(np.float32).itemsize


def lay_out_with_torch(shapes):
    ends = torch.tensor([math.prod(shape) for shape in shapes]).cumsum(0)
    return (torch.cat([torch.tensor([0]), ends[:-1]]), torch.tensor(4.0) * ends[-1])


@pytest.mark.parametrize("answer", [lay_out, lay_out_with_numpy, lay_out_with_torch])
def test_every_right_table_of_contents_passes(capsys, answer):
    for _ in range(10):
        assert all(line.startswith("✓") for line in said(capsys, check_lay_out, answer))


def counts(shapes):
    return [math.prod(shape) for shape in shapes]


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda shapes: lay_out(shapes)[0], "Two things", "return places, num_bytes"),
        (lambda shapes: 12, "Two things", "return places, num_bytes"),
        (lambda shapes: (["0"] * len(shapes), 12), "not right yet", "begins at"),
        (lambda shapes: (["a"] * len(shapes), 12), "plain number", "str"),
        (lambda shapes: ([4 * place for place in lay_out(shapes)[0]], 0), "unit", "not bytes"),
        (lambda shapes: (np.cumsum(counts(shapes)), 0), "the ends", "begins at 0"),
        (lambda shapes: (counts(shapes), 0), "how long each", "after all the arrays before"),
        (lambda shapes: (np.cumsum([0, *map(sum, shapes)])[:-1], 0), "How many values", "3 times 4"),
        (lambda shapes: ([*lay_out(shapes)[0], 7], 0), "One place for every", "you return"),
        (lambda shapes: (list(range(len(shapes))), 0), "not right yet", "you say 1"),
        (lambda shapes: (lay_out(shapes)[0], sum(counts(shapes))), "unit of the length", "float32"),
        (lambda shapes: (lay_out(shapes)[0], 8 * sum(counts(shapes))), "too long", "float64"),
        (lambda shapes: (lay_out(shapes)[0], 4 * lay_out(shapes)[0][-1]), "too short", "last array"),
        (lambda shapes: (lay_out(shapes)[0], 1), "the length is not", "you say 1 bytes"),
    ],
)
def test_a_wrong_table_of_contents_gets_the_right_hint(capsys, answer, gentle, concrete):
    first, second = said(capsys, check_lay_out, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


# ------------------------------------------------------------------ softmax


def shifted(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def with_torch(logits):
    return torch.from_numpy(logits).softmax(1)


def in_a_loop(logits):
    rows = []
    for row in logits.tolist():
        powers = [math.exp(logit - max(row)) for logit in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def by_log_sum(logits):
    return np.exp(logits - special.logsumexp(logits, axis=1, keepdims=True))


def in_place(logits):
    logits -= logits.mean(axis=1, keepdims=True)
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("answer", [shifted, with_torch, in_a_loop, by_log_sum, in_place])
def test_every_safe_softmax_passes(capsys, answer):
    for _ in range(3):
        assert all(line.startswith("✓") for line in said(capsys, check_softmax, answer))


def naive(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def largest_of_all(logits):
    return naive(logits - logits.max())


def cut_off(logits):
    return naive(np.clip(logits, -20, 20))


def by_columns(logits):
    return shifted(logits.T).T


def all_together(logits):
    return special.softmax(logits)


def not_divided(logits):
    return np.exp(logits)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (naive, "Now try logits of 1,000", "Logits about 1000 give nan"),
        (largest_of_all, "rows of very different sizes", "keepdims=True"),
        (cut_off, "probabilities of large logits are wrong", "do not cut them off"),
        (by_columns, "Each column", "axis=1"),
        (all_together, "All rows together", "its own sum"),
        (not_divided, "the sums are not", "divide each row"),
        (lambda logits: logits, "no softmax yet", "e to the power"),
        (lambda logits: 1 / (1 + np.exp(-logits)), "no softmax yet", "e to the power"),
        (lambda logits: shifted(logits)[0], "One probability for every logit", "(10,)"),
    ],
)
def test_an_unsafe_softmax_gets_the_right_hint(capsys, answer, gentle, concrete):
    first, second = said(capsys, check_softmax, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


def test_an_overflow_is_said_in_words_and_not_as_a_warning(capsys, recwarn):
    check_softmax(naive)
    assert capsys.readouterr().err == ""
    assert not recwarn


# ------------------------------------------------------------------ in the middle, but inside


def start(centre, length):
    return min(max(round(14 - centre), 0), 28 - length)


def start_with_numpy(centre, length):
    return np.clip(np.rint(14 - centre), 0, 28 - length)


def start_by_search(centre, length):
    return torch.tensor(min(range(28 - length + 1), key=lambda first: abs(first + centre - 14)))


@pytest.mark.parametrize("answer", [start, start_with_numpy, start_by_search])
def test_every_right_start_passes(capsys, answer):
    for _ in range(10):
        assert all(line.startswith("✓") for line in said(capsys, check_start, answer))


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda centre, length: round(14 - centre), "leaves the frame", "begin above row 0"),
        (lambda centre, length: max(round(14 - centre), 0), "leaves the frame", "below row 27"),
        (lambda centre, length: min(max(round(14 - centre), 1), 28 - length), "leaves the", "begin at 1"),
        (lambda centre, length: 14 - centre, "Half a pixel", "round it"),
        (lambda centre, length: min(max(round(13.5 - centre), 0), 28 - length), "pixel too high", "13.5"),
        (lambda centre, length: int(14 - centre), "pixel too high", "cut off"),
        (lambda centre, length: (28 - length) // 2, "centres the box", "centre of mass"),
        (lambda centre, length: round(centre - 14), "wrong direction", "begins at row 4"),
        (lambda centre, length: 14 - length // 2 - 1, "Not the right row", "instead of 14"),
        (lambda centre, length: (3, 4), "plain number", "tuple"),
    ],
)
def test_a_wrong_start_gets_the_right_hint(capsys, answer, gentle, concrete):
    first, second = said(capsys, check_start, answer)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


# ------------------------------------------------------------------ where it can be installed


def test_addresses_may_be_judged_in_several_forms(capsys):
    assert said(capsys, check_installable, 1, np.False_, torch.tensor(True), 0, False)[0][0] == "✓"


@pytest.mark.parametrize(
    ("answers", "gentle", "concrete"),
    [
        ((True,) * 5, "2 of 5 are right. Look at b", "through the air"),
        ((False,) * 5, "3 of 5 are right. Look at a", "the same machine"),
        ((True, False, False, False, False), "4 of 5 are right. Look at c", "first letters"),
        ((True, False, True, True, False), "4 of 5 are right. Look at d", "whose machine"),
        ((True, False, True, False, True), "4 of 5 are right. Look at e", "Is there one?"),
        (("yes", False, True, False, True), "A yes or a no", "you wrote 'yes'"),
        ((True, False), "5 addresses", "for a to e"),
    ],
)
def test_a_wrong_judgement_gets_the_right_hint(capsys, answers, gentle, concrete):
    first, second = said(capsys, check_installable, *answers)
    assert first.startswith("✗")
    assert gentle in first
    assert concrete in second


def test_the_only_secure_addresses_are_https_and_this_machine():
    """As browsers define it: https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy."""
    for address, installable in ADDRESSES.values():
        assert installable == address.startswith(("https://", "http://localhost", "http://127.0.0.1"))


# ------------------------------------------------------------------ all of them


@pytest.mark.parametrize("check", [check_lay_out, check_softmax, check_start])
@missing_or_broken
def test_a_missing_answer_gets_a_hint_and_no_exception(capsys, check, answer, mark, hint):
    first = said(capsys, check, answer)[0]
    assert first.startswith(mark)
    assert hint in first


def test_addresses_left_open_are_not_answered(capsys):
    assert said(capsys, check_installable, True, ..., ..., ..., ...)[0].startswith("○")
