"""What every process of a distributed training does.

Each process (a rank) keeps the whole model and looks at its share of every batch. After the backward
pass `DistributedDataParallel` averages the gradients of all ranks, so that all of them take the very step
that one process alone would have taken. Rank 0 measures and writes a checkpoint after every epoch; when
a process dies, torchrun starts all of them again, and they go on from there.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mnist_helpers.checkpoints import CheckpointError
from mnist_helpers.devices import cpu_threads, flushed_denormals
from mnist_helpers.experiments import fingerprint
from mnist_helpers.extensions.scaling_out.resuming import load_state, save_state
from mnist_helpers.history import History
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Split, Splits
from mnist_helpers.training import FUSED_ADAM, batch_sizes, loss_and_accuracy, train_one_epoch


@dataclass(frozen=True, eq=False)
class Share(Split):
    """What one rank sees of a batch, and how many images of the batch fall to a rank on average."""

    average: float


def shared_batches(split: Split, batch_size: int, generator: torch.Generator) -> Iterator[Share]:
    """This rank's share of the batches that `train` would make: every `ranks`-th image, from its own on."""
    rank, ranks = dist.get_rank(), dist.get_world_size()
    order = torch.randperm(len(split), generator=generator).to(split.labels.device)
    for batch in order.split(batch_sizes(len(split), batch_size)):
        mine = batch[rank::ranks]
        images, labels = split.images.index_select(0, mine), split.labels.index_select(0, mine)
        yield Share(images, labels, len(batch) / ranks)


def share_loss(model: nn.Module, share: Share) -> Tensor:
    """Its mean over the ranks is the loss of the whole batch, also where a share is smaller or empty."""
    return F.cross_entropy(model(share.images), share.labels, reduction="sum") / share.average


def train_shared(
    model: MLP,
    splits: Splits,
    checkpoint: Path,
    device: torch.device,
    *,
    num_epochs: int = 10,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> History:
    """What `train` does, by all ranks together: the same batches, the same steps, the same losses.

    A training that `checkpoint` holds in part is taken up after its last epoch, on any number of ranks;
    one that it holds in full is only read. Rank 0 alone reads and writes that file. Call the function on
    every rank with the same arguments; the history is complete on rank 0, the model on all.

    Parameters
    ----------
    batch_size : images per step, of all ranks together.

    Raises
    ------
    ValueError
        There are more ranks than images in a batch.
    CheckpointError
        The file is damaged or of another training: other data, model, batch size, learning rate, seed,
        or more epochs. Every rank raises it.
    """
    size = dist.get_world_size()
    if batch_size < size:
        raise ValueError(f"{size} ranks cannot share a batch of {batch_size}: some would have no image")
    model.to(device)
    optimizer = FUSED_ADAM(model.parameters(), lr=learning_rate)
    settings = {
        "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed, "data": fingerprint(splits),
    }  # fmt: skip
    history = _resume(checkpoint, model, optimizer, settings, num_epochs)
    shared = DistributedDataParallel(model)  # gives every rank the weights of rank 0
    generator = torch.Generator().manual_seed(int(seed))
    train_split = splits.train.to(device)
    for _ in range(history.num_epochs):  # the shuffles of the epochs that are done
        torch.randperm(len(train_split), generator=generator)
    start = time.perf_counter() - history.seconds
    for _ in range(history.num_epochs, num_epochs):
        with cpu_threads(1), flushed_denormals():
            batches = shared_batches(train_split, batch_size, generator)
            losses = train_one_epoch(shared, batches, optimizer, share_loss)
        step_loss = torch.tensor(losses, device=device) / size
        dist.all_reduce(step_loss)  # every rank has its part of the mean: sum them up
        if dist.get_rank() == 0:
            measured = (*loss_and_accuracy(model, train_split), *loss_and_accuracy(model, splits.val))
            history = history.extended(measured, step_loss.tolist(), time.perf_counter() - start)
            save_state(checkpoint, model, optimizer, history, settings)
            print(history.epoch_line(num_epochs), flush=True)
    return history


def _resume(
    checkpoint: Path, model: MLP, optimizer: torch.optim.Optimizer, settings: dict, num_epochs: int
) -> History:
    """Rank 0 reads the file, if it is there, and tells the others what it says, or what is wrong with it."""
    told: list = [None, None, None]
    if dist.get_rank() == 0:
        try:
            history = load_state(checkpoint, model, optimizer, settings, num_epochs)
            told = [history, optimizer.state_dict(), None]
        except CheckpointError as error:
            told[2] = error
    dist.broadcast_object_list(told)
    history, optimizer_state, fault = told
    if fault:
        raise fault
    optimizer.load_state_dict(optimizer_state)
    if dist.get_rank() == 0 and (done := history.num_epochs):
        rest = "nothing is left to do; delete it to train afresh" if done == num_epochs else "going on"
        print(f"{checkpoint.name} holds {done} of {num_epochs} epochs of this training: {rest}.", flush=True)
    return history
