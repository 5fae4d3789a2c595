"""How long an epoch takes, for several networks or for several ways to compute one; ways take turns."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from mnist_helpers.checks import check_number
from mnist_helpers.devices import cpu_threads, flushed_denormals, seeded, threads_for
from mnist_helpers.preprocessing import Split
from mnist_helpers.training import FUSED_ADAM, shuffled_batches, train_one_epoch

Name = TypeVar("Name")


def seconds_per_epoch(
    models: Mapping[str, Callable[[], nn.Module]], split: Split, repeats: int = 5, num_images: int = 3072
) -> pd.DataFrame:
    """One row per model: seconds that training once on all images of `split` takes on the CPU.

    Training alone, in batches of 128, without augmentation and without measuring the losses after it.
    Timed on the first `num_images` and scaled to all; the median of `repeats` in which the models take
    turns.
    """
    ways = {name: epoch_timer(model(), split, num_images) for name, model in models.items()}
    seconds = median_seconds(ways, repeats)
    return pd.DataFrame({"model": list(seconds), "seconds_per_epoch": list(seconds.values())})


def median_seconds(
    ways: Mapping[Name, Callable[[], float]], repeats: int, after_turn: Callable[[], object] | None = None
) -> dict[Name, float]:
    """Median of the seconds that each way returns, over repeats in which they take turns.

    So a machine that slows down slows all of them. The first turn only warms up, and is not counted.
    `after_turn` is called after every turn, in place of the bar.
    """
    check_number(whole=True, repeats=repeats)
    seconds: dict[Name, list[float]] = {name: [] for name in ways}
    turns = range(1 + repeats)
    for turn in tqdm(turns, desc="timing", file=sys.stdout, leave=False, disable=after_turn is not None):
        for name, way in ways.items():
            taken = way()
            if turn > 0:
                seconds[name].append(taken)
        if after_turn is not None:
            after_turn()
    return {name: statistics.median(values) for name, values in seconds.items()}


class Bfloat16(nn.Module):
    """A network whose convolutions and matrix products run with 16 bits a number; logits are float32."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        # No cache of 16-bit weights: each is used once per pass, and CUDA graphs do not go with it.
        with torch.autocast(images.device.type, dtype=torch.bfloat16, cache_enabled=False):
            return self.model(images).float()


def epoch_timer(
    model: nn.Module, split: Split, num_images: int, batch_size: int = 128, threads: int | None = None
) -> Callable[[], float]:
    """A function that trains on the first `num_images`, and returns the seconds that all would take.

    The model lives where the images are. `train_one_epoch` ends with the losses on the CPU, so on a GPU,
    too, nothing is under way when the clock stops.
    """
    part = Split(split.images[:num_images], split.labels[:num_images])
    optimizer = FUSED_ADAM(model.parameters(), lr=1e-3)
    threads = threads or threads_for(model, part.images[:batch_size])

    def epoch() -> float:
        with seeded(0, split.images.device), cpu_threads(threads), flushed_denormals():
            start = time.perf_counter()
            batches = shuffled_batches(part, batch_size, torch.Generator().manual_seed(0))
            train_one_epoch(model, batches, optimizer)
            return (time.perf_counter() - start) * len(split) / len(part)

    return epoch
