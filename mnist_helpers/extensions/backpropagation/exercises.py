"""Checkers of notebooks/extensions/backpropagation.ipynb."""

import numpy as np
from numpy.typing import NDArray

from mnist_helpers.exercises.answers import number
from mnist_helpers.exercises.feedback import When, checker, expect, expect_rule

SHAPES = ((5, 4, 3), (4, 4, 4), (1, 3, 2), (6, 2, 5))  # images, inputs, units


@checker("Which slopes does the layer hand back to x, and which do w and b get?")
def check_layer_backward(layer_backward: object) -> str:
    """A function (x, w, slopes) -> (x_slopes, w_slopes, b_slopes), tried on random arrays."""
    normal = np.random.default_rng(0).normal
    cases = [(normal(size=(n, i)), normal(size=(i, u)), normal(size=(n, u))) for n, i, u in SHAPES]

    def right(x: NDArray, w: NDArray, slopes: NDArray) -> tuple:
        return slopes @ w.T, x.T @ slopes, slopes.sum(axis=0)

    def part(*wrong: int) -> When:
        """The answer is wrong in just these of its three parts."""
        return When(lambda answer, wanted, *_: wrong == tuple(
            k for k in range(3)
            if answer[k].shape != wanted[k].shape or not np.allclose(answer[k], wanted[k])
        ))  # fmt: skip

    shape = ("The shapes of a product do not fit.",
             "A slope has the shape of what it belongs to: which of `x.T @ slopes`, `slopes @ w.T` and their "
             "like gives it.")  # fmt: skip
    expect_rule(layer_backward, cases, right, [
        (lambda x, w, s: (s @ w.T, x.T @ s, s.mean(axis=0)), "Almost. Look at the bias.",
         "You take the mean over the images. b is added to every row, and the slopes of all rows add up."),
        (lambda x, w, s: tuple(array / len(x) for array in right(x, w, s)),
         "One step too many. Where was the mean already taken?",
         "You divide by the number of images; `slopes` has that in it already."),
        (lambda x, w, s: (x.T @ s, s @ w.T, s.sum(axis=0)), "Which is which?",
         "The order that is wanted is x_slopes, w_slopes, b_slopes."),
        (part(2), "Two of the three are right. Look at the bias.",
         "b is added to every row: its slope adds up the rows of `slopes`, and has the shape of b."),
        (part(1), "Two of the three are right. Look at the weights.",
         "w[k, j] meets x[i, k] on its way to z[i, j], in every row i: add up x[i, k] · slopes[i, j]."),
        (part(0), "Two of the three are right. Look at x.",
         "x[i, k] reaches every unit j by the weight w[k, j]: add up slopes[i, j] · w[k, j]."),
    ], ("More than one of the three is not right.",
        "Write z[i, j] as a sum over k, and ask for each of x, w and b what it is multiplied by."),
        errors=[("matmul|shapes|broadcast", *shape)], form="(x_slopes, w_slopes, b_slopes)",
        missing="It should return three arrays.")  # fmt: skip
    return "Right, for layers of four sizes. This is all that a layer does on the way back."


@checker("Where z is positive a ReLU hands its input on. What does it hand back?")
def check_relu_backward(relu_backward: object) -> str:
    """A function (z, slopes) -> the slopes at z."""
    normal = np.random.default_rng(1).normal
    cases = [(normal(size=shape), normal(size=shape)) for shape in ((4, 5), (3, 3), (1, 6))]
    expect_rule(relu_backward, cases, lambda z, s: s * (z > 0), [
        (lambda z, s: s * (s > 0), "The gate is somewhere else. What opens it?",
         "You block negative slopes. It is z that opens or closes the gate; the slope may have either sign."),
        (lambda z, s: s * np.maximum(z, 0),
         "Open or closed, nothing in between. How fast does the output rise where z > 0?",
         "You multiply by the activation. Where z > 0 the output rises as fast as z: the factor is 1."),
        (lambda z, s: np.maximum(z, 0), "That is the way forward. What comes back?", "Hand the slopes back."),
        (lambda z, s: (z > 0) * 1.0, "That is the gate. What goes through it?",
         "You return the slope of the ReLU itself; the chain rule multiplies the arriving slopes by it."),
        (lambda z, s: s, "Nothing is stopped. What does a ReLU do below 0?",
         "Where z is negative the output stays 0, whatever z does."),
        (lambda z, s: s * (z < 0), "The other way round.", "The gate is open where z is positive."),
    ], ("Not the slopes at z.", "The slope passes unchanged where z > 0, and is 0 elsewhere."),
        missing="It should return an array of the shape of z.")  # fmt: skip
    return "Right: open or closed, and it is z that decides."


