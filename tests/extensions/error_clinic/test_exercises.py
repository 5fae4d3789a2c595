"""Exercises of the error clinic: wrong answers earn the right hint, every form of a right one is accepted."""

import nbformat
import pytest
import torch
import torch.nn.functional as F
from conftest import ROOT
from verdicts import assert_verdict, each_answer, right, wrong

from mnist_helpers.extensions.error_clinic.exercises import (
    PATIENTS,
    check_diagnosis,
    check_safe_accuracy,
    check_share_right,
    check_training_loop,
    patient,
)

NOTEBOOK = ROOT / "notebooks/extensions/error_clinic.ipynb"
TRUTHS = [truth for truth, _ in PATIENTS.values()]


def broadcasting(logits, labels):
    return (logits.argmax(1) == labels).float().mean().item()


def accuracy_if(allowed):
    def accuracy(logits, labels):
        assert allowed(logits, labels), "labels of another shape"
        return broadcasting(logits, labels)

    return accuracy


asserting = accuracy_if(lambda logits, labels: labels.shape == (len(logits),))


def with_numpy(logits, labels):
    if labels.numpy().shape != (logits.shape[0],):
        raise TypeError("one label for each row, please")
    return (logits.numpy().argmax(1) == labels.numpy()).mean()


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


def mean_of_means(size):
    def share_right(model, split):
        model.eval()
        parts = zip(split.images.split(size), split.labels.split(size), strict=True)
        return torch.stack([(model(x).argmax(1) == y).float().mean() for x, y in parts]).mean()

    return share_right


def in_training(model, split):
    return (model(split.images).argmax(1) == split.labels).float().mean()


def last_batch_dropped(model, split):
    whole = len(split) // 32 * 32
    return (model.eval()(split.images[:whole]).argmax(1) == split.labels[:whole]).float().mean()


ANSWERS = {
    check_safe_accuracy: [
        *map(right, (asserting, with_numpy)),
        right(accuracy_if(lambda logits, labels: labels.ndim == 1 and labels.numel() == len(logits))),
        wrong(broadcasting, gentle="(10, 1)", concrete="labels.shape"),
        wrong(accuracy_if(lambda x, y: len(x) == len(y)), gentle="(10, 1)", concrete="labels.shape"),
        wrong(accuracy_if(lambda x, y: y.shape[-1:] != (1,)), gentle="(1, 10)", concrete="one good"),
        wrong(accuracy_if(lambda x, y: y.ndim == 1), gentle="(1,)", concrete="one good"),
        wrong(accuracy_if(lambda x, y: y.ndim < 2 and y.shape != (1,)), gentle="()", concrete="one good"),
        wrong(accuracy_if(lambda x, y: y.ndim == 1 or y.shape == (10, 10)), gentle="shape (1,)"),
        wrong(lambda *given: 100 * asserting(*given), gentle="per cent", concrete="100"),
        wrong(lambda x, y: 0.5 * (y >= 0).sum(), gentle="share of right", concrete="%"),
        wrong(lambda x, y: asserting(-x, y), gentle="share of right", concrete="%"),
    ],
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
    check_share_right: [
        *map(right, (counted, at_once, weighted)),
        wrong(in_training, gentle="as in training", concrete="which method"),
        wrong(mean_of_means(32), gentle="Each batch still counts the same", concrete="batches of 32"),
        wrong(mean_of_means(7), gentle="Each batch still counts the same", concrete="batches of 7"),
        wrong(last_batch_dropped, gentle="share of right answers", concrete="%"),
        wrong(lambda *given: 1 - counted(*given), gentle="share of right answers", concrete="%"),
        wrong(lambda *given: 100 * counted(*given), gentle="per cent", concrete="factor 100"),
        wrong(lambda model, split: 72 / 107, gentle="share of right answers"),
    ],
}  # fmt: skip


@each_answer(ANSWERS)
def test_verdict(check, first, answer, capsys):
    assert_verdict(capsys, check, first, answer)


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
