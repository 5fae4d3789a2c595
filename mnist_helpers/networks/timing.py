"""How long an epoch takes, for several networks or for several ways to compute one."""

import logging
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from mnist_helpers.checks import check_whole
from mnist_helpers.devices import cpu_threads, flushed_denormals, seeded, threads_for
from mnist_helpers.preprocessing import Split
from mnist_helpers.training import FUSED_ADAM, shuffled_batches, train_one_epoch

Name = TypeVar("Name")

TRIED = (
    "as in this course: channels last, float32, batches of 128",
    "channels first",
    "mixed precision: bfloat16 autocast",
    "torch.compile",
    "batches of 32",
    "batches of 512",
    "one thread",
)


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


def try_for_speed(
    new_model: Callable[[], nn.Module], split: Split, repeats: int = 5, num_images: int = 3072
) -> pd.DataFrame:
    """One row per way to train a convolutional network on the CPU: seconds per epoch, and times faster.

    A way that this machine does not offer has no numbers: torch.compile without a C++ compiler. What
    compiling takes, once, is not counted.
    """
    epoch = partial(epoch_timer, split=split, num_images=num_images)
    possible = {
        TRIED[0]: epoch(new_model()),
        TRIED[1]: epoch(new_model().to(memory_format=torch.contiguous_format)),
        TRIED[2]: epoch(Bfloat16(new_model())),
        TRIED[3]: _compiled_epoch(new_model(), split, num_images),
        TRIED[4]: epoch(new_model(), batch_size=32),
        TRIED[5]: epoch(new_model(), batch_size=512),
        TRIED[6]: epoch(new_model(), threads=1),
    }
    seconds = median_seconds({name: way for name, way in possible.items() if way}, repeats)
    table = pd.DataFrame({"tried": TRIED, "seconds_per_epoch": [seconds.get(name) for name in TRIED]})
    return table.assign(times_faster=seconds[TRIED[0]] / table["seconds_per_epoch"].astype(float))


def median_seconds(
    ways: Mapping[Name, Callable[[], float]], repeats: int, after_turn: Callable[[], object] | None = None
) -> dict[Name, float]:
    """Median of the seconds that each way returns, over repeats in which they take turns.

    So a machine that slows down slows all of them. The first turn only warms up, and is not counted.
    `after_turn` is called after every turn, in place of the bar.
    """
    check_whole(repeats=repeats)
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


def _compiled_epoch(model: nn.Module, split: Split, num_images: int) -> Callable[[], float] | None:
    """The same for the compiled model; None where torch cannot compile, for want of a C++ compiler."""
    threads = threads_for(model, split.images[:128])
    epoch = epoch_timer(torch.compile(model), split, num_images, threads=threads)
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # torch remarks on what it does not find, and goes on
    try:
        epoch()  # compiles
    except Exception:  # torch raises errors of many kinds here
        return None
    finally:
        logging.disable(before)
    return epoch