@checker("Probabilities minus truth, and the mean over the batch.")
def check_softmax_backward(softmax_backward: object) -> str:
    """A function (scores, labels) -> the slopes of the mean cross-entropy at the scores."""
    random = np.random.default_rng(2)
    cases = [
        (random.normal(size=(n, k)) * 3, random.integers(k, size=n)) for n, k in ((4, 10), (7, 5), (2, 3))
    ]
    cases.append((np.array([[1000.0, 0, 0], [0, 1000, -1000]]), np.array([0, 2])))

    def share(scores: NDArray) -> NDArray:
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def surplus(scores: NDArray, labels: NDArray) -> NDArray:
        return share(scores) - np.eye(scores.shape[1])[labels]

    expect_rule(softmax_backward, cases, lambda scores, labels: surplus(scores, labels) / len(scores), [
        (When(lambda answer, *_: not np.isfinite(answer).all()), "Not a number, for large scores.",
         "For a score of 1000 the exponential overflows. Subtract each row's highest score first."),
        (surplus, "The slopes of a sum. And of a mean?",
         "The loss is the mean over the images, so each has 1/n of the say: divide by the number of images."),
        (lambda scores, labels: surplus(scores, labels) / scores.size,
         "Divided by too much. Over what is the mean taken?",
         "You divide by all numbers in the table; the mean is over the images."),
        (lambda scores, labels: -surplus(scores, labels) / len(scores),
         "Uphill. Which sign should the slope at the true score have?",
         "The sign is wrong: raising the true score lowers the loss, so its slope is negative."),
        (lambda scores, labels: share(scores) / len(scores), "Where do the labels come in?",
         "Subtract 1 from the probability of the true digit in every row."),
        (lambda scores, labels: (scores - np.eye(scores.shape[1])[labels]) / len(scores),
         "Scores are no probabilities. What turns one into the other?",
         "Turn the scores into probabilities by softmax first."),
    ], ("Not the slopes at the scores. Which two things does the slope compare?",
        "Softmax of each row, minus 1 at the true digit, all divided by n."),
        missing="It should return an array of the shape of the scores.")  # fmt: skip
    return "Right: too much belief is pushed down, too little is pushed up, and large scores do no harm."


@checker("Which arrays does the check find wrong, and which line makes each of them?")
def check_wrong_lines(*lines: object) -> str:
    """The numbers of the two wrong lines of `broken_slopes`, in any order."""
    expect(sorted(number(line) for line in lines), [6, 8], [
        (lambda found: 6 in found, "One of the two is right. Look at the slopes that come out wrong again.",
         "Line 6 is wrong. The other one spoils the slopes of b2 and nothing else."),
        (lambda found: 8 in found, "One of the two is right. Look at the slopes that come out wrong again.",
         "Line 8 is wrong. The other one spoils the slopes of w1 and b1 together: what do these two share?"),
    ], ("Those two are sound.", "The check clears w3, b3 and w2: what they are made of is right. Which "
        "line do w1 and b1 share, and which is that of b2 alone?"))  # fmt: skip
    return "Right: an activation in place of a gate, and a mean in place of a sum."


@checker("First the velocity, then the step.")
def check_momentum(momentum_step: object) -> str:
    """A function (parameter, slope, velocity, rate) -> (parameter, velocity)."""
    normal = np.random.default_rng(3).normal
    cases = [(normal(size=4), normal(size=4), normal(size=4), rate) for rate in (0.1, 0.02, 1.0)]

    def moved(p: NDArray, velocity: NDArray, rate: float) -> tuple:
        return p - rate * velocity, velocity

    expect_rule(momentum_step, cases, lambda p, s, v, r: moved(p, 0.9 * v + s, r), [
        (lambda p, s, v, r: (p - r * v, 0.9 * v + s),
         "One step late. Which comes first, the velocity or the step?",
         "You step with the old velocity. Update it first, and step with the new one."),
        (lambda p, s, v, r: (p + r * (0.9 * v + s), 0.9 * v + s), "Uphill. Do slopes point up or down?",
         "Step against the slopes."),
        (lambda p, s, v, r: moved(p, 0.9 * v + 0.1 * s, r), "An average is not what was asked for.",
         "You take a tenth of the slope, as Adam does. Here the slope is added whole."),
        (lambda p, s, v, r: moved(p, v + s, r), "Nothing wears off. How much of the old velocity stays?",
         "Keep 0.9 of the velocity."),
        (lambda p, s, v, r: (p - (0.9 * v + r * s), 0.9 * v + r * s),
         "The rate comes too early. What is added to the velocity?",
         "Your velocity holds the rate. Add the bare slope to it, and multiply by the rate in the step."),
        (lambda p, s, v, r: (p - r * s, 0.9 * v + s), "That is a plain step. What is the velocity for?",
         "You keep a velocity, and then step with the slope alone."),
        (lambda p, s, v, r: moved(p, 0.9 * v + s, r)[::-1], "Which is which?",
         "The order that is wanted is parameter, velocity."),
    ], ("Not momentum. What stays of the velocity, and what is added?",
        "Velocity: 0.9 · velocity + slope. Parameter: parameter − rate · new velocity."),
        form="(parameter, velocity)", missing="It should return parameter and velocity.")  # fmt: skip
    return "Right: slopes that agree add up, slopes that alternate cancel."
