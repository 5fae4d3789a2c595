"""What a GPU changes: the same losses, and how long an epoch takes in several ways.

Nothing here trains differently. The model is wrapped, and `train_one_epoch` trains it.
"""

from typing import cast

import pandas as pd
import torch
from torch import nn

from mnist_helpers.devices import flushed_denormals, threads_for
from mnist_helpers.experiments import STORED
from mnist_helpers.model import MLP
from mnist_helpers.networks import Bfloat16, epoch_timer, median_seconds
from mnist_helpers.preprocessing import Split
from mnist_helpers.training import FUSED_ADAM, shuffled_batches, train_one_epoch

# Way to compute -> whether with CUDA graphs, whether with 16 bits a number.
WAYS = {
    "as in this course": (False, False),
    "bfloat16": (False, True),
    "CUDA graphs": (True, False),
    "CUDA graphs and bfloat16": (True, True),
}


def device_name(device: torch.device) -> str:
    """The card's name, to be told beside every number that was measured on it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"no GPU ({device.type})"


def loss_gap(split: Split, device: torch.device, num_steps: int = 100, batch_size: int = 32) -> float:
    """The largest difference, in nats, between the first losses on the CPU and those on `device`.

    Both start from the same weights and see the same batches. What differs is the order in which sums are
    added up, so the gap is not 0; above 1e-3 something else is wrong.
    """
    part = Split(split.images[: num_steps * batch_size], split.labels[: num_steps * batch_size])
    losses = []
    for place in (torch.device("cpu"), device):
        model = new_model(place)
        batches = shuffled_batches(part.to(place), batch_size, torch.Generator().manual_seed(0))
        with flushed_denormals():
            optimizer = FUSED_ADAM(model.parameters(), lr=1e-3)
            losses.append(torch.tensor(train_one_epoch(model, batches, optimizer)))
    return (losses[0] - losses[1]).abs().max().item()


def time_recipe(
    split: Split, device: torch.device, batch_size: int = 32, repeats: int = 5, num_images: int | None = None
) -> pd.DataFrame:
    """One row per way that `device` offers: the median of `repeats` epochs, in seconds for all of `split`.

    Trained on the first `num_images` and scaled to all. Measuring the losses after the epoch is not
    counted. CUDA graphs are for a GPU alone.
    """
    count = len(split) if num_images is None else num_images
    count -= count % batch_size  # a graph is made for one shape: no smaller last batch
    there = split.to(device)
    batch = there.images[:batch_size]
    threads = threads_for(new_model(device), batch)
    possible = {
        name: epoch_timer(computing(batch, *how), there, count, batch_size, threads)
        for name, how in WAYS.items()
        if device.type == "cuda" or not how[0]
    }
    seconds = median_seconds(possible, repeats)
    return pd.DataFrame({"way": list(seconds), "seconds_per_epoch": list(seconds.values())})


def stored_times() -> pd.DataFrame:
    """What `time_recipe` once gave on a GPU, and the card's name; measured by `bench_gpu.py`."""
    table = pd.read_csv(STORED / "gpu.csv").query("what == 'seconds per epoch'")
    table = table.rename(columns={"name": "way", "value": "seconds_per_epoch"})
    return table[["way", "seconds_per_epoch", "card"]]


def new_model(device: torch.device) -> MLP:
    return MLP(generator=torch.Generator().manual_seed(0)).to(device)


def computing(batch: torch.Tensor, graphs: bool, bfloat16: bool) -> nn.Module:
    """A fresh model, where the batch is, that computes in the way asked for.

    A small network's kernels run for microseconds, and the processor needs as long to start each of them.
    With CUDA graphs the forward and backward pass are recorded once for the batch's shape, and then started
    as a whole; see `torch.cuda.make_graphed_callables`.
    """
    model = Bfloat16(new_model(batch.device)) if bfloat16 else new_model(batch.device)
    return cast(nn.Module, torch.cuda.make_graphed_callables(model.train(), (batch,))) if graphs else model
