"""Checkers of notebooks/extensions/trusting_the_model.ipynb."""

import torch
from torch import Tensor

from mnist_helpers.evaluation import accuracy_interval
from mnist_helpers.exercises.feedback import Hint, call, checker, number


@checker("Divide both logits by T, take the softmax: which T brings 98.2% down to 75%?")
def check_temperature(temperature) -> str:
    """The T at which softmax((4, 0) / T) gives 75% to the first class."""
    temperature = number(temperature)
    if temperature <= 0:
        raise Hint(
            "A temperature is above 0.",
            "At a T below 0 the loser would win; at 0 there is nothing to divide.",
        )
    confidence = _two_class_confidence(temperature)
    if abs(confidence - 0.75) < 0.005:
        return (
            f"At T = {temperature:.3g} the model says {confidence:.1%}, and it is right in 75% of the cases."
        )
    if abs(_two_class_confidence(1 / temperature) - 0.75) < 0.005:
        raise Hint(
            "You have the number to multiply by.",
            "Temperature scaling divides the logits by T; how do you turn your number into that?",
        )
    raise Hint(
        "With that T the confidence is not 75%.",
        f"With your T the confidence is {confidence:.1%}: "
        f"{'too sure, so go higher' if confidence > 0.75 else 'not sure enough, so go lower'}.",
    )


def _two_class_confidence(temperature: float) -> float:
    return torch.tensor([4.0, 0.0], dtype=torch.float64).div(temperature).softmax(dim=0)[0].item()


@checker("The interval shrinks with the square root of the number of images.")
def check_test_set_size(num_images) -> str:
    """How many images give a model of 98% accuracy an interval of plus or minus 0.1 points."""
    num_images = number(num_images)
    if num_images < 1:
        raise Hint("A test set has at least one image.", "Give the number of images, such as 10_000.")
    half = _half_width(num_images)
    if 0.00097 <= half <= 0.00103:
        return f"{num_images:,.0f} images give ±{100 * half:.2f} points."
    if 0.00048 <= half <= 0.00052:
        raise Hint(
            "That is more than you need.",
            "Yours is 0.1 points wide from end to end. Asked for: 0.1 points to each side.",
        )
    if abs(num_images / 10_000 / 2.74 - 1) < 0.05:
        raise Hint(
            "It takes more than that.",
            "You took as many times more images as the interval shall shrink. "
            "But four times the images only halve it.",
        )
    raise Hint(
        "That gives another interval.",
        f"{num_images:,.0f} images give ±{100 * half:.2f} points: you need "
        f"{'more' if half > 0.001 else 'fewer'}.",
    )


def _half_width(num_images: float) -> float:
    low, high = accuracy_interval(0.98, round(num_images))
    return (high - low) / 2


@checker("Toss n times: how likely is it that all n fall to the same side, whichever it is?")
def check_clean_sweep(num_images) -> str:
    """The least n for which n : 0 has a two-sided p-value below 0.05."""
    num_images = number(num_images)
    if num_images != int(num_images) or num_images < 1:
        raise Hint("Images come in whole numbers.", "Give a whole number of at least 1.")
    p_value = min(1.0, 2 * 0.5**num_images)
    if p_value < 0.05 <= 2 * 0.5 ** (num_images - 1):
        return f"{num_images:.0f} : 0 has a p-value of {p_value:.3f}, and one image fewer would not do."
    if p_value < 0.05:
        raise Hint(
            "Fewer are enough.", f"{num_images:.0f} : 0 has p = {p_value:.4f}. Is it the least number?"
        )
    if 0.5**num_images < 0.05:
        raise Hint(
            "Almost: think of both models.",
            f"{0.5**num_images:.3f} is the chance that the first model wins them all. "
            "The second one could have, too, and you would have been just as surprised.",
        )
    raise Hint(
        "That can easily be luck.", f"{num_images:.0f} : 0 has p = {p_value:.3f}, which is not below 0.05."
    )


@checker("Put your function in: it returns the share answered and the accuracy of those answers.")
def check_sure_answers(sure_answers) -> str:
    """A function (probabilities (n, 10), labels (n,), threshold) -> share answered, accuracy of these."""
    probabilities, labels, threshold = _random_answers()
    confidence, digits = probabilities.max(dim=1)
    result = call(
        sure_answers, probabilities, labels, threshold, missing="Two shares are wanted, in this order."
    )
    try:
        answered, accuracy = (float(value) for value in result)
    except (TypeError, ValueError):
        raise Hint(
            "Return two numbers.", "End with `return answered, accuracy`: two shares between 0 and 1."
        ) from None
    sure, right = confidence > threshold, digits == labels
    _check_answered(answered, accuracy, sure)
    _check_accuracy(accuracy, sure, right)
    return "The share answered and the accuracy among the answers, as on fresh random probabilities."


def _random_answers(num_images: int = 200) -> tuple[Tensor, Tensor, float]:
    """Probabilities, labels and a threshold for which no wrong way leads to the right numbers by chance.

    Far fewer than half of the answers are sure, most of these are right, and most of the others wrong.
    The threshold is none of the confidences: whether it is itself enough is a matter of taste.
    """
    probabilities = (2 * torch.randn(num_images, 10)).softmax(dim=1)
    confidence, digits = probabilities.max(dim=1)
    below, above = confidence.sort().values[int(torch.randint(120, 160, ())) :][:2].tolist()
    threshold = (below + above) / 2
    right = torch.rand(num_images) < torch.where(confidence > threshold, 0.9, 0.4)
    wrong = (digits + torch.randint(1, 10, (num_images,))) % 10
    return probabilities, torch.where(right, digits, wrong), threshold


def _check_answered(answered: float, accuracy: float, sure: Tensor) -> None:
    expected = sure.double().mean().item()
    if _same(answered, expected):
        return
    if _same(accuracy, expected):
        raise Hint("Look at the order.", "The share answered comes first, the accuracy second.")
    if _same(answered, 1 - expected):
        raise Hint(
            "That is the share of images it refuses.",
            "It answers where the confidence is above the threshold.",
        )
    if answered > 1:
        raise Hint("A share lies between 0 and 1.", "Divide the number of answers by the number of images.")
    raise Hint(
        "The share answered is not right yet.",
        f"On one fresh set the largest probability of {expected:.1%} of the images lies above the threshold; "
        f"you say {answered:.1%}.",
    )


def _check_accuracy(accuracy: float, sure: Tensor, right: Tensor) -> None:
    expected = right[sure].double().mean().item()
    if _same(accuracy, expected):
        return
    if _same(accuracy, right.double().mean().item()):
        raise Hint(
            "The accuracy is that of all images.",
            "Keep only the answers that are given: right[sure] picks them.",
        )
    if _same(accuracy, (right & sure).double().mean().item()):
        raise Hint(
            "The right answers are divided by too many.",
            "Images that it refuses are neither right nor wrong: divide by the number of answers given.",
        )
    raise Hint(
        "The accuracy among the answers is not right yet.",
        f"On one fresh set {expected:.1%} of the answers given are right; you say {accuracy:.1%}.",
    )


def _same(one: float, other: float) -> bool:
    return abs(one - other) < 1e-4
