"""Teach a model somebody's hand: a few gradient steps on corrected drawings, among digits to rehearse.

The app does the same in the browser, `site/learning.js`; its numbers were chosen by
`tests/benchmarks/bench_teaching.py`.
"""

import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from mnist_helpers.app.exporting import layers_of, to_torch
from mnist_helpers.app.site import MODELS
from mnist_helpers.checks import IMAGE_SIZE, NUM_CLASSES, check_inputs, check_labels
from mnist_helpers.digits import write_digits
from mnist_helpers.model import forward_in_batches
from mnist_helpers.preprocessing import Split, flatten, normalise
from mnist_helpers.training import train_one_epoch

STEPS = 20
LATEST = 64  # as many drawings are learnt from
WAY_BACK = 0.45  # of each weight's change, at the end: most of the gain stays, most of the harm goes
LEARNING_RATE, EPSILON = 8e-3, 3e-4  # slopes below epsilon count less: they are mostly rounding

REHEARSAL = MODELS / "rehearsal.bin"
REHEARSAL_DIGITS = 150
DIGITS = 300
LEVEL = 17  # grey levels are so far apart: sixteen of them are enough for a digit, and pack well


def teach(model: nn.Module, drawings: Split, rehearsal: Split | None) -> nn.Sequential:
    """What the model becomes when it learns these drawings; the model itself stays as it is.

    Only the last layer learns, for a few steps of Adam; the others keep what they know of strokes. Every
    batch holds all drawings and all digits to rehearse. Of those the model keeps the answers that it gave
    before, right or wrong: so it does not forget how others write (Li and Hoiem 2016, Learning without
    Forgetting, https://arxiv.org/abs/1606.09282).
    At the end each weight goes 45% of its way back (Wortsman et al. 2022, Robust Fine-Tuning of Zero-Shot
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
    if not isinstance(taught[-1], nn.Linear):  # then one that changes nothing yet learns in its place
        taught.append(_unchanging())
    kept, last = taught[:-1], taught[-1].requires_grad_(True)
    images = forward_in_batches(kept, drawings.images[-LATEST:])
    answers = F.one_hot(drawings.labels[-LATEST:], NUM_CLASSES).float()
    if rehearsal is not None:
        seen = forward_in_batches(kept, rehearsal.images)
        answers = torch.cat([answers, forward_in_batches(last, seen).softmax(dim=1)])
        images = torch.cat([images, seen])
    optimizer = torch.optim.Adam(last.parameters(), LEARNING_RATE, eps=EPSILON)
    start = [weight.detach().clone() for weight in last.parameters()]
    train_one_epoch(last, [Split(images, answers)] * STEPS, optimizer)
    for weight, before in zip(last.parameters(), start, strict=True):
        weight.data.lerp_(before, WAY_BACK)
    return taught.requires_grad_(False).eval()


def _unchanging() -> nn.Linear:
    layer = nn.Linear(NUM_CLASSES, NUM_CLASSES)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


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
