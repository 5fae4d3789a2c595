"""The frame of every checker: what it prints for a right, wrong, missing and broken answer."""

import random
from contextlib import nullcontext
from fractions import Fraction

import numpy as np
import pytest
import torch

from mnist_helpers.exercises import step3, step5
from mnist_helpers.exercises.answers import Hint, array, number, parts, same
from mnist_helpers.exercises.feedback import When, call, checker, expect, expect_rule, one_of
from mnist_helpers.extensions.common_challenges.exercises import check_diagnose
from mnist_helpers.extensions.web_and_mobile_app.exercises import check_installable


@pytest.fixture
def check_count():
    @checker("How many?")
    def check_count(count):
        mistakes = [
            ([56, 28 + 29], "Not the sum.", "You added."),
            (lambda x: x > 999, "Too many.", "{answer:g} is more."),
        ]
        expect(count, 784, mistakes, ("Look at the shape.", "28 × 28 = {wanted}, not {answer:g}."))
        return "Right."

    return check_count


@pytest.fixture
def check_half():
    @checker("Divide by two.")
    def check_half(half):
        cases = [(torch.randn(5).abs(),), (torch.randn(3).abs(),)]
        expect_rule(half, cases, lambda x: x / 2, [
            ([lambda x: 2 * x, lambda x: -2 * x], "Which way?", "You doubled {0[0]:.2f} to {answer[0]:.2f}."),
            (When(lambda answer, wanted, x: (answer < 0).any()), "Mind the sign.", "Below 0."),
        ], ("Not always.", "Not {answer}."), missing="Return something.", shape="One for each.",
            errors=[("no such thing", "Not this way.", "There is another.")])  # fmt: skip
        return "Half of it."

    return check_half


def half(x):
    return x / 2


def said(capsys, check, *answers):
    check(*answers)
    check(*answers)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    "count", [784, 784.0, np.int16(784), np.float32(784), torch.tensor([784]), Fraction(784), [784]]
)
def test_a_right_number_is_accepted_in_every_form(check_count, capsys, count):
    assert said(capsys, check_count, count) == ["✓ Right."] * 2


@pytest.mark.parametrize(
    ("count", "gentle", "concrete"),
    [
        (56, "Not the sum.", "You added."),
        (57, "Not the sum.", "You added."),
        (1000, "Too many.", "1000 is more."),
        (783, "Look at the shape.", "28 × 28 = 784, not 783."),
        (784.01, "Look at the shape.", "28 × 28 = 784, not 784.01."),
        (float("nan"), "Look at the shape.", "28 × 28 = 784, not nan."),
        (float("inf"), "Too many.", "inf is more."),
        ("784", "One plain number", "a str"),
        (True, "One plain number", "a bool"),
        (torch.tensor(True), "One plain number", "a Tensor"),
        (torch.zeros(2), "One plain number", "a Tensor"),
        ([[1, 2], 3], "One plain number", "a list"),
        (784 + 1j, "One plain number", "a complex"),
        ({784}, "One plain number", "a set"),
        (np.array("784"), "One plain number", "a ndarray"),
    ],
)
def test_any_other_gets_a_gentle_then_a_concrete_hint(check_count, capsys, count, gentle, concrete):
    first, second = said(capsys, check_count, count)
    assert first.startswith(f"✗ Not yet. {gentle}")
    assert concrete in second


@pytest.mark.parametrize(
    "answer",
    [
        half,
        lambda x: x.numpy() / 2,
        lambda x: (x / 2).tolist(),
        lambda x: tuple(x / 2),
        lambda x: (x / 2).requires_grad_(),
        lambda x: x.double() / 2,
    ],
)
def test_a_right_function_is_accepted_in_every_form(check_half, capsys, answer):
    assert said(capsys, check_half, answer) == ["✓ Half of it."] * 2


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (lambda x: 2 * x, "Which way?", "You doubled"),
        (lambda x: -2 * x, "Which way?", "You doubled"),
        (lambda x: -x, "Mind the sign.", "Below 0."),
        (lambda x: x, "Not always.", "Not [1.5"),
        (lambda x: x / 2 if len(x) == 5 else 2 * x, "Not always.", "Not ["),
        (lambda x: x / 2 * torch.nan, "Not always.", "nan"),
        (lambda x: x / 0, "Not always.", "inf"),
        (lambda x: x.sum(), "the shape ()", "(5,) is wanted. One for each."),
        (lambda x: x[None] / 2, "the shape (1, 5)", "(5,) is wanted. One for each."),
        (lambda x: "half", "Numbers are wanted.", "a str"),
        (lambda x: ["a"] * len(x), "Numbers are wanted.", "a list"),
        (lambda x: [[1, 2], 3], "Numbers are wanted.", "a list"),
        (lambda x: [None] * len(x), "Numbers are wanted.", "a list"),
        (lambda x: (y / 2 for y in x), "Numbers are wanted.", "a generator"),
        (lambda x: x.topk(5), "two things", ".indices"),
        (lambda x: x.div_(2), "changes what it was given", "x -= …"),
        (lambda: 1, "takes 0 positional arguments", "TypeError"),
        (lambda x: parts(x.no, ""), "AttributeError", "in line"),
        (lambda x: {}["no such thing"], "Not this way.", "There is another."),
        (6, "the function itself", "what you handed over is 6"),
    ],
)
def test_any_other_function_gets_its_hint(check_half, capsys, answer, gentle, concrete):
    first, second = said(capsys, check_half, answer)
    assert first.startswith("✗ Not yet. ")
    assert gentle in first
    assert concrete in second


