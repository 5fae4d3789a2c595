"""The models that come with the app: how they are trained, on real MNIST, for drawn digits."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from mnist_helpers.app.exporting import About, write_model
from mnist_helpers.data import MnistData
from mnist_helpers.devices import cpu_threads
from mnist_helpers.evaluation import evaluate
from mnist_helpers.model import MLP, count_parameters
from mnist_helpers.networks import small_cnn
from mnist_helpers.preprocessing import preprocess
from mnist_helpers.recipes import redraw
from mnist_helpers.training import Extras, train

BATCH_SIZE = 128
NAME = "MNIST"

# Name, title, network, epochs, and the highest learning rate of the cycle.
MODELS: dict[str, tuple[str, Callable[[], nn.Module], int, float]] = {
    "mlp": ("Multilayer perceptron", lambda: MLP(generator=torch.Generator().manual_seed(0)), 30, 4e-3),
    "small_cnn": ("Small convolutional network", partial(small_cnn, width=8), 12, 1e-2),
}


def describe_recipe(name: str) -> str:
    """How one of the app's models is trained, in words."""
    _, _, epochs, learning_rate = MODELS[name]
    return (
        f"Adam, one cycle up to a learning rate of {learning_rate:g}, batch size {BATCH_SIZE}, "
        f"{epochs} epochs, seed 0; every image redrawn with a thinner or thicker pen, turned, "
        "shifted and zoomed each time"
    )


def train_models(data: MnistData, folder: Path) -> list[Path]:
    """Train the app's models on `data`, and write each to `folder`, the default one first."""
    splits = preprocess(data)
    paths = []
    for name, (title, network, epochs, learning_rate) in MODELS.items():
        torch.manual_seed(0)
        model = network()
        schedule = partial(OneCycleLR, max_lr=learning_rate)
        with cpu_threads(1):  # the same sums in the same order on every machine
            history = train(
                model, splits, num_epochs=epochs, batch_size=BATCH_SIZE, learning_rate=learning_rate,
                extras=Extras(augment=redraw, schedule=schedule),
            )  # fmt: skip
        history.completed()  # the app never gets half a training
        about = About(
            title=f"{title}, {count_parameters(model):,} parameters",
            data=f"{NAME}, {len(splits.train):,} training images",
            recipe=describe_recipe(name),
            test_data=NAME,
            test_images=len(splits.test),
            accuracy=evaluate(model, splits.test).accuracy,
        )
        paths.append(write_model(folder, name, model, about))
    return paths
