"""Drawings to teach with, and to examine on."""

import pytest
import torch
from torch import nn

from mnist_helpers.extensions.your_own_digit.hands import lesson_and_exam, strangers_hand
from mnist_helpers.preprocessing import Split


class Reads(nn.Module):
    """Says the digit that is written into the first pixel, in tenths."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Linear(1, 1)  # a model is where its weights are

    def forward(self, images):
        return nn.functional.one_hot((images[:, 0] * 10).round().long(), 10).float()


def drawings(*said: int) -> Split:
    """Drawings of a 1 that the model above takes for these digits; the second pixel numbers them."""
    images = torch.zeros(len(said), 784)
    images[:, 0] = torch.tensor(said) / 10
    images[:, 1] = torch.arange(len(said)) / 100
    return Split(images, torch.ones(len(said), dtype=torch.int64))


@pytest.mark.parametrize(
    ("said", "taught"),
    [
        ((1, 7, 1, 7, 7, 1, 1, 1), [1, 3, 4]),  # only three are misread: more are taken
        ((7,) * 12, [0, 1, 2, 3, 4]),
        ((7, 7, 7), [0]),  # at most half
        ((1, 1), [0]),
    ],
)
def test_a_lesson_takes_misread_drawings_first_and_the_exam_all_others(said, taught):
    lesson, exam = lesson_and_exam(Reads(), drawings(*said))
    numbers = [(part.images[:, 1] * 100).round().long().tolist() for part in (lesson, exam)]
    assert set(taught) <= set(numbers[0])
    assert len(numbers[0]) == min(5, len(said) // 2)
    assert sorted(numbers[0] + numbers[1]) == list(range(len(said)))
    assert lesson.labels.tolist() + exam.labels.tolist() == [1] * len(said)


def test_one_drawing_is_too_few():
    with pytest.raises(ValueError, match="at least two drawings; draw more"):
        lesson_and_exam(Reads(), drawings(7))


def test_a_stranger_writes_the_same_every_time():
    once, again = strangers_hand(3), strangers_hand(3)
    assert torch.equal(once.images, again.images)
    assert (once.images.shape, once.labels.tolist()) == ((3, 784), [1, 1, 1])
    assert 0 <= once.images.min() < once.images.max() <= 1
