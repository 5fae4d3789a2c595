"""Exercises of the framework comparison: wrong answers earn their hint, right ones in any form pass."""

import numpy as np
import torch
from verdicts import right, wrong

from mnist_helpers.extensions.framework_comparison.exercises import check_break_even, check_to_keras


def by_name(state):
    names = ("hidden1", "hidden2", "output")
    return [array for n in names for array in (state[f"{n}.weight"].T.numpy(), state[f"{n}.bias"].numpy())]


def by_dimension(state):
    return [value.T if value.ndim == 2 else value for value in state.values()]


def with_tuple(state):
    return tuple(value.numpy().transpose() for value in state.values())


ANSWERS = {
    check_break_even: [
        *map(right, (13, 13.0, np.int64(13), torch.tensor(13))),
        wrong(10, gentle="compiler save", concrete="less than the other one"),
        wrong(5 / 0.9, gentle="takes time, too", concrete="what compiling saves"),
        wrong(6, gentle="takes time, too", concrete="what compiling saves"),
        wrong(5 / 1.4, gentle="signs", concrete="difference"),
        wrong(12.5, gentle="whole number", concrete="11 s against"),
        wrong(12, gentle="whole number", concrete="11 s against"),
        wrong(14, gentle="formula", concrete="0.9 n"),
        wrong(-3, gentle="formula", concrete="0.9 n"),
        wrong("13", gentle="One plain number", concrete="str"),
    ],
    check_to_keras: [
        *map(right, (by_name, by_dimension, with_tuple)),
        wrong(lambda s: list(s.values()), gentle="Rows and columns", concrete="transpose"),
        wrong(lambda s: [v.reshape(v.shape[::-1]) for v in s.values()], gentle="are not", concrete=".T"),
        wrong(lambda s: [v.T.flip(0) if v.ndim == 2 else v for v in s.values()], gentle="are not"),
        wrong(lambda s: [v.T if v.ndim == 2 else 0 * v for v in s.values()], gentle="are not"),
        wrong(lambda s: by_name(s)[::-1], gentle="order", concrete="kernel before the bias"),
        wrong(lambda s: by_name(s)[:4], gentle="6 parts", concrete="flat list (kernel, bias"),
        wrong(lambda s: [v.flatten() for v in s.values()], gentle="shapes are not", concrete="(784, 128)"),
        wrong(lambda s: {k: v.t() for k, v in s.items()}, gentle="6 parts", concrete="flat list"),
        wrong(lambda s: 5, gentle="6 parts", concrete="flat list"),
        wrong(3, gentle="function itself", concrete="without brackets"),
    ],
}
