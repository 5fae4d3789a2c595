"""Each checker of the error clinic: right answers in several forms pass, typical mistakes get their hint."""

import nbformat
import pytest
import torch
import torch.nn.functional as F
from conftest import ROOT

from mnist_helpers.extensions.error_clinic.exercises import (
    PATIENTS,
    check_diagnosis,
    check_safe_accuracy,
    check_share_right,
    check_training_loop,
    patient,
)

NOTEBOOK = ROOT / "notebooks/extensions/error_clinic.ipynb"


@pytest.fixture(autouse=True)
def clean_slate(capsys):
    """Every checker counts the attempts since the last right answer: begin at none."""
    for check, answer in (
        (check_safe_accuracy, (asserting_accuracy,)),
        (check_diagnosis, TRUTHS),
        (check_training_loop, (epoch(),)),
        (check_share_right, (counted,)),
    ):
        check(*answer)
    assert capsys.readouterr().out.count("✓") == 4


def hints(capsys, check, *answers):
    """What is printed at the first and at the second attempt."""
    check(*answers)
    check(*answers)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("✗")
    assert second.startswith("✗")
    return first, second


def passes(capsys, check, *answers):
    check(*answers)
    return capsys.readouterr().out.startswith("✓")


# ------------------------------------------------------------------ an accuracy that refuses


def asserting_accuracy(logits, labels):
    assert labels.shape == (len(logits),)
    return (logits.argmax(1) == labels).double().mean()


def numpy_accuracy(logits, labels):
    if labels.ndim != 1:
        raise TypeError("one axis, please")
    return (logits.numpy().argmax(1) == labels.numpy()).mean()


@pytest.mark.parametrize("answer", [asserting_accuracy, numpy_accuracy])
def test_a_refusing_accuracy_passes(capsys, answer):
    assert passes(capsys, check_safe_accuracy, answer)


def test_an_accuracy_that_broadcasts_is_told_so(capsys):
    def answer(logits, labels):
        return (logits.argmax(1) == labels).float().mean().item()

    first, second = hints(capsys, check_safe_accuracy, answer)
    assert "(n, 1)" in first
    assert "labels.shape" in second


def test_an_accuracy_that_refuses_a_column_only_is_told_so(capsys):
    def answer(logits, labels):
        assert labels.shape[-1] != 1
        return (logits.argmax(1) == labels).float().mean().item()

    first, second = hints(capsys, check_safe_accuracy, answer)
    assert "(1, n)" in first
    assert "one good" in second


def test_an_accuracy_in_per_cent_is_told_so(capsys):
    first, second = hints(capsys, check_safe_accuracy, lambda *given: 100 * asserting_accuracy(*given))
    assert "per cent" in first
    assert "100" in second


def test_a_wrong_accuracy_is_told_the_right_share_of_one_example(capsys):
    first, second = hints(capsys, check_safe_accuracy, lambda logits, labels: 0.5 * (labels >= 0).sum())
    assert "share of right answers" in first
    assert "%" in second


# ------------------------------------------------------------------ which mistake made this curve?

TRUTHS = [truth for truth, _ in PATIENTS.values()]


def test_other_words_for_the_same_diagnosis_pass(capsys):
    words = ["Data NOT shuffled", "double softmax", "nothing wrong", "forgotten zero grad", "lr too high"]
    assert passes(capsys, check_diagnosis, *words)


def test_swapped_diagnoses_get_the_clue_of_the_first_wrong_curve(capsys):
    swapped = [TRUTHS[0], TRUTHS[3], TRUTHS[2], TRUTHS[1], TRUTHS[4]]
    first, second = hints(capsys, check_diagnosis, *swapped)
    assert "3 of 5" in first
    assert "curve B" in first
    assert "come to rest" in second


@pytest.mark.parametrize("unknown", ["dropout", "softmax or learning rate", 3])
def test_an_unknown_diagnosis_is_named(capsys, unknown):
    first, second = hints(capsys, check_diagnosis, *TRUTHS[:4], unknown)
    assert "curve E" in first
    assert "'zero_grad forgotten'" in second


def test_a_missing_diagnosis_is_asked_for(capsys):
    check_diagnosis(*TRUTHS[:4], ...)
    assert capsys.readouterr().out.startswith("○")
    first, second = hints(capsys, check_diagnosis, *TRUTHS[:3])
    assert "diagnosed 3" in first
    assert "A to E" in second


def test_hints_and_settings_do_not_name_the_mistake(capsys):
    healthy = ["healthy"] * 5
    assert "shuffl" not in "".join(hints(capsys, check_diagnosis, *healthy))
    assert not set(patient("C"))
    assert all(patient(letter) for letter in "ABDE")


# ------------------------------------------------------------------ repair this loop


def epoch(*, shuffled=True, softmax=False, zero_grad=True, zero_last=False, size=32):
    """A training loop with the named mistakes."""

    def one_epoch(model, split, optimizer):
        order = torch.randperm(len(split)) if shuffled else torch.arange(len(split))
        for batch in order.split(size):
            outputs = model(split.images[batch])
            loss = F.cross_entropy(outputs.softmax(1) if softmax else outputs, split.labels[batch])
            if zero_grad and not zero_last:
                optimizer.zero_grad()
            loss.backward()
            if zero_last:
                optimizer.zero_grad()
            optimizer.step()

    return one_epoch