@pytest.mark.parametrize("missing", [..., None])
def test_a_missing_answer_gets_the_first_hint(check_half, capsys, missing):
    assert said(capsys, check_half, missing) == ["○ Not answered yet. Divide by two."] * 2


@pytest.mark.parametrize("missing", [..., None, (..., ...), (None, None)])
def test_a_function_that_returns_nothing_is_told_so(check_half, capsys, missing):
    line = "○ Not answered yet. Your function returns nothing. Return something."
    assert said(capsys, check_half, lambda x: missing) == [line] * 2


def test_a_gap_that_is_calculated_with_is_named_at_its_first_place(check_half, capsys):
    def half_filled(x):
        z = x[..., None]  # no gap
        y = ...
        w = [... for _ in z]
        return y / w

    def half_paired(x):
        y, z = ..., ...
        return y / z

    def helps(y):
        return y / 2

    def hands_on(x):
        return helps(...)

    def holds_none(x, y=Ellipsis):
        return y / 2

    for function, line in {
        half_filled: "begin in line {2} (`y = ...`).",
        half_paired: "begin in line {1} (`y, z = ..., ...`).",
        hands_on: "begin in line {1} (`return helps(...)`).",
        lambda x: ... / x: "begin in line {0} (`lambda x: ... / x: ",
        holds_none: "begin in line {1} (`return y / 2`).",
    }.items():
        first = function.__code__.co_firstlineno
        wanted = line.format(*range(first, first + 5))
        begin, second = said(capsys, check_half, function)
        assert begin == second
        assert begin.startswith(f"○ Not answered yet. There are dots left to replace: {wanted}")


def test_hints_are_gentle_at_first_then_concrete_and_gentle_again_after_success(check_half, capsys):
    for answer in (lambda x: None, lambda x: 2 * x, lambda x: 2 * x, half, lambda x: 2 * x):
        check_half(answer)
    lines = capsys.readouterr().out.splitlines()
    assert ["Which way?" in line for line in lines] == [False, True, False, False, True]
    assert [line[0] for line in lines] == ["○", "✗", "✗", "✓", "✗"]


@pytest.mark.parametrize("code", ["x @ 3", "torch.cat(x, x)", "helper(x)"])
def test_an_exception_shows_the_line_of_the_learners_code(check_half, capsys, code):
    """As in a notebook: the source lies in no file, but in linecache."""
    import linecache

    source = f"def helper(x):\n    return x.nothing\n\ndef half(x):\n    y = 2\n    return {code}\n"
    name = f"/tmp/ipykernel_1/{abs(hash(code))}.py"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    namespace = {"torch": torch}
    exec(compile(source, name, "exec"), namespace)
    where = "line 2 (`return x.nothing`)" if "helper" in code else f"line 6 (`return {code}`)"
    assert f"Your code stopped in {where} with" in said(capsys, check_half, namespace["half"])[0]


def test_the_learners_random_numbers_go_on_as_if_nothing_had_been_drawn(check_half, capsys):
    def draw():
        return torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()  # noqa: NPY002

    def draws_and_breaks(x):
        draw()
        raise ValueError

    def seed():
        torch.manual_seed(1), np.random.seed(1), random.seed(1)  # noqa: NPY002

    seed()
    expected = draw()
    for answer in (half, draws_and_breaks, lambda x: 3):
        seed()
        check_half(answer)
        assert draw() == expected


def test_no_verdict_depends_on_the_learners_random_numbers(check_half, capsys):
    shown = set()
    for seed in range(20):
        torch.manual_seed(seed)
        shown.add(said(capsys, check_half, lambda x: x + torch.rand(1))[1])
    assert len(shown) == 1


