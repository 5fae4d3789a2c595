"""What one GPU changes, in under ten minutes: parity with the CPU, the recipe's ways, a record attempt.

    python tests/benchmarks/bench_gpu.py FOLDER               # all of it
    python tests/benchmarks/bench_gpu.py FOLDER choose 12     # one part of it; 12 epochs a training

Every row names the card. The record attempt chooses its network and its committee by validation accuracy
(`choose`); new ones learn from all 60,000 training images, and the test set is looked at once (`record`).
"""

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from importlib import import_module
from itertools import chain, pairwise, product
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
from mnist_helpers.recipes import affine

SEEDS = range(3)
EPOCHS = {"choose": 10, "record": 60}
SECONDS = 330  # that the nine trainings of `record` may take, side by side
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
    """Bent, turned, shifted and zoomed in one go; every fourth image stays as it is.

    To look between pixels is to blur. Two changes one after the other, with linear weights, left a third of
    MNIST's sharpness (mean square of the Laplacian), and networks taught by them read sharp images a point
    worse than blurred ones. Once, with cubic weights, leaves 85 %.
    """
    changed = resampled(images, turns(len(images), generator), bends(len(images), generator), "bicubic")
    sharp = torch.rand(len(images), 1, generator=generator) < 0.25
    return torch.where(sharp.to(images.device), images, changed)


def bent(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Every image bent by a smooth field of small shifts."""
    straight = torch.eye(2, 3).expand(len(images), 2, 3)
    return resampled(images, straight, bends(len(images), generator), "bilinear")


def bends(count: int, generator: torch.Generator) -> torch.Tensor:
    """Smooth fields of small shifts (count, 28, 28, 2): one pixel is one deviation, on a grid of 5×5.

    After Simard, Steinkraus and Platt (2003), https://doi.org/10.1109/ICDAR.2003.1227801.
    """
    coarse = torch.randn(count, 2, 5, 5, generator=generator)
    return F.interpolate(coarse, (28, 28), mode="bicubic").permute(0, 2, 3, 1) * (2 / 28)


def turns(count: int, generator: torch.Generator) -> torch.Tensor:
    """Matrices (count, 2, 3): up to 12 degrees, 2 pixels and an eighth of the size, either way."""
    angle, right, down, size = torch.rand(4, count, generator=generator) * 2 - 1
    radians, size = torch.deg2rad(12 * angle), 1 + size / 8
    cos, sin = radians.cos() / size, radians.sin() / size
    return torch.stack([cos, sin, right / 7, -sin, cos, down / 7], dim=1).view(count, 2, 3)


def resampled(images: torch.Tensor, matrices: torch.Tensor, field: torch.Tensor, mode: str) -> torch.Tensor:
    squares = images.reshape(-1, 1, 28, 28)
    grid = F.affine_grid(matrices, list(squares.shape), align_corners=False) + field
    changed = F.grid_sample(squares, grid.to(images.device), mode=mode, align_corners=False)
    return changed.clamp_(0, 1).view_as(images)


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
    """Validation accuracy of each shape and of one of each, by plain answers and by the mean over views."""
    labels, members = preprocess(load_mnist()).val.labels, {shape: [] for shape in SHAPES}
    rows, pairs = [], [(shape, seed) for seed in range(2) for shape in SHAPES]
    for shape, seed, views, seconds in side_by_side(pairs, epochs, from_all=False):
        members[shape].append(views)
        common = {"what": "validation", "epochs": epochs, "seconds": seconds}
        rows += judged([views], labels, common | {"name": shape, "seed": seed})
        write(rows, folder / "choice.csv")
    common = {"what": "validation", "epochs": epochs}
    for name, views in members.items():
        rows += judged(views, labels, common | {"name": f"two of {name}"})
    for one_of_each in product(*members.values()):
        rows += judged(one_of_each, labels, common | {"name": "one of each"})
    write(rows, folder / "choice.csv")


def judged(members: Sequence[torch.Tensor], labels: torch.Tensor, common: dict) -> list[dict]:
    """A row for the plain answers of a committee, or of one network, and one for the mean over views."""
    mean = torch.stack(tuple(members)).mean(dim=0)
    kinds = {"plain": mean[0], "views": mean.mean(dim=0)}
    return [common | {"answers": kind, "value": accuracy(kinds[kind], labels)} for kind in kinds]


def record(folder: Path, epochs: int) -> None:
    """Every shape with all seeds, from all training images: one network, and committees of one of each.

    Which of these rows are the record attempt was decided by `choose`.
    """
    if (folder / "choice.csv").is_file():
        tried = pd.read_csv(folder / "choice.csv").query("seconds > 0")
        slowest = (tried.seconds / tried.epochs).max() * 60 / 48 * len(SEEDS) / 2  # of 6 at once, now more
        epochs = int(min(epochs, SECONDS / slowest))
    labels, members = preprocess(load_mnist()).test.labels, {shape: [] for shape in SHAPES}
    rows, pairs = [], [(shape, seed) for seed in SEEDS for shape in SHAPES]
    common = {"what": "record", "epochs": epochs}
    for shape, seed, views, seconds in side_by_side(pairs, epochs, from_all=True):
        members[shape].append(views)
        rows += judged([views], labels, common | {"name": shape, "seed": seed, "seconds": seconds})
        write(rows, folder / "record.csv")
    committees = [("one of each", some) for some in product(*members.values())]
    committees += [(f"{len(SEEDS)} of {shape}", views) for shape, views in members.items()]
    committees.append(("all", list(chain.from_iterable(members.values()))))
    for name, some in committees:
        rows += judged(some, labels, common | {"name": name})
    write(rows, folder / "record.csv")


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
