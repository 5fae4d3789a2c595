"""Exercises of the error clinic: wrong answers earn the right hint, every form of a right one is accepted."""

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import ROOT
from verdicts import right, wrong

from mnist_helpers.extensions.error_clinic.exercises import (
    ONE_BATCH,
    PATIENTS,
    check_diagnosis,
    check_one_batch,
    check_training_loop,
    check_validation_copies,
    patient,
)

NOTEBOOK = ROOT / "notebooks/extensions/error_clinic.ipynb"
TRUTHS = [truth for truth, _ in PATIENTS.values()]
CAUGHT = [fails for fails, _ in ONE_BATCH.values()]


def epoch(order=torch.randperm, *, softmax=False, zero_grad=True, zero_last=False, size=32, cut=None):
    """A training loop with the named mistakes; `cut` makes batches of the order."""

    def one_epoch(model, split, optimizer):
        for batch in (cut or (lambda order: order.split(size)))(order(len(split))):
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


def own_generator():
    generator = torch.Generator().manual_seed(0)  # made once: every epoch has an order of its own
    return epoch(lambda n: torch.randperm(n, generator=generator))


def seed_inside(n):
    return torch.randperm(n, generator=torch.Generator().manual_seed(0))


def torch_seed_inside(n):
    torch.manual_seed(0)
    return torch.randperm(n)


def in_halves(n):
    return torch.cat([torch.randperm(n // 2), n // 2 + torch.randperm(n - n // 2)])


def within_sorted_batches(order):
    return [batch[torch.randperm(len(batch))] for batch in order.sort().values.split(32)]


def sorted_batches_mixed(order):
    batches = order.sort().values.split(32)
    return [batches[i] for i in torch.randperm(len(batches))]


def by_originals(source):
    names = source.unique()
    drawn = names[torch.randperm(len(names))[: len(names) // 5]]
    return torch.isin(source, drawn)


def by_sets(source):
    chosen = set(sorted(set(source.tolist()))[::5])
    return [name in chosen for name in source.tolist()]


def largest_names(source):
    return (source >= source.unique().double().quantile(0.8)).numpy()


def random_copies(source):
    return torch.rand(len(source)) < 0.2


def first_rows(source):
    return torch.arange(len(source)) < len(source) // 5


def one_copy_of_each(source):
    seen = set()
    return torch.tensor([name not in seen and not seen.add(name) for name in source.tolist()])


ANSWERS = {
    check_diagnosis: [
        right(*TRUTHS),
        right("Data NOT shuffled", "double softmax", "nothing wrong", "forgotten zero grad", "lr too high"),
        wrong(TRUTHS[0], TRUTHS[3], TRUTHS[2], TRUTHS[1], TRUTHS[4], gentle="3 of 5", concrete="come to"),
        wrong("shuffled", *TRUTHS[1:], gentle="A: I do not know", concrete="'not shuffled'"),
        wrong(*TRUTHS[:2], "unhealthy", *TRUTHS[3:], gentle="C: I do not know"),
        wrong(*TRUTHS[:4], "learning rate too low", gentle="E: I do not know"),
        wrong(TRUTHS[0], "no softmax", *TRUTHS[2:], gentle="B: I do not know"),
        wrong(*TRUTHS[:4], "softmax twice or learning rate too high", gentle="E: I do not know"),
        wrong(*TRUTHS[:4], 3, gentle="E: I do not know", concrete="'zero_grad forgotten'"),
        wrong(*TRUTHS[:3], gentle="gave 3", concrete="A to E"),
        wrong(*["healthy"] * 5, gentle="1 of 5", concrete="in ten blocks"),
    ],
    check_training_loop: [
        *map(right, (epoch(), epoch(size=7), epoch(size=2), with_loader, own_generator())),
        wrong(epoch(torch.arange), gentle="before the first batch", concrete="order of the file"),
        wrong(epoch(lambda n: torch.arange(n).flip(0)), gentle="two epochs", concrete="same order"),
        wrong(epoch(seed_inside), gentle="two epochs", concrete="without a fixed seed"),
        wrong(epoch(torch_seed_inside), gentle="two epochs", concrete="without a fixed seed"),
        wrong(epoch(cut=within_sorted_batches), gentle="Do the batches", concrete="before you cut"),
        wrong(epoch(cut=sorted_batches_mixed), gentle="Do the batches", concrete="before you cut"),
        wrong(epoch(in_halves), gentle="not well", concrete="all of them at once"),
        wrong(epoch(size=1000), gentle="Where are the batches", concrete="one single step"),
        wrong(epoch(softmax=True), gentle="loss is not right", concrete="softmax itself"),
        wrong(epoch(zero_grad=False), gentle="The steps are not", concrete="before backward()"),
        wrong(epoch(softmax=True, zero_grad=False), gentle="Two mistakes", concrete="not there"),
        wrong(epoch(zero_last=True), gentle="weights are what they were", concrete="order of the lines"),
        wrong(lambda model, split, optimizer: None, gentle="every image once", concrete="saw 0"),
        wrong(epoch(lambda n: torch.randint(n, (n,))), gentle="every image once", concrete="showings"),
        wrong(lambda model, split, _: model(split.images + 1), gentle="other images", concrete="unchanged"),
        wrong(lambda model, split, _: epoch()(model, split, torch.optim.Adam(model.parameters())),
              gentle="somewhere else", concrete="the optimizer you are given"),
        wrong(3, gentle="function", concrete="brackets"),
    ],
    check_one_batch: [
        right(*CAUGHT),
        right(1, True, np.bool_(True), torch.tensor(False), 0, False),
        wrong(*[True] * 6, gentle="3 of 6 are right. Look at unpaired", concrete="same wrong ones"),
        wrong(*[False] * 6, gentle="Look at zero_weights", concrete="tell 20 images apart"),
        wrong(*CAUGHT[:4], True, True, gentle="4 of 6", concrete="only one batch"),
        wrong(*CAUGHT[:5], True, gentle="Look at leakage", concrete="training images or new ones"),
        wrong(*CAUGHT[:1], False, *CAUGHT[2:], gentle="softmax_twice", concrete="how low"),
        wrong(*CAUGHT[:2], False, *CAUGHT[3:], gentle="old_model", concrete="which one is measured"),
        wrong("yes", *CAUGHT[1:], gentle="zero_weights: A yes or a no", concrete="'yes'"),
        wrong(*CAUGHT[:3], gentle="you gave 3", concrete="6 answers"),
    ],
    check_validation_copies: [
        *map(right, (by_originals, by_sets, largest_names)),
        right(lambda source: by_originals(source).long()),
        wrong(random_copies, gentle="on both sides", concrete="draw originals, not copies"),
        wrong(first_rows, gentle="on both sides", concrete="torn apart"),
        wrong(one_copy_of_each, gentle="on both sides", concrete="60 of 60"),
        wrong(lambda source: source < 0, gentle="One side is empty", concrete="0%"),
        wrong(lambda source: source >= 0, gentle="One side is empty", concrete="100%"),
        wrong(lambda source: ~by_originals(source), gentle="a fifth", concrete="80%"),
        wrong(lambda source: source == source[0], gentle="a fifth", concrete="2%"),
        wrong(lambda source: by_originals(source).nonzero().flatten(), gentle="for every copy"),
        wrong(lambda source: source, gentle="True or False is wanted", concrete="a mask"),
        wrong(3, gentle="function itself"),
    ],
}  # fmt: skip


def test_the_settings_of_the_patients():
    assert not set(patient("C"))
    assert all(patient(letter) for letter in "ABDE")


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
