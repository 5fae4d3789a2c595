"""The models that come with the app: how they are trained, on MNIST and on what people write today."""

import copy
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
from mnist_helpers.devices import cpu_threads, pick_device
from mnist_helpers.digits import write_digits
from mnist_helpers.evaluation import evaluate
from mnist_helpers.model import MLP, count_parameters, predict_logits
from mnist_helpers.networks import small_cnn
from mnist_helpers.preprocessing import Splits, flatten, normalise, preprocess
from mnist_helpers.recipes import NO_DIGIT, WithNone, add_generated, digit_probability, redraw
from mnist_helpers.training import Augment, Extras, train

BATCH_SIZE = 128
NAME = "MNIST"
DIGITS, SCRAWLS = 20_000, 10_000  # generated, among MNIST's training images
REFUSED = 0.01  # of the digits at most are said to be none


@dataclass(frozen=True)
class Sources:
    """What a model learns from beside MNIST: generated digits, scrawls, and changes of every image."""

    digits: int = DIGITS
    scrawls: int = SCRAWLS
    augment: Augment | None = redraw


@dataclass(frozen=True)
class Recipe:
    """One training of so many epochs, in one cycle up to a learning rate; or two, `then` the second.

    After the second, each weight goes a `share` of the way to its new value. With less than all of it, what
    was learnt first is kept, and some of the new is there. Source: Wortsman et al. (2022), Robust fine-tuning
    of zero-shot models, https://arxiv.org/abs/2109.01903.
    """

    epochs: int
    learning_rate: float
    sources: Sources = Sources()
    then: "Recipe | None" = None
    share: float = 1.0


# A small MLP has no room for everything: with all sources at once it reads fewer of MNIST's digits.
SECOND = Recipe(6, 1e-3, Sources(6_000, 3_000), share=1 / 3)
MODELS: dict[str, tuple[str, Callable[[], nn.Module], Recipe]] = {
    "mlp": (
        "Multilayer perceptron", lambda: MLP(generator=torch.Generator().manual_seed(0)),
        Recipe(30, 4e-3, Sources(0, 0), then=SECOND),
    ),
    "small_cnn": (
        "Small convolutional network", partial(small_cnn, width=16), Recipe(12, 1e-2, then=Recipe(6, 3e-3)),
    ),
}  # fmt: skip


def describe_recipe(name: str) -> str:
    """How one of the app's models is trained, in words."""
    recipe = MODELS[name][2]
    words = (
        f"Adam, batch size {BATCH_SIZE}, seed 0, every image redrawn with a thinner or thicker pen, "
        f"turned, shifted and zoomed each time; {_describe(recipe)}"
    )
    if recipe.then:
        words += f", then {_describe(recipe.then)}"
        if recipe.then.share < 1:
            words += f", and each weight {recipe.then.share:.0%} of the way there"
    return words


def _describe(recipe: Recipe) -> str:
    lessons = NAME
    if recipe.sources.digits:
        lessons += f", {recipe.sources.digits:,} generated digits and {recipe.sources.scrawls:,} scrawls as "
        lessons += "an eleventh class"
    cycle = f"one cycle up to a learning rate of {recipe.learning_rate:g}"
    return f"{recipe.epochs} epochs of {lessons}, {cycle}"


def train_models(data: MnistData, folder: Path) -> list[Path]:
    """Train the app's models on `data`, and write each to `folder`, the default one first."""
    splits = preprocess(data)
    paths = []
    for name, (_, network, recipe) in MODELS.items():
        torch.manual_seed(0)
        model = network()
        with cpu_threads(1):  # the same sums in the same order on every machine without a GPU
            train_by_recipe(model, splits, recipe)
        device = pick_device("auto").type  # the one that `train` takes
        paths.append(write_model(folder, name, model, about(name, model.cpu(), splits, device)))
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
    model: nn.Module, splits: Splits, recipe: Recipe, without: Collection[tuple[int, str]] = (),
    without_scrawls: Collection[str] = (), batch_size: int = BATCH_SIZE, seed: int = 0, progress: bool = True,
) -> None:  # fmt: skip
    """Train a model in place.

    Parameters
    ----------
    without, without_scrawls : kinds of generated pictures to leave out, as in `recipes.add_generated`.

    Raises
    ------
    KeyboardInterrupt
        It was interrupted: the app never gets half a training.
    """
    sources = recipe.sources
    lessons = add_generated(
        splits, sources.digits, sources.scrawls, without=without, without_scrawls=without_scrawls
    )
    history = train(
        WithNone(model) if sources.scrawls else model, lessons, num_epochs=recipe.epochs,
        batch_size=batch_size, learning_rate=recipe.learning_rate, seed=seed, progress=progress,
        extras=Extras(
            augment=sources.augment, schedule=partial(OneCycleLR, max_lr=recipe.learning_rate),
            num_classes=NO_DIGIT + 1,
        ),
    )  # fmt: skip
    history.completed()
    if recipe.then:
        pupil = copy.deepcopy(model)
        train_by_recipe(pupil, splits, recipe.then, without, without_scrawls, batch_size, seed, progress)
        new = pupil.state_dict()
        for name, value in model.state_dict().items():  # a batch normalisation's running means as well
            value.copy_(value.lerp(new[name], recipe.then.share) if value.is_floating_point() else new[name])


def least_digit_probability(model: nn.Module, images: Tensor, seed: int = 1) -> float:
    """The `digit_probability` below which the answer is "no digit": one digit in a hundred has less.

    The digits are `images`, float32 of shape (n, 784), and half as many generated ones, other than those of
    the training.
    """
    digits, _, _ = write_digits(len(images) // 2, np.random.default_rng(seed))
    both = torch.cat([images, flatten(normalise(torch.from_numpy(digits)))])
    return digit_probability(predict_logits(model, both)).quantile(REFUSED).item()
