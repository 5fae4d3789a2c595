"""Exercises of backpropagation: wrong answers earn the right hint, right ones in any form pass."""

import numpy as np
import torch
import torch.nn.functional as F
from verdicts import right, wrong

from mnist_helpers.extensions.backpropagation.exercises import (
    check_layer_backward,
    check_momentum,
    check_relu_backward,
    check_softmax_backward,
    check_wrong_lines,
)


def by_autograd(function):
    """The slopes that PyTorch finds, for functions of tensors with the slopes that arrive at their result."""

    def backward(*arrays):
        *inputs, slopes = (torch.from_numpy(array) for array in arrays)
        inputs = [tensor.requires_grad_() for tensor in inputs]
        return torch.autograd.grad(function(*inputs), inputs, slopes)

    return backward


def layer_by_autograd(x, w, slopes):
    bias = np.zeros(w.shape[1])
    return by_autograd(lambda x, w, b: x @ w + b)(x, w, bias, slopes)


def layer_by_loops(x, w, slopes):
    x_slopes, w_slopes = np.zeros_like(x), np.zeros_like(w)
    for i, k, j in np.ndindex(*x.shape, w.shape[1]):
        x_slopes[i, k] += slopes[i, j] * w[k, j]
        w_slopes[k, j] += slopes[i, j] * x[i, k]
    return [x_slopes, w_slopes, slopes.sum(0)]


def softmax_by_autograd(scores, labels):
    scores = torch.from_numpy(scores).requires_grad_()
    F.cross_entropy(scores, torch.from_numpy(labels)).backward()
    return scores.grad


def softmax(scores):
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def surplus(scores, labels):
    return softmax(scores) - np.eye(scores.shape[1])[labels]


def unsafe(scores, labels):
    with np.errstate(all="ignore"):
        powers = np.exp(scores)
        return (powers / powers.sum(1, keepdims=True) - np.eye(scores.shape[1])[labels]) / len(scores)


def momentum_by_torch(parameter, slope, velocity, rate):
    weight = torch.nn.Parameter(torch.from_numpy(parameter.copy()))
    optimizer = torch.optim.SGD([weight], lr=rate, momentum=0.9)
    optimizer.state[weight]["momentum_buffer"] = torch.from_numpy(velocity.copy())
    weight.grad = torch.from_numpy(slope)
    optimizer.step()
    return weight, optimizer.state[weight]["momentum_buffer"]


ANSWERS = {
    check_layer_backward: [
        *map(right, (layer_by_autograd, layer_by_loops)),
        right(lambda x, w, s: (s @ w.T, (s.T @ x).T, np.einsum("ij->j", s))),
        wrong(lambda x, w, s: (s @ w.T, x.T @ s, s.mean(0)), gentle="bias", concrete="add up"),
        wrong(lambda x, w, s: (s @ w.T, x.T @ s, s.sum(0, keepdims=True)), gentle="bias", concrete="of b"),
        wrong(lambda x, w, s: (s @ w.T, x.T @ s, s), gentle="bias"),
        wrong(lambda x, w, s: (s @ w.T, s.T @ x, s.sum(0)), gentle="weights", concrete="add up"),
        wrong(lambda x, w, s: (s @ w.T, x.T @ s / len(x), s.sum(0)), gentle="weights"),
        wrong(lambda x, w, s: (x, x.T @ s, s.sum(0)), gentle="Look at x", concrete="reaches every unit"),
        wrong(lambda x, w, s: (s @ w.T / len(x), x.T @ s / len(x), s.mean(0)), gentle="One step too many"),
        wrong(lambda x, w, s: (x.T @ s, s @ w.T, s.sum(0)), gentle="Which is which"),
        wrong(lambda x, w, s: (s @ w, x.T @ s, s.sum(0)), gentle="do not fit", concrete="shape of what"),
        wrong(lambda x, w, s: (w, x, s[0]), gentle="More than one", concrete="a sum over k"),
        wrong(lambda x, w, s: s @ w.T, gentle="3 parts"),
    ],
    check_relu_backward: [
        right(lambda z, s: by_autograd(torch.relu)(z, s)[0]),
        right(lambda z, s: np.where(z > 0, s, 0)),
        wrong(lambda z, s: s * (s > 0), gentle="gate", concrete="z that opens"),
        wrong(lambda z, s: np.maximum(s, 0), gentle="gate"),
        wrong(lambda z, s: s * np.maximum(z, 0), gentle="in between", concrete="factor is 1"),
        wrong(lambda z, s: np.maximum(z, 0), gentle="way forward"),
        wrong(lambda z, s: z > 0, gentle="That is the gate"),
        wrong(lambda z, s: s, gentle="Nothing is stopped"),
        wrong(lambda z, s: np.where(z < 0, s, 0), gentle="other way"),
        wrong(lambda z, s: np.where(z > 0, s, 0.1 * s), gentle="Not the slopes", concrete="passes unchanged"),
    ],
    check_softmax_backward: [
        right(softmax_by_autograd),
        right(lambda scores, labels: surplus(scores, labels) / len(labels)),
        wrong(surplus, gentle="of a mean", concrete="number of images"),
        wrong(unsafe, gentle="large scores", concrete="overflows"),
        wrong(lambda scores, labels: surplus(scores, labels) / scores.size, gentle="too much"),
        wrong(lambda scores, labels: -surplus(scores, labels) / len(labels), gentle="Uphill"),
        wrong(lambda scores, labels: softmax(scores) / len(labels), gentle="labels"),
        wrong(lambda s, labels: (s - np.eye(s.shape[1])[labels]) / len(s), gentle="no probabilities"),
        wrong(lambda scores, labels: surplus(scores, labels) / 4, gentle="Not the slopes"),
        wrong(lambda s, labels: softmax(s.T).T - np.eye(s.shape[1])[labels], gentle="Not the slopes"),
    ],
    check_wrong_lines: [
        *(right(*lines) for lines in ((6, 8), (8, 6), (8.0, np.int64(6)))),
        wrong(6, 7, gentle="One of the two", concrete="Line 6 is wrong"),
        wrong(8, 4, gentle="One of the two", concrete="Line 8 is wrong"),
        wrong(6, 6, gentle="One of the two"),
        wrong(4, 5, gentle="sound", concrete="w3, b3"),
        wrong("six", 8, gentle="number"),
    ],
    check_momentum: [
        *map(right, (momentum_by_torch, lambda p, s, v, r: (p - r * (0.9 * v + s), 0.9 * v + s))),
        wrong(lambda p, s, v, r: (p - r * v, 0.9 * v + s), gentle="late", concrete="old velocity"),
        wrong(lambda p, s, v, r: (p + r * (0.9 * v + s), 0.9 * v + s), gentle="Uphill"),
        wrong(lambda p, s, v, r: (p - r * (0.9 * v + 0.1 * s), 0.9 * v + 0.1 * s), gentle="average"),
        wrong(lambda p, s, v, r: (p - r * (v + s), v + s), gentle="wears off"),
        wrong(lambda p, s, v, r: (p - 0.9 * v - r * s, 0.9 * v + r * s), gentle="too early"),
        wrong(lambda p, s, v, r: (p - r * s, 0.9 * v + s), gentle="plain step"),
        wrong(lambda p, s, v, r: (p - r * s, v), gentle="Not momentum"),
        wrong(lambda p, s, v, r: (0.9 * v + s, p - r * (0.9 * v + s)), gentle="Which is which"),
        wrong(lambda p, s, v, r: p - r * s, gentle="parts"),
    ],
}  # fmt: skip
