"""The course's recipe on several processes, on one machine or on many.

    torchrun --nproc-per-node 2 --max-restarts 3 -m mnist_helpers.distributed

Each process (a rank) keeps the whole model and looks at its share of every batch. After the backward
pass `DistributedDataParallel` averages the gradients of all ranks, so that all of them take the very step
that one process alone would have taken. Rank 0 measures and writes a checkpoint after every epoch; when
a process dies, torchrun starts all of them again, and they go on from there.
"""

import os
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import torch
import torch.distributed as dist
import typer
from torch.distributed import DistError
from torch.nn.parallel import DistributedDataParallel

from mnist_helpers.checkpoints import write_whole
from mnist_helpers.data import cache_dir, load_mnist
from mnist_helpers.devices import cpu_threads, flushed_denormals
from mnist_helpers.history import History
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Split, Splits, preprocess
from mnist_helpers.training import FUSED_ADAM, loss_and_accuracy, train_one_epoch


class RendezvousError(ConnectionError):
    """The ranks did not find each other in time."""


def join(timeout: float) -> torch.device:
    """Meet the other ranks, as torchrun's environment variables tell; returns this rank's device.

    Raises
    ------
    RendezvousError
        Not all of them came within `timeout` seconds.
    """
    rank, size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29500")
    on_gpu = torch.cuda.is_available()
    try:
        dist.init_process_group(
            "nccl" if on_gpu else "gloo", rank=rank, world_size=size, timeout=timedelta(seconds=timeout)
        )
    except DistError:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise RendezvousError(
            f"rank {rank} of {size} did not meet the others at {where} within {timeout:g} s; "
            "check that this address can be reached from here and that all ranks were started"
        ) from None
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if on_gpu else torch.device("cpu")


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

    Goes on after the last epoch in `checkpoint`, if that file is there. Call it on every rank with the
    same arguments; the history is complete on rank 0. Where the last batch of an epoch cannot be divided
    evenly, the images of the smaller shares weigh a little more in it.

    Raises
    ------
    ValueError
        The batches cannot be divided evenly between the ranks.
    """
    rank, size = dist.get_rank(), dist.get_world_size()
    if batch_size % size:
        raise ValueError(f"batch_size must be a multiple of the {size} ranks, not {batch_size}")
    shared = DistributedDataParallel(model.to(device))
    optimizer = FUSED_ADAM(model.parameters(), lr=learning_rate)
    history = _resume(checkpoint, model, optimizer)
    generator = torch.Generator().manual_seed(seed)
    train_split = Split(splits.train.images.to(device), splits.train.labels.to(device))
    for _ in range(history.num_epochs):  # the shuffles of the epochs that are done
        torch.randperm(len(train_split), generator=generator)
    start = time.perf_counter() - history.seconds
    for _ in range(history.num_epochs, num_epochs):
        with cpu_threads(1), flushed_denormals():
            losses = train_one_epoch(
                shared, train_split, optimizer, batch_size, generator, share=slice(rank, None, size)
            )
        step_loss = torch.tensor(losses, device=device) / size
        dist.all_reduce(step_loss)  # every rank has the mean loss of its share: sum up their parts
        if rank == 0:
            measured = (*loss_and_accuracy(model, train_split), *loss_and_accuracy(model, splits.val))
            history = history.extended(measured, step_loss.tolist(), time.perf_counter() - start)
            state = {"weights": model.state_dict(), "optimizer": optimizer.state_dict()}
            write_whole({**state, "history": asdict(history)}, checkpoint)
            print(history.epoch_line(num_epochs), flush=True)
        dist.barrier()
    return history


def _resume(checkpoint: Path, model: MLP, optimizer: torch.optim.Optimizer) -> History:
    """Every rank reads the same file, so it must lie where all machines see it."""
    if not checkpoint.is_file():
        return History()
    content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model.load_state_dict(content["weights"])
    optimizer.load_state_dict(content["optimizer"])
    history = History(**content["history"])
    if dist.get_rank() == 0:
        print(f"Going on after epoch {history.num_epochs}, from {checkpoint.name}.", flush=True)
    return history


def main(
    num_epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch_size: Annotated[int, typer.Option(min=1, help="Images per step, of all ranks together.")] = 32,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Where rank 0 keeps the state; seen by all machines.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the other ranks.")] = 60,
) -> None:
    """Train the course's network on all ranks that torchrun started, going on from a checkpoint."""
    try:
        device = join(timeout)
    except RendezvousError as error:
        raise SystemExit(str(error)) from None
    try:
        data = load_mnist()
        model = MLP(generator=torch.Generator().manual_seed(0))
        checkpoint = checkpoint or cache_dir() / "checkpoints" / "distributed.pt"
        train_shared(
            model, preprocess(data), checkpoint, device, num_epochs=num_epochs, batch_size=batch_size
        )
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    typer.run(main)
