"""`torchrun --nproc-per-node 2 -m mnist_helpers.extensions.scaling_out`: every rank runs this."""

from pathlib import Path
from typing import Annotated

import torch
import typer

from mnist_helpers.checkpoints import CheckpointError
from mnist_helpers.data import load_mnist
from mnist_helpers.extensions.scaling_out.rendezvous import RendezvousError, joined
from mnist_helpers.extensions.scaling_out.training import train_shared
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Split, Splits, preprocess
from mnist_helpers.storage import cache_dir


def main(
    num_epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch_size: Annotated[int, typer.Option(min=1, help="Images per step, of all ranks together.")] = 32,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Where rank 0 keeps the state. A training that is there in part is taken up."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the other ranks.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the split, the initial weights and the shuffles.")] = 0,
    num_images: Annotated[int | None, typer.Option(min=1, help="Learn from the first so many.")] = None,
) -> None:
    """Train the course's network on all ranks that torchrun started, going on from a checkpoint."""
    model = MLP(generator=torch.Generator().manual_seed(seed))
    checkpoint = checkpoint or cache_dir() / "checkpoints" / "distributed.pt"
    try:
        with joined(timeout) as device:
            splits = preprocess(load_mnist(), seed=seed)
            part = Split(splits.train.images[:num_images], splits.train.labels[:num_images])
            splits = Splits(part, splits.val, splits.test)
            train_shared(
                model, splits, checkpoint, device, num_epochs=num_epochs, batch_size=batch_size, seed=seed
            )
    except (RendezvousError, CheckpointError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    typer.run(main)
