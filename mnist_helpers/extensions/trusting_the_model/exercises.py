"""Checkers of notebooks/extensions/trusting_the_model.ipynb."""

import torch
from torch import Tensor

from mnist_helpers.exercises.feedback import Hint, When, checker, expect, expect_rule, number, same


@checker("Divide both logits by T, take the softmax: which T brings 98.2% down to 75%?")
def check_temperature(temperature: object) -> str:
    """The T at which softmax((4, 0) / T) gives 75% to the first class."""
    temperature = number(temperature)
    if not temperature > 0:
        raise Hint("A temperature is above 0.",
                   "At a T below 0 the loser would win; at 0 there is nothing to divide.")  # fmt: skip

    def confidence_at(temperature: float) -> float:
        return torch.tensor([4.0, 0.0], dtype=torch.float64).div(temperature).softmax(dim=0)[0].item()

    confidence = confidence_at(temperature)
    way = "too sure, so go higher" if confidence > 0.75 else "not sure enough, so go lower"
    expect(confidence, 0.75, [
        (lambda _: abs(confidence_at(1 / temperature) - 0.75) < 0.005, "You have the number to multiply by.",
         "Temperature scaling divides the logits by T; how do you turn your number into that?"),
    ], ("With that T the confidence is not 75%.", f"With your T the confidence is {{answer:.1%}}: {way}."),
        rtol=0, atol=0.005)  # fmt: skip
    return f"At T = {temperature:.3g} the model says {confidence:.1%}, and it is right in 75% of the cases."


@checker("If each image is misread with probability e: how likely are 300 right answers in a row?")
def check_clean_record(error_rate: object) -> str:
    """The error rate with which 300 images pass without a mistake in one case of 20."""
    error_rate = number(error_rate)
    if not 0 <= error_rate < 1:
        raise Hint("An error rate is a share.", "Give a number from 0 to 1, such as 0.05 for 5%.")
    chance = (1 - error_rate) ** 300
    way = "often, so the rate may be higher" if chance > 0.05 else "rarely, so the rate must be lower"
    expect(error_rate, 1 - 0.05 ** (1 / 300), [
        (0.05 ** (1 / 300), "How often is an answer wrong?",
         "Yours would be the share of right answers, or per cent; 5% wrong answers are written 0.05."),
        (1 - 0.95 ** (1 / 300), "Which of the two is rare?",
         "With your rate a clean record comes in 19 cases of 20, and a mistake in one."),
    ], ("That is not where 1 in 20 is reached.",
        f"With {error_rate:.2%} errors, 300 images pass without a mistake in {chance:.1%} of the cases: "
        f"too {way}."), rtol=0.02)  # fmt: skip
    rule = "Rule of three: no mistake in n images, so a rate below 3 / n."
    return f"At {error_rate:.2%} it is 1 case in 20. {rule}"


@checker("Toss n times: how likely is it that all n fall to the same side, whichever it is?")
def check_clean_sweep(num_images: object) -> str:
    """The least n for which n : 0 has a two-sided p-value below 0.05."""
    num_images = number(num_images)
    p_value = min(1.0, 2 * 0.5 ** max(num_images, 0))
    sweep = f"{num_images:.0f} : 0 has p = {p_value:.3g}"
    expect(num_images, 6, [
        (lambda n: n % 1 != 0 or n < 1, "Images come in whole numbers.",
         "Give a whole number of at least 1."),
        (5, "Almost: think of both models.",
         f"{p_value / 2:.3f} is the chance that the first model wins them all. "
         "The second one could have, too, and you would have been just as surprised."),
        (lambda n: n > 6, "Fewer are enough.", f"{sweep}. Is it the least number?"),
    ], ("That can easily be luck.", f"{sweep}, which is not below 0.05."))  # fmt: skip
    return f"{num_images:.0f} : 0 has a p-value of {p_value:.3f}, and one image fewer would not do."


@checker("Put your function in: it returns the share answered and the accuracy of those answers.")
def check_sure_answers(sure_answers: object) -> str:
    """A function (probabilities (n, 10), labels (n,), threshold) -> share answered, accuracy of these."""

    def shares(kept: str, counted: str, divided: str) -> object:
        """A rule: the share `kept`, and how many of `counted` are right, per image of `divided`."""

        def rule(probabilities: Tensor, labels: Tensor, threshold: float) -> tuple[float, float]:
            confidence, digits = probabilities.max(dim=1)
            sure = (confidence > threshold).double()
            of = {"all": torch.ones_like(sure), "sure": sure, "unsure": 1 - sure}
            return of[kept].mean(), (of[counted] * (digits == labels)).sum() / of[divided].sum()

        return rule

    right = shares("sure", "sure", "sure")
    expect_rule(sure_answers, [_random_answers() for _ in range(2)], right, [
        (lambda *case: right(*case)[::-1], "Look at the order.",
         "The share answered comes first, the accuracy second."),
        (When(lambda answer, wanted, *_: same(answer[0], 1 - wanted[0], 1e-4)),
         "That is the share of images it refuses.",
         "It answers where the confidence is above the threshold."),
        (When(lambda answer, *_: answer[0] > 1), "A share lies between 0 and 1.",
         "Divide the number of answers by the number of images."),
        (When(lambda answer, wanted, *_: not same(answer[0], wanted[0], 1e-4)),
         "The share answered is not right yet.",
         "On one fresh set the largest probability of {wanted[0]:.1%} of the images lies above the "
         "threshold; you say {answer[0]:.1%}."),
        (shares("sure", "all", "all"), "The accuracy is that of all images.",
         "Keep only the answers that are given: right[sure] picks them."),
        (shares("sure", "sure", "all"), "The right answers are divided by too many.",
         "Images that it refuses are neither right nor wrong: divide by the number of answers given."),
    ], ("The accuracy among the answers is not right yet.",
        "On one fresh set {wanted[1]:.1%} of the answers given are right; you say {answer[1]:.1%}."),
        form="a pair (answered, accuracy)", rtol=1e-4,
        missing="Two shares are wanted, in this order.")  # fmt: skip
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