def with_loader(model, split, optimizer):
    pairs = torch.utils.data.TensorDataset(split.images, split.labels)
    for images, labels in torch.utils.data.DataLoader(pairs, batch_size=20, shuffle=True):
        F.nll_loss(model(images).log_softmax(dim=1), labels).backward()
        optimizer.step()
        model.zero_grad()
    return model


@pytest.mark.parametrize("answer", [epoch(), epoch(size=7), with_loader])
def test_a_sound_loop_passes(capsys, answer):
    assert passes(capsys, check_training_loop, answer)


@pytest.mark.parametrize(
    ("answer", "gentle", "concrete"),
    [
        (epoch(shuffled=False), "before the first batch", "order of the file"),
        (epoch(softmax=True), "loss is not right", "softmax itself"),
        (epoch(zero_grad=False), "The steps are not", "before backward()"),
        (epoch(softmax=True, zero_grad=False), "Two mistakes", "not there"),
        (epoch(zero_last=True), "weights are what they were", "order of the lines"),
        (lambda model, split, optimizer: None, "every image once", "saw 0"),
        (lambda model, split, optimizer: model(split.images + 1), "other images", "unchanged"),
        (lambda model, split, optimizer: epoch()(model, split, torch.optim.Adam(model.parameters())),
         "somewhere else", "the optimizer you are given"),
    ],
)  # fmt: skip
def test_a_sick_loop_gets_its_hint(capsys, answer, gentle, concrete):
    first, second = hints(capsys, check_training_loop, answer)
    assert gentle in first
    assert concrete in second


def test_something_else_than_a_function_is_asked_for_a_function(capsys):
    first, second = hints(capsys, check_training_loop, 3)
    assert "function" in first
    assert "brackets" in second


# ------------------------------------------------------------------ an evaluation to trust


def counted(model, split):
    model.eval()
    right = sum(
        (model(images).argmax(1) == labels).sum()
        for images, labels in zip(split.images.split(32), split.labels.split(32), strict=True)
    )
    return right / len(split)


def at_once(model, split):
    with torch.no_grad():
        return (model.eval()(split.images).argmax(1) == split.labels).numpy().mean()


def weighted(model, split):
    model.eval()
    total = 0.0
    for images, labels in zip(split.images.split(10), split.labels.split(10), strict=True):
        total += (model(images).argmax(1) == labels).float().mean().item() * len(labels)
    model.train()
    return total / len(split)


def mean_of_means(model, split, size=32):
    model.eval()
    parts = zip(split.images.split(size), split.labels.split(size), strict=True)
    return torch.stack([(model(x).argmax(1) == y).float().mean() for x, y in parts]).mean()


@pytest.mark.parametrize("answer", [counted, at_once, weighted])
def test_a_sound_evaluation_passes(capsys, answer):
    for _ in range(5):
        assert passes(capsys, check_share_right, answer)


def test_dropout_left_on_is_told_first(capsys):
    def answer(model, split):
        return (model(split.images).argmax(1) == split.labels).float().mean()

    first, second = hints(capsys, check_share_right, answer)
    assert "as in training" in first
    assert "which method" in second


@pytest.mark.parametrize("size", [32, 7])
def test_a_mean_of_means_is_told_so(capsys, size):
    first, second = hints(capsys, check_share_right, lambda *given: mean_of_means(*given, size))
    assert "Each batch still counts the same" in first
    assert f"batches of {size}" in second


def test_right_answers_not_divided_are_told_an_example(capsys):
    first, second = hints(capsys, check_share_right, lambda *given: counted(*given) * 3)
    assert "share of right answers" in first
    assert "%" in second


# ------------------------------------------------------------------ the notebook's errors on purpose


def test_every_cell_that_should_raise_does_and_says_so_in_one_line():
    """nbval lets a cell tagged raises-exception pass that raises nothing: so this looks at the outputs."""
    cells = [c for c in nbformat.read(NOTEBOOK, 4).cells if "raises-exception" in c.metadata.get("tags", [])]
    assert len(cells) == 4
    symptoms = ("shapes cannot be multiplied", "same dtype", "device", "Expected floating point type")
    for cell, symptom in zip(cells, symptoms, strict=True):
        (error,) = cell.outputs
        assert error.output_type == "error"
        assert symptom in error.evalue
        assert len("\n".join(error.traceback).splitlines()) == 1


def test_facts_that_the_notebook_states_about_cross_entropy():
    logits, labels = torch.randn(5, 10), torch.arange(5)
    rows = F.one_hot(labels, 10)
    torch.testing.assert_close(F.cross_entropy(logits, rows.float()), F.cross_entropy(logits, labels))
    with pytest.raises(RuntimeError, match="Expected floating point type"):
        F.cross_entropy(logits, rows)
