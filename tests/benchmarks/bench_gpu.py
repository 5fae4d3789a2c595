"""What one GPU changes, measured in a few minutes: parity with the CPU, the recipe's ways, a record attempt.

    python tests/benchmarks/bench_gpu.py RESULTS.csv

Every row names the card. The record attempt's recipe was written down before the test set was opened, and
its networks learn from all 60,000 training images; the test set is looked at once, at the end.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from mnist_helpers import Extras, Split, Splits, load_mnist, predict_proba, preprocess, train
from mnist_helpers.extensions.scaling_out.gpu import device_name, loss_gap, time_recipe
from mnist_helpers.networks import Bfloat16, ResidualBlock, ToSquare, conv
from mnist_helpers.recipes import RandomAffine

SEEDS = range(5)
EPOCHS = 25


def record_network() -> nn.Module:
    """A residual network that keeps all 28×28 pixels in its first blocks: 1.2 million parameters."""
    return nn.Sequential(
        ToSquare(),
        conv(1, 64), nn.ReLU(),
        ResidualBlock(64, 64),
        ResidualBlock(64, 128, stride=2),  # -> (n, 128, 14, 14)
        ResidualBlock(128, 256, stride=2),  # -> (n, 256, 7, 7)
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, 10),
    )  # fmt: skip


def bent_and_turned(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Elastic bends, then a turn, a shift and a zoom."""
    return RandomAffine(12, 2, 0.12)(bent(images, generator), generator)


def bent(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Every image bent by a smooth field of small shifts: one pixel is one deviation, on a grid of 5×5.

    After Simard, Steinkraus and Platt (2003), https://doi.org/10.1109/ICDAR.2003.1227801.
    """
    coarse = torch.randn(len(images), 2, 5, 5, generator=generator).to(images.device)
    field = F.interpolate(coarse, (28, 28), mode="bicubic").permute(0, 2, 3, 1) * (2 / 28)
    straight = F.affine_grid(
        torch.eye(2, 3, device=images.device).expand(len(images), 2, 3), [len(images), 1, 28, 28],
        align_corners=False,
    )  # fmt: skip
    squares = images.reshape(-1, 1, 28, 28)
    return F.grid_sample(squares, straight + field, align_corners=False).clamp_(0, 1).view_as(images)


def attempt(seed: int) -> tuple[torch.Tensor, float]:
    """Train one network; returns its probabilities for the test images (10000, 10), and its seconds."""
    splits = preprocess(load_mnist())
    everything = Split(
        torch.cat([splits.train.images, splits.val.images]),
        torch.cat([splits.train.labels, splits.val.labels]),
    )
    torch.manual_seed(seed)
    model = Bfloat16(record_network().to(memory_format=torch.channels_last))
    extras = Extras(
        optimizer=partial(torch.optim.AdamW, weight_decay=0.02, fused=True),
        schedule=partial(OneCycleLR, max_lr=4e-3),
        augment=bent_and_turned,
    )
    start = time.perf_counter()
    train(
        model, Splits(everything, splits.val, splits.test), num_epochs=EPOCHS, batch_size=256, seed=seed,
        device="cuda", progress=False, extras=extras,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    return predict_proba(model, splits.test.images).cpu(), seconds


def main(path: Path) -> None:
    gpu = torch.device("cuda")
    splits = preprocess(load_mnist())
    gap = loss_gap(splits.train, gpu)
    rows = [{"what": "parity", "name": "largest gap of 100 losses, nats", "value": gap}]
    for way in time_recipe(splits.train, gpu, repeats=3).itertuples():
        rows.append({"what": "seconds per epoch", "name": way.way, "value": way.seconds_per_epoch})
    write(rows, gpu, path)
    with ProcessPoolExecutor(len(SEEDS), mp_context=get_context("spawn")) as pool:
        results = list(pool.map(attempt, SEEDS))
    labels = splits.test.labels
    for seed, (probabilities, seconds) in zip(SEEDS, results, strict=True):
        accuracy = (probabilities.argmax(dim=1) == labels).double().mean().item()
        rows.append({"what": "record", "name": "one network", "seed": seed, "value": accuracy})
        rows.append({"what": "seconds of training", "name": "one network", "seed": seed, "value": seconds})
    committee = torch.stack([probabilities for probabilities, _ in results]).mean(dim=0).argmax(dim=1)
    accuracy = (committee == labels).double().mean().item()
    rows.append({"what": "record", "name": f"committee of {len(SEEDS)}", "value": accuracy})
    write(rows, gpu, path)


def write(rows: list[dict], gpu: torch.device, path: Path) -> None:
    table = pd.DataFrame(rows).assign(card=device_name(gpu), torch=torch.__version__)
    table.to_csv(path, index=False, float_format="{:.6g}".format)
    print(table.to_string(), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