def test_a_wanted_tuple_is_compared_part_by_part(capsys):
    @checker("Both, please.")
    def check_largest(largest):
        cases = [(torch.randn(4, 3),)]
        swapped = lambda x: tuple(x.max(dim=1))  # noqa: E731
        expect_rule(largest, cases, lambda x: swapped(x)[::-1], [(swapped, "Order?", "Values come second.")],
                    ("Neither.", "Neither."), missing="", form="(positions, values)")  # fmt: skip
        return "Both."

    accepted = lambda x: [x.argmax(1).tolist(), x.max(1).values.numpy()]  # noqa: E731
    assert said(capsys, check_largest, accepted)[0] == "✓ Both."
    assert said(capsys, check_largest, lambda x: x.max(dim=1))[1] == "✗ Not yet. Values come second."
    assert "(positions, values)" in said(capsys, check_largest, lambda x: x)[1]
    assert "(positions, values)" in said(capsys, check_largest, lambda x: {1, 2})[1]
    assert said(capsys, check_largest, accepted)[1] == "✓ Both."
    assert "still missing" in said(capsys, check_largest, lambda x: (x.argmax(1), ...))[0]


@pytest.mark.parametrize(
    ("answer", "value", "equal"),
    [
        (1.0, 1, True),
        (1.000001, 1, False),  # whole numbers must be equal
        (1.000001, 1.0, True),
        (1.01, 1.0, False),
        ([1, 2], torch.tensor([1, 2]), True),
        ([[1, 2]], torch.tensor([1, 2]), False),
        (torch.tensor([1, 2], dtype=torch.uint8), np.array([257, 2]), False),
        (torch.ones(2, dtype=torch.bfloat16), np.ones(2), True),
        (float("nan"), float("nan"), True),
        (float("inf"), 1e300, False),
        ("word", "word", True),
        (1, "1", False),
        ((1, [2]), (1, torch.tensor([2])), True),
        ((1, 2), (1, 3), False),
        (10**30, 1e30, True),
    ],
)
def test_same(answer, value, equal):
    assert same(answer, value) is equal


def test_an_error_that_was_foreseen_gets_its_own_hint(check_half, capsys):
    def asks(x):
        raise AttributeError("there is no such thing")

    assert said(capsys, check_half, asks) == ["✗ Not yet. Not this way.", "✗ Not yet. There is another."]


LONG = "y" * 9999


@pytest.mark.parametrize(
    ("check", "answers"),
    [
        (check_installable, [LONG] * 5), (step5.check_accuracy, [LONG]), (step3.check_pocket_network, [LONG]),
        (check_diagnose, [lambda *_: LONG]),
    ],
)  # fmt: skip
def test_a_long_answer_is_quoted_by_its_beginning(check, answers, capsys):
    check(*answers)
    check(*answers)
    hint = capsys.readouterr().out
    assert "yyyyyyyyyy" in hint
    assert len(hint) < 500


def test_a_change_too_small_to_make_an_answer_wrong_is_a_change_all_the_same(check_half, capsys):
    def shifts(x):
        x += 1e-7
        return x / 2

    assert "changes what it was given" in said(capsys, check_half, shifts)[0]


@pytest.mark.parametrize(
    ("tolerance", "accepted"), [({"rtol": 0.1}, True), ({"atol": 0.1}, True), ({}, False)]
)
def test_a_rule_is_compared_within_its_tolerance(tolerance, accepted):
    near = lambda x: 1.05 * x  # noqa: E731
    judge = lambda: expect_rule(near, [(1.0,)], lambda x: x, [], ("no", "no"), missing="", **tolerance)  # noqa: E731
    with nullcontext() if accepted else pytest.raises(Hint):
        judge()


def test_a_name_is_known_by_its_words_and_an_unknown_one_gets_the_list():
    names = {"soft max": r"soft max|softmax", "argmax": "arg ?max"}
    assert [one_of(word, names) for word in ("Soft_Max", " softmax ", "ARGMAX")] == [
        "soft max",
        "soft max",
        "argmax",
    ]
    for unknown in ("sigmoid", "softmax or argmax", 3):
        with pytest.raises(Hint) as caught:
            one_of(unknown, names)
        assert caught.value.concrete == "Write exactly one of 'soft max', 'argmax'."


def test_the_parts_of_a_checker_can_be_used_by_themselves():
    assert number(torch.tensor([2.5])) == 2.5
    assert array(torch.ones(2, dtype=torch.uint8)).dtype == np.int64
    assert parts(torch.tensor([17, 24]), "(row, column)") == [17, 24]
    assert call(half, 3, missing="") == 1.5
    with pytest.raises(Hint, match="3 parts"):
        parts((1, 2), "(a, b, c)")
