"""Timing: taking turns, medians, scaled to all images; what a machine lacks has no numbers."""

import pytest
import torch

from mnist_helpers.networks import (
    Bfloat16,
    linear,
    median_seconds,
    seconds_per_epoch,
    small_cnn,
)
from mnist_helpers.networks import timing as speed


def test_ways_take_turns_the_first_turn_is_not_counted_and_the_median_is_taken(capsys):
    calls = []

    def way(name, seconds):
        taken = iter(seconds)
        return lambda: calls.append(name) or next(taken)

    medians = median_seconds({"a": way("a", [99, 1, 3, 2]), "b": way("b", [99, 10, 10, 40])}, repeats=3)
    assert medians == {"a": 2, "b": 10}
    assert calls == ["a", "b"] * 4


def test_seconds_are_those_of_all_images(tiny_splits, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(clock))  # every epoch takes one second
    table = seconds_per_epoch({"one": linear, "other": linear}, tiny_splits.train, 1, num_images=100)
    assert table.model.tolist() == ["one", "other"]
    assert table.seconds_per_epoch.tolist() == pytest.approx([len(tiny_splits.train) / 100] * 2)


def test_bfloat16_computes_with_16_bits_and_answers_with_32():
    torch.manual_seed(0)
    model, images = small_cnn(4).eval(), torch.rand(5, 784)
    with torch.no_grad():
        logits, exact = Bfloat16(model)(images), model(images)
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, exact)
    torch.testing.assert_close(logits, exact, atol=0.05, rtol=0.05)
