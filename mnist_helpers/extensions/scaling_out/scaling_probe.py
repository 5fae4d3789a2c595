"""Measure how long steps and all-reduces take on two ranks of this machine.

The ranks train on random images: what they show costs no time.
"""

import time
from collections.abc import Callable
from functools import partial

import pandas as pd
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mnist_helpers.devices import cpu_threads, flushed_denormals
from mnist_helpers.extensions.scaling_out.launching import on_ranks
from mnist_helpers.extensions.scaling_out.training import share_loss, shared_batches
from mnist_helpers.model import MLP
from mnist_helpers.networks import ToSquare, median_seconds
from mnist_helpers.preprocessing import Split
from mnist_helpers.training import FUSED_ADAM, shuffled_batches, train_one_epoch


def convolutions() -> nn.Module:
    """Two convolutions and a linear layer: 19,466 parameters, and 35 times the work of the course's MLP."""
    return nn.Sequential(
        ToSquare(),
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # -> (n, 32, 14, 14)
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1),  # -> (n, 64, 1, 1)
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


MODELS = {"MLP": MLP, "convolutions": convolutions}
COLUMNS = ["what", "model", "ranks", "batch_size", "bytes", "seconds"]


def measure(*, large: bool, repeats: int) -> pd.DataFrame:
    """What two processes of this machine measure.

    Columns: what ("step"; "share": the same without talking; or "all-reduce"), model, ranks (1: rank 0
    computes while the others wait), batch_size (of all ranks together), bytes (of the gradients, or of the
    tensor that is summed up), seconds (the median of `repeats`). All take turns.
    """
    return pd.DataFrame(on_ranks(partial(timings, large=large, repeats=repeats))[0], columns=COLUMNS)


def timings(rank: int, *, large: bool, repeats: int) -> list[tuple]:
    """What one of the ranks measures: the rows of the table."""
    found = median_seconds(_ways(large), repeats, after_turn=bool)  # without a bar
    return [(*key, seconds) for key, seconds in found.items()]


def step_timer(model: nn.Module, batch_size: int, num_steps: int, alone: bool = False) -> Callable[[], float]:
    """A function that takes `num_steps` steps, and returns the seconds that one takes.

    All ranks take them, each with its share of the batch, or rank 0 `alone` with all of it. They average
    their gradients if `model` does.
    """
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(num_steps * batch_size, 784, generator=generator)
    split = Split(images, torch.randint(10, (len(images),), generator=generator))
    optimizer = FUSED_ADAM(model.parameters(), lr=1e-3)

    def run() -> float:
        dist.barrier()
        with cpu_threads(1), flushed_denormals():
            start = time.perf_counter()
            if not alone:
                batches = shared_batches(split, batch_size, generator)
                train_one_epoch(model, batches, optimizer, share_loss)
            elif dist.get_rank() == 0:
                train_one_epoch(model, shuffled_batches(split, batch_size, generator), optimizer)
            seconds = (time.perf_counter() - start) / num_steps
        dist.barrier()
        return seconds

    return run


def all_reduce_timer(num_bytes: int, times: int) -> Callable[[], float]:
    """A function that sums up a float32 tensor over all ranks so many times; seconds that one time takes."""
    tensor = torch.zeros(max(num_bytes // 4, 1))

    def run() -> float:
        dist.barrier()
        start = time.perf_counter()
        for _ in range(times):
            dist.all_reduce(tensor)
        return (time.perf_counter() - start) / times

    return run


def _ways(large: bool) -> dict[tuple, Callable[[], float]]:
    """What is to be measured: the first five columns -> a function that returns seconds."""
    size, ways = dist.get_world_size(), {}
    for name, new_model in MODELS.items():
        model, own = new_model(), new_model()
        num_bytes = 4 * sum(p.numel() for p in own.parameters())
        shared = DistributedDataParallel(model)
        for batch_size in (32, 128, 512, 2048) if large and name == "MLP" else (32, 128):
            num_steps = max(3, {"MLP": 3000, "convolutions": 400}[name] // batch_size)
            timer = partial(step_timer, batch_size=batch_size, num_steps=num_steps)
            ways["step", name, 1, batch_size, num_bytes] = timer(own, alone=True)
            ways["share", name, size, batch_size, num_bytes] = timer(own)
            ways["step", name, size, batch_size, num_bytes] = timer(shared)
    for num_bytes in (4, 4_000, 40_000, 437_544, 4_000_000) + (16_000_000,) * large:
        times = max(3, 2_000_000 // (num_bytes + 40_000))
        ways["all-reduce", "none", size, 0, num_bytes] = all_reduce_timer(num_bytes, times)
    return ways
