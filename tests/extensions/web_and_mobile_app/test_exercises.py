"""Exercises of web_and_mobile_app: wrong answers earn the right hint, right ones in any form pass."""

import re

import numpy as np
import torch
from conftest import ROOT
from verdicts import right, wrong

from mnist_helpers.extensions.web_and_mobile_app.exercises import (
    INSTALLABLE,
    check_installable,
    check_quantise,
    check_start,
)

TRUE = [installable for installable, _ in INSTALLABLE.values()]


def quantise(weights):
    scale = np.abs(weights).max() / 127
    return np.rint(weights / scale).astype(np.int8), scale


def quantise_in_a_loop(weights):
    scale = max(map(abs, weights.ravel().tolist())) / 127
    return np.reshape([round(weight / scale) for weight in weights.ravel().tolist()], weights.shape), scale


def quantise_with_torch(weights):
    """As PyTorch rehearses it while it trains a model that is to become int8."""
    tensor = torch.from_numpy(weights)
    scale = tensor.abs().max() / 127
    rounded = torch.fake_quantize_per_tensor_affine(tensor, scale.item(), 0, -127, 127)
    return (rounded / scale).round(), scale


def with_scale(scale_of, whole=np.rint):
    return lambda weights: (whole(weights / scale_of(weights)), scale_of(weights))


def largest(weights):
    return np.abs(weights).max() / 127


def divided_in_place(weights):
    scale = largest(weights)
    weights /= scale
    return np.rint(weights), scale


def start(centre, length):
    return min(max(round(14 - centre), 0), 28 - length)


def start_with_numpy(centre, length):
    return np.clip(np.rint(14 - centre), 0, 28 - length)


def start_by_search(centre, length):
    return torch.tensor(min(range(28 - length + 1), key=lambda first: abs(first + centre - 14)))


ANSWERS = {
    check_quantise: [
        *map(right, (quantise, quantise_in_a_loop, quantise_with_torch)),
        wrong(with_scale(lambda weights: weights.max() / 127), gentle="two signs", concrete="beyond -127"),
        wrong(with_scale(lambda weights: np.abs(weights).max() / 128), gentle="fit", concrete="become 128"),
        wrong(with_scale(lambda weights: np.ptp(weights) / 255), gentle="Where does 0 go"),
        wrong(with_scale(lambda weights: 0.01), gentle="not as near", concrete="One scale"),
        wrong(with_scale(largest, np.trunc), gentle="rounding", concrete="np.rint"),
        wrong(with_scale(largest, np.floor), gentle="rounding"),
        wrong(with_scale(largest, lambda numbers: numbers), gentle="whole number", concrete="Round"),
        wrong(lambda weights: (quantise(weights)[0], 1 / quantise(weights)[1]), gentle="Which way"),
        wrong(lambda weights: quantise(weights)[::-1], gentle="plain number"),
        wrong(lambda weights: (weights, 1.0), gentle="whole number"),
        wrong(lambda weights: (quantise(weights)[0].ravel(), quantise(weights)[1]), gentle="not as near"),
        wrong(lambda weights: quantise(weights)[0], gentle="parts"),
        wrong(divided_in_place, gentle="changes what it was given"),
    ],
    check_start: [
        *map(right, (start, start_with_numpy, start_by_search)),
        wrong(lambda centre, length: round(14 - centre), gentle="leaves", concrete="above row 0"),
        wrong(lambda centre, length: max(round(14 - centre), 0), concrete="below row 27"),
        wrong(lambda centre, length: min(max(round(14 - centre), 1), 28 - length), concrete="begin at 1"),
        wrong(lambda centre, length: min(max(round(14 - centre), 0), 8), concrete="begin at 8"),
        wrong(lambda centre, length: min(max(round(14 - centre), 0), 27), concrete="below row 27"),
        wrong(lambda centre, length: 14 - centre, gentle="half a pixel", concrete="round it"),
        wrong(lambda centre, length: int(14 - centre), gentle="pixel too high", concrete="cut off"),
        wrong(lambda centre, length: min(max(round(13.5 - centre), 0), 28 - length), concrete="13.5"),
        wrong(lambda centre, length: (28 - length) // 2, gentle="centres the box", concrete="of mass"),
        wrong(lambda centre, length: round(centre - 14), gentle="wrong direction", concrete="at row 4"),
        wrong(lambda centre, length: 14 - length // 2 - 1, gentle="Not the right row"),
        wrong(lambda centre, length: (3, 4), gentle="plain number", concrete="tuple"),
    ],
    check_installable: [
        right(*TRUE),
        right(1, np.False_, torch.tensor(True), 0, False),
        wrong(*[True] * 5, gentle="2 of 5 are right. Look at b", concrete="through the air"),
        wrong(*[False] * 5, gentle="3 of 5 are right. Look at a", concrete="the same machine"),
        wrong(True, *[False] * 4, gentle="4 of 5 are right. Look at c", concrete="first letters"),
        wrong(True, False, True, True, False, gentle="Look at d", concrete="whose machine"),
        wrong(*TRUE[:4], True, gentle="Look at e", concrete="Is there one?"),
        wrong("yes", *TRUE[1:], gentle="a: A yes or a no", concrete="'yes'"),
        wrong(0.5, *TRUE[1:], gentle="a: A yes or a no"),
        wrong(True, False, gentle="5 addresses", concrete="a to e"),
    ],
}


def test_the_only_secure_addresses_are_https_and_this_machine():
    """As browsers define it: https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy."""
    notebook = ROOT / "notebooks/extensions/web_and_mobile_app.ipynb"
    addresses = re.findall(r'"- ([a-e]): `(\S+)`', notebook.read_text(encoding="utf-8"))
    secure = {letter: url.startswith(("https://", "http://localhost")) for letter, url in addresses}
    assert secure == {letter: installable for letter, (installable, _) in INSTALLABLE.items()}
