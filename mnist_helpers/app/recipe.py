"""The models that come with the app: how they are trained, on MNIST and on what people write today."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from mnist_helpers.app.exporting import About, write_model
from mnist_helpers.data import MnistData
from mnist_helpers.devices import cpu_threads
from mnist_helpers.digits import write_digits
from mnist_helpers.evaluation import evaluate
from mnist_helpers.history import History
from mnist_helpers.model import MLP, count_parameters, predict_logits
from mnist_helpers.networks import small_cnn
from mnist_helpers.preprocessing import Splits, flatten, normalise, preprocess
from mnist_helpers.recipes import NO_DIGIT, WithNone, add_generated, digit_probability, redraw
from mnist_helpers.training import Augment, Extras, train

BATCH_SIZE = 128
NAME = "MNIST"
DIGITS, SCRAWLS = 20_000, 7_000  # generated, among MNIST's training images
REFUSED = 0.01  # of the digits at most are said to be none

# Name, title, network, epochs, and the highest learning rate of the cycle.
MODELS: dict[str, tuple[str, Callable[[], nn.Module], int, float]] = {
    "mlp": ("Multilayer perceptron", lambda: MLP(generator=torch.Generator().manual_seed(0)), 30, 4e-3),
    "small_cnn": ("Small convolutional network", partial(small_cnn, width=16), 12, 1e-2),
}


@dataclass(frozen=True)
class Sources:
    """What the models learn from: MNIST, with or without the rest."""

    digits: int = DIGITS
    scrawls: int = SCRAWLS
    augment: Augment | None = redraw


def describe_recipe(name: str) -> str:
    """How one of the app's models is trained, in words."""
    _, _, epochs, learning_rate = MODELS[name]
    return (
        f"Adam, one cycle up to a learning rate of {learning_rate:g}, batch size {BATCH_SIZE}, "
        f"{epochs} epochs, seed 0, on MNIST, {DIGITS:,} generated digits and {SCRAWLS:,} scrawls as an "
        "eleventh class; every image redrawn with a thinner or thicker pen, turned, shifted and zoomed each "
        "time"
    )


def train_models(data: MnistData, folder: Path) -> list[Path]:
    """Train the app's models on `data`, and write each to `folder`, the default one first."""
    splits = preprocess(data)
    paths = []
    for name in MODELS:
        with cpu_threads(1):  # the same sums in the same order on every machine without a GPU
            model, history = train_by_recipe(name, splits)
        history.completed()  # the app never gets half a training
        device = next(model.parameters()).device.type
        paths.append(write_model(folder, name, model.cpu(), about(name, model.cpu(), splits, device)))
    return paths


def about(name: str, model: nn.Module, splits: Splits, device: str) -> About:
    """What there is to say of one of the app's models, trained on `device`."""
    where = "one GPU" if device == "cuda" else "one processor core"
    return About(
        title=f"{MODELS[name][0]}, {count_parameters(model):,} parameters",
        data=f"{NAME}, {len(splits.train):,} training images, and generated pictures",
        recipe=f"{describe_recipe(name)}; trained on {where}",
        test_data=NAME,
        test_images=len(splits.test),
        accuracy=evaluate(model, splits.test).accuracy,
        least_digit_probability=least_digit_probability(model, splits.val.images),
    )


def train_by_recipe(
    name: str, splits: Splits, sources: Sources = Sources(), without: Collection[tuple[int, str]] = (),
    without_scrawls: Collection[str] = (), num_epochs: int | None = None, batch_size: int = BATCH_SIZE,
    seed: int = 0, **how: object,
) -> tuple[nn.Module, History]:  # fmt: skip
    """One of the app's models, new, and its history.

    Parameters
    ----------
    without, without_scrawls : kinds of generated pictures to leave out, as in `recipes.add_generated`.
    num_epochs : if not given, those of the recipe; `how` : what else `train` is told.
    """
    _, network, epochs, learning_rate = MODELS[name]
    torch.manual_seed(seed)
    model = network()
    lessons = add_generated(
        splits, sources.digits, sources.scrawls, without=without, without_scrawls=without_scrawls
    )
    history = train(
        WithNone(model), lessons, num_epochs=num_epochs or epochs, batch_size=batch_size,
        learning_rate=learning_rate, seed=seed, extras=Extras(
            augment=sources.augment, schedule=partial(OneCycleLR, max_lr=learning_rate),
            num_classes=NO_DIGIT + 1,
        ), **how,
    )  # fmt: skip
    return model, history


def least_digit_probability(model: nn.Module, images: Tensor, seed: int = 1) -> float:
    """The `digit_probability` below which the answer is "no digit": one digit in a hundred has less.

    The digits are `images`, float32 of shape (n, 784), and half as many generated ones, other than those of
    the training.
    """
    digits, _, _ = write_digits(len(images) // 2, np.random.default_rng(seed))
    both = torch.cat([images, flatten(normalise(torch.from_numpy(digits)))])
    return digit_probability(predict_logits(model, both)).quantile(REFUSED).item()
