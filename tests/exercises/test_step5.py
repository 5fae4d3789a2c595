"""Exercises of step 5: wrong answers earn the right hint, every form of a right one is accepted."""

import numpy as np
import pytest
import torch

from mnist_helpers.exercises.step5 import (
    check_accuracy,
    check_images_needed,
    check_recall,
    check_surest_mistakes,
)


def worst(p, y, count):
    confidence, answers = p.max(dim=1)
    wrong = (answers != y).nonzero().flatten()
    return wrong[confidence[wrong].argsort(descending=True)][:count]


RIGHT = {
    check_accuracy: lambda logits, y: (logits.argmax(1) == y).float().mean(),
    check_images_needed: 75_296,
    check_recall: lambda c, d: c[d, d] / c[d].sum(),
    check_surest_mistakes: worst,
}


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        *RIGHT.items(),
        (check_accuracy, lambda logits, y: np.mean(logits.numpy().argmax(1) == y.numpy())),
        (check_accuracy, lambda logits, y: sum((logits.argmax(1) == y).tolist()) / len(y)),
        (check_images_needed, 1.96**2 * 0.98 * 0.02 / 0.001**2),
        (check_images_needed, np.float64(75_000)),
        (check_recall, lambda c, d: torch.tensor(c)[d, d] / torch.tensor(c).sum(dim=1)[d]),
        (check_surest_mistakes, lambda p, y, n: worst(p, y, n).tolist()),
        (check_surest_mistakes, lambda p, y, n: worst(p, y, n).numpy()),
    ],
)
def test_correct_answers_pass_in_every_form(check, answer, capsys):
    check(answer)
    assert capsys.readouterr().out.startswith("✓")


@pytest.mark.parametrize(
    ("check", "answer", "gentle", "concrete"),
    [
        (check_accuracy, lambda p, y: (p.argmax(1) == y).sum(), "What share", "divide"),
        (check_accuracy, lambda p, y: 100 * (p.argmax(1) == y).float().mean(), "between 0 and 1", "per cent"),
        (check_accuracy, lambda p, y: (p.argmax(1) != y).float().mean(), "wrong ones", "wrong answers"),
        (check_accuracy, lambda p, y: (p.max(1).values == y).float().mean(), "another one", "argmax"),
        (check_accuracy, lambda p, y: p.argmax(1) == y, "One plain number", "Tensor"),
        (check_images_needed, 7.5296, "units", "0.001"),
        (check_images_needed, 19_600, "missing", "1.96"),
        (check_images_needed, 274.4, "too small", "Square"),
        (check_images_needed, 301_184, "Too many", "either side"),
        (check_images_needed, 10_000, "Start from", "solve for n"),
        (check_recall, lambda c, d: c[d, d] / c[:, d].sum(), "other question", "precision"),
        (check_recall, lambda c, d: c[d, d], "of how many", "Divide"),
        (check_recall, lambda c, d: c[d, d] / c.sum(), "Of how many", "all images"),
        (check_recall, lambda c, d: c[8, 8] / c[8].sum(), "every matrix", "on the diagonal"),
        (check_surest_mistakes, lambda p, y, n: p.max(1).values.topk(n).values, "Which images", "positions"),
        (check_surest_mistakes, lambda p, y, n: worst(p, y, 99), "Five", "count=5"),
        (check_surest_mistakes, lambda p, y, n: torch.arange(n), "are right", "positions among them"),
        (check_surest_mistakes, lambda p, y, n: worst(p, y, 60).flip(0)[:n], "not the surest", "upwards"),
        (check_surest_mistakes, lambda p, y, n: worst(p, y, n).flip(0), "surest first", "downwards"),
    ],
)
def test_typical_mistakes_get_a_gentle_then_a_concrete_hint(check, answer, gentle, concrete, hints):
    first, second = hints(check, (RIGHT[check],), answer)
    assert gentle in first
    assert concrete in second
