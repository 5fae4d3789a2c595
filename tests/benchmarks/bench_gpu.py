"""What one GPU changes, in under ten minutes: parity with the CPU, the recipe's ways, a record attempt.

    python tests/benchmarks/bench_gpu.py FOLDER               # all of it
    python tests/benchmarks/bench_gpu.py FOLDER choose 12     # one part of it; 12 epochs a training

Every row names the card. The record attempt chooses its network by validation accuracy (`choose`); then new
ones of this kind learn from all 60,000 training images, and the test set is looked at once (`record`).
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from importlib import import_module
from itertools import combinations, pairwise
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from mnist_helpers import Extras, Split, Splits, load_mnist, pick_device, predict_proba, preprocess, train
from mnist_helpers.extensions.framework_comparison.compare import new_task
from mnist_helpers.extensions.framework_comparison.registry import LOOPS
from mnist_helpers.extensions.framework_comparison.task import Task
from mnist_helpers.extensions.scaling_out.gpu import device_name, loss_gap, time_recipe
from mnist_helpers.networks import Bfloat16, ResidualBlock, ToSquare, conv
from mnist_helpers.recipes import RandomAffine, affine

SEEDS = range(5)
EPOCHS = {"choose": 12, "record": 40}
SECONDS = 120  # that the five trainings of `record` may take, side by side
TURNS = torch.tensor([0.0, -7.0, 7.0])  # degrees: the views of an image whose answers can be averaged


def residual() -> nn.Module:
    """Residual blocks that keep all 28×28 pixels at first: 1.2 million parameters."""
    return nn.Sequential(
        ToSquare(),
        conv(1, 64), nn.ReLU(),
        ResidualBlock(64, 64),
        ResidualBlock(64, 128, stride=2),  # -> (n, 128, 14, 14)
        ResidualBlock(128, 256, stride=2),  # -> (n, 256, 7, 7)
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, 10),
    )  # fmt: skip


def unpooled(kernel: int, widths: range) -> nn.Module:
    """Convolutions without a frame of zeros, each of which trims the maps, and one linear layer; no pooling.

    After An et al. (2020), An Ensemble of Simple Convolutional Neural Network Models for MNIST Digit
    Recognition, https://arxiv.org/abs/2008.10400.
    """
    layers: list[nn.Module] = [ToSquare()]
    for inputs, outputs in pairwise((1, *widths)):
        layers += [nn.Conv2d(inputs, outputs, kernel, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    side = 28 - (kernel - 1) * len(widths)
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(side**2 * widths[-1], 10, bias=False), nn.BatchNorm1d(10)
    )


SHAPES = {
    "residual": residual,
    "ten 3×3": partial(unpooled, 3, range(32, 177, 16)),
    "five 5×5": partial(unpooled, 5, range(32, 161, 32)),
}


def bent_and_turned(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Elastic bends, then a turn, a shift and a zoom; every fourth image stays as sharp as it is.

    Every change blurs a little. A network that sees nothing sharp reads sharp images worse.
    """
    changed = RandomAffine(12, 2, 0.12)(bent(images, generator), generator)
    sharp = torch.rand(len(images), 1, generator=generator) < 0.25
    return torch.where(sharp.to(images.device), images, changed)


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


