"""Teach a model somebody's hand: a few gradient steps on corrected drawings, among digits to rehearse.

The app does the same in the browser, `site/learning.js`; its numbers were chosen by
`tests/benchmarks/bench_teaching.py`.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from mnist_helpers.app.layers import layers_of, to_torch
from mnist_helpers.app.site import MODELS
from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES, check_inputs, check_labels
from mnist_helpers.digits import write_digits
from mnist_helpers.model import forward_in_batches
from mnist_helpers.preprocessing import Split, flatten, normalise
from mnist_helpers.training import train_one_epoch

LEARNING_LAYERS = 1  # the last one with weights; those before it keep what they know of strokes
MOST_STEPS = 24
ENOUGH = 0.6  # no more steps once every drawing has had this probability
WAY_BACK = 0.35  # of each weight's change, at the end: most of the gain stays, most of the harm goes
LATEST = 64  # as many drawings are learnt from, all of them at every step
REHEARSED = 50  # and as many others
LEARNING_RATE, EPSILON = 2e-3, 1e-4  # slopes below epsilon count less: they are mostly rounding

REHEARSAL = MODELS / "rehearsal.bin"
REHEARSAL_DIGITS = 150
DIGITS = 300
LEVEL = 17  # grey levels are so far apart: sixteen of them are enough for a digit, and pack well


def teach(model: nn.Module, drawings: Split, rehearsal: Split | None) -> nn.Sequential:
    """What the model becomes when it learns these drawings; the model itself stays as it is.

    Only the last layer with weights learns, for a few steps of Adam. Every batch holds the drawings and some
    rehearsal digits. Of those the model keeps the answers that it gave before, right or wrong: so it does not
    forget how others write (Li and Hoiem 2016, Learning without Forgetting, https://arxiv.org/abs/1606.09282).
    At the end each weight goes 35% of its way back (Wortsman et al. 2022, Robust Fine-Tuning of Zero-Shot
    Models, https://arxiv.org/abs/2109.01903): that costs little of the gain, and takes back most of the harm.
    Batch normalisation is folded into the layer before it first, as in the app: a few images tell it nothing.

    Parameters
    ----------
    model : one that the app can compute, see `layers_of`.
    drawings : images of shape (n, 784), float32 in [0, 1], and their true digits; the latest 64 count.
    rehearsal : such as `rehearsal_digits()`; None rehearses nothing.

    Returns
    -------
    A model that takes (n, 784) and gives logits (n, 10).

    Raises
    ------
    ExportError
        The model has a part that the app does not compute.
    TypeError, ValueError
        The drawings are not images and labels of that kind, or there are none.
    """
    check_inputs(drawings.images, "drawings")
    check_labels(drawings.labels, len(drawings.images), "digits of the drawings")
    taught = to_torch(layers_of(model))
    first = [place for place, module in enumerate(taught) if hasattr(module, "weight")][-LEARNING_LAYERS:][0]
    kept, last = taught[:first], taught[first:].requires_grad_(True)
    latest = Split(forward_in_batches(kept, drawings.images[-LATEST:]), drawings.labels[-LATEST:])
    others = None
    if rehearsal is not None:
        seen = forward_in_batches(kept, rehearsal.images)
        others = Split(seen, forward_in_batches(last, seen).softmax(dim=1))
    weights = list(last.parameters())
    optimizer = torch.optim.Adam(weights, LEARNING_RATE, eps=EPSILON)
    start = [weight.detach().clone() for weight in weights]
    train_one_epoch(last, batches(last, latest, others), optimizer)
    for weight, before in zip(weights, start, strict=True):
        weight.data.lerp_(before, WAY_BACK)
    return taught.requires_grad_(False).eval()


def batches(last: nn.Module, drawings: Split, others: Split | None) -> Iterator[Split]:
    """The drawings and some of the others, step by step, until every drawing is known.

    The images are what the layers before `last` make of them. All labels are ten probabilities, as those of
    the others are already: 1 for a drawing's true digit.
    """
    truth = F.one_hot(drawings.labels, NUM_CLASSES).float()
    for step in range(MOST_STEPS):
        sure = (forward_in_batches(last, drawings.images).softmax(dim=1) * truth).sum(dim=1)
        if step and sure.min() >= ENOUGH:
            return
        images, labels = [drawings.images], [truth]
        if others is not None:
            next_ones = torch.arange(step * REHEARSED, (step + 1) * REHEARSED) % len(others)
            images.append(others.images[next_ones])
            labels.append(others.labels[next_ones])
        yield Split(torch.cat(images), torch.cat(labels))


def write_rehearsal(path: Path = REHEARSAL, seed: int = 0) -> Path:
    """Write digits of the course's own generator, of every kind, to rehearse: labels, then pixels, packed."""
    images, labels, _ = write_digits(DIGITS, np.random.default_rng(seed))
    levels = (images / LEVEL).round().astype(np.uint8) * LEVEL
    path.write_bytes(zlib.compress(labels.astype(np.uint8).tobytes() + levels.tobytes(), 9))
    return path


def rehearsal_digits() -> Split:
    """The generated digits that a lesson rehearses."""
    digits = _generated_digits()
    return Split(digits.images[:REHEARSAL_DIGITS], digits.labels[:REHEARSAL_DIGITS])


def control_digits() -> Split:
    """The others, which no lesson sees: how many of them are still read right tells what it cost."""
    digits = _generated_digits()
    return Split(digits.images[REHEARSAL_DIGITS:], digits.labels[REHEARSAL_DIGITS:])


def _generated_digits() -> Split:
    content = np.frombuffer(bytearray(zlib.decompress(REHEARSAL.read_bytes())), np.uint8)
    labels, pixels = np.split(content, [len(content) // (1 + IMAGE_SIZE**2)])
    images = torch.from_numpy(pixels).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
    return Split(flatten(normalise(images)), torch.from_numpy(labels).long())
