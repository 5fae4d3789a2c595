"""Checkers of notebooks/extensions/trusting_the_model.ipynb."""

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from mnist_helpers.exercises.answers import Hint, number
from mnist_helpers.exercises.feedback import checker, expect, expect_rule


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
    ], ("That can easily be luck. How likely is it?", f"{sweep}, which is not below 0.05."))  # fmt: skip
    return f"{num_images:.0f} : 0 has a p-value of {p_value:.3f}, and one image fewer would not do."


@checker("Put your function in: scores of digits and of letters go in, a share of pairs comes out.")
def check_auroc(auroc: object) -> str:
    """A function (scores of digits (n,), of letters (m,)) -> share of pairs in which the digit leads."""

    def share(digits: Tensor, letters: Tensor) -> float:
        return roc_auc_score([1] * len(digits) + [0] * len(letters), torch.cat([digits, letters]))

    cases = [(torch.randn(n) + 0.8, torch.randn(m)) for n, m in ((40, 25), (30, 60))]
    expect_rule(auroc, cases, share, [
        (lambda *case: 1 - share(*case), "Who should lead?",
         "You count the pairs in which the letter scores higher, {answer:.1%} of them."),
        (lambda *case: len(case[0]) * len(case[1]) * share(*case), "A share lies between 0 and 1.",
         "You count the pairs; divide by how many there are."),
        ([lambda d, o: (d > o.mean()).double().mean(), lambda d, o: (d > o.median()).double().mean()],
         "You compare with one number.", "Every digit is to meet every letter, not their middle."),
        (lambda d, o: (torch.cat([d, o]) > 0).double().mean(), "Which two are compared?",
         "Compare digits with letters, not all scores with 0."),
    ], ("Not the share of pairs. Who is compared with whom?",
        "On one fresh set of scores the digit leads in {wanted:.1%} of the pairs; you say {answer:.1%}."),
        errors=[("must match", "Every digit is to meet every letter.",
                 "Shapes (n,) and (m,) do not go together; (n, 1) and (m,) do: digits[:, None].")],
        missing="One share is wanted.")  # fmt: skip
    return "Every pair is counted, and so says scikit-learn's roc_auc_score, on fresh random scores."
