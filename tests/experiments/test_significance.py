"""McNemar's test against the exact binomial sum."""

from math import comb

import pytest
import torch

from mnist_helpers.experiments import mcnemar


def right_answers(both, only_first, only_second, neither):
    first = torch.tensor([True] * (both + only_first) + [False] * (only_second + neither))
    second = torch.tensor([True] * both + [False] * only_first + [True] * only_second + [False] * neither)
    return first, second


@pytest.mark.parametrize(("only_first", "only_second"), [(8, 2), (2, 8), (6, 0), (5, 5), (140, 105)])
def test_p_value_is_the_two_sided_binomial_sum(only_first, only_second):
    n, k = only_first + only_second, min(only_first, only_second)
    expected = min(1, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n)
    result = mcnemar(*right_answers(30, only_first, only_second, 4))
    assert (result.only_first, result.only_second) == (only_first, only_second)
    assert result.p_value == pytest.approx(expected)


def test_images_on_which_both_agree_change_nothing():
    assert mcnemar(*right_answers(0, 9, 3, 0)) == mcnemar(*right_answers(1000, 9, 3, 50))


def test_a_model_does_not_differ_from_itself():
    right = torch.tensor([True, False, True])
    assert mcnemar(right, right).p_value == 1


def test_bad_input_is_named():
    right = torch.tensor([True, False])
    with pytest.raises(TypeError, match="first_right must be a bool"):
        mcnemar(torch.tensor([1, 0]), right)
    with pytest.raises(TypeError, match="second_right must be a bool"):
        mcnemar(right, [True, False])
    with pytest.raises(ValueError, match="same images"):
        mcnemar(right, torch.tensor([True]))