def answers(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Probabilities (views, n, 10): for the images as they are, and turned a little either way."""
    unchanged = torch.zeros(len(images)), torch.zeros(len(images)), torch.ones(len(images))
    return torch.stack(
        [predict_proba(model, affine(images, turn.expand(len(images)), *unchanged)).cpu() for turn in TURNS]
    )


def learn(shape: str, seed: int, epochs: int, from_all: bool) -> tuple[str, int, torch.Tensor, float]:
    """Train one network; its shape, its seed, its answers to the images that judge it, and the seconds."""
    torch.backends.cudnn.benchmark = True
    splits = preprocess(load_mnist())
    if from_all:
        both = zip(vars(splits.train).values(), vars(splits.val).values(), strict=True)
        splits = Splits(Split(*map(torch.cat, both)), splits.val, splits.test)
    torch.manual_seed(seed)
    model = Bfloat16(SHAPES[shape]().to(pick_device(), memory_format=torch.channels_last))
    extras = Extras(
        optimizer=partial(torch.optim.AdamW, weight_decay=0.02, fused=True),
        schedule=partial(OneCycleLR, max_lr=4e-3),
        augment=bent_and_turned,
    )
    start = time.perf_counter()
    train(model, splits, num_epochs=epochs, batch_size=256, seed=seed, progress=False, extras=extras)
    seconds = time.perf_counter() - start
    return shape, seed, answers(model, (splits.test if from_all else splits.val).images), seconds


def side_by_side(pairs: list[tuple[str, int]], epochs: int, from_all: bool):
    """Train a network for each (shape, seed), each in a process of its own; yield them as they are ready."""
    with ProcessPoolExecutor(len(pairs), mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(learn, shape, seed, epochs, from_all) for shape, seed in pairs]
        for job in as_completed(jobs):
            yield job.result()


def accuracy(probabilities: torch.Tensor, labels: torch.Tensor) -> float:
    return (probabilities.argmax(dim=1) == labels).double().mean().item()


def recipe(folder: Path, epochs: int) -> None:
    """Parity with the CPU, and what CUDA graphs and 16-bit numbers do to the course's recipe."""
    gpu, splits = torch.device("cuda"), preprocess(load_mnist())
    gap = loss_gap(splits.train, gpu)
    rows = [{"what": "parity", "name": "largest gap of 100 losses, nats", "value": gap}]
    for way in time_recipe(splits.train, gpu, repeats=3).itertuples():
        rows.append({"what": "seconds per epoch", "name": way.way, "value": way.seconds_per_epoch})
    write(rows, folder / "recipe.csv")


class Unmeasured(Task):
    """A task whose loss nobody asks for between epochs, so that the clock sees the steps alone."""

    def measured(self, logits, count=0):
        return ()


def frameworks(folder: Path, epochs: int) -> None:
    """Milliseconds per step of the course's recipe: a step of its own, a compiled step, a compiled epoch."""
    task, rows = new_task(preprocess(load_mnist()), 0, num_epochs=4, num_images=9600), []
    for module in ("torch_loops", "jax_loops"):
        try:
            loops = import_module(f"mnist_helpers.extensions.framework_comparison.{module}")
        except ImportError as error:
            print(f"{module} is left out: {error}")
            continue
        for loop in LOOPS[: 2 if module == "torch_loops" else 3]:
            marks, model = [time.perf_counter()], loops.build(task)
            if module == "torch_loops":
                model.to("cuda")
            for _ in loops.fit(model, Unmeasured(**{**vars(task), "loop": loop})):
                torch.cuda.synchronize()
                marks.append(time.perf_counter())
            first, *rest = (after - before for before, after in pairwise(marks))
            where = sys.modules["jax"].default_backend() if module == "jax_loops" else "gpu"
            rows.append({"what": f"milliseconds per step, {where}", "name": f"{module}, {loop}"})
            rows[-1] |= {"value": 1000 * median(rest) / 300, "compile_seconds": first - median(rest)}
            write(rows, folder / "frameworks.csv")


def choose(folder: Path, epochs: int) -> None:
    """Validation accuracy of each shape, with the plain answers and with the mean over the views."""
    labels, rows = preprocess(load_mnist()).val.labels, []
    pairs = [("residual", 0), *((shape, seed) for seed in range(2) for shape in ("ten 3×3", "five 5×5"))]
    for shape, seed, views, seconds in side_by_side(pairs, epochs, from_all=False):
        for name, probabilities in {"plain": views[0], "views": views.mean(dim=0)}.items():
            rows.append({"what": "validation", "name": shape, "answers": name, "seed": seed})
            rows[-1] |= {"value": accuracy(probabilities, labels), "epochs": epochs, "seconds": seconds}
        write(rows, folder / "choice.csv")


def record(folder: Path, epochs: int) -> None:
    """The chosen shape with all seeds, from all training images: one network, and committees."""
    shape, kind = "ten 3×3", "plain"
    if (folder / "choice.csv").is_file():
        tried = pd.read_csv(folder / "choice.csv")
        shape, kind = tried.groupby(["name", "answers"]).value.mean().idxmax()
        per_epoch = (tried.seconds / tried.epochs)[tried.name == shape].max() * 60 / 48
        epochs = int(min(epochs, SECONDS / per_epoch))
    labels, members, rows = preprocess(load_mnist()).test.labels, [], []
    common = {"shape": shape, "answers": kind, "epochs": epochs}
    for _, seed, views, seconds in side_by_side([(shape, seed) for seed in SEEDS], epochs, from_all=True):
        members.append(views[0] if kind == "plain" else views.mean(dim=0))
        one = accuracy(members[-1], labels)
        rows.append({"what": "record", "name": "one network", "seed": seed, "value": one, "seconds": seconds})
        committees = []
        for size in range(2, len(members) + 1):
            for some in combinations(members, size):
                right = accuracy(torch.stack(some).mean(dim=0), labels)
                committees.append({"what": "record", "name": f"committee of {size}", "value": right})
        write([row | common for row in rows + committees], folder / "record.csv")


def write(rows: list[dict], path: Path) -> None:
    table = pd.DataFrame(rows).assign(card=device_name(torch.device("cuda")), torch=torch.__version__)
    table.to_csv(path, index=False, float_format="{:.6g}".format)
    print(table.to_string(), flush=True)


PARTS = {"recipe": recipe, "frameworks": frameworks, "choose": choose, "record": record}

if __name__ == "__main__":
    folder, *wanted = sys.argv[1:]
    part, epochs = (*wanted, None, None)[:2]
    for name in [part] if part else PARTS:
        PARTS[name](Path(folder), int(epochs or EPOCHS.get(name, 0)))
