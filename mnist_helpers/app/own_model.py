"""The learner's own model from a checkpoint, whose file holds weights, and its layers as text only."""

from pathlib import Path

import torch
from torch import nn

from mnist_helpers.app.exporting import About, write_model
from mnist_helpers.checkpoints import load_checkpoint
from mnist_helpers.data import MnistData
from mnist_helpers.evaluation import evaluate
from mnist_helpers.history import History
from mnist_helpers.model import MLP, count_parameters
from mnist_helpers.networks import lenet, linear, mlp, small_cnn
from mnist_helpers.preprocessing import Split, flatten, normalise
from mnist_helpers.storage import CheckpointError, read_checkpoint

NETWORKS = {
    "MLP()": MLP,
    "linear()": linear,
    "mlp()": mlp,
    "lenet()": lenet,
    "small_cnn()": small_cnn,
    "small_cnn(8)": lambda: small_cnn(8),
}


def export_own_model(checkpoint: Path, data: MnistData, folder: Path) -> Path:
    """Export the model in a checkpoint to `folder`, measured on `data`; returns the path of its JSON file.

    Raises
    ------
    CheckpointError
        There is no such checkpoint, or it fits none of the course's networks.
    """
    model, name, history = load_own_model(checkpoint)
    return write_model(folder / "models", "own", model, about_own_model(name, model, history, data))


def load_own_model(path: str | Path) -> tuple[nn.Module, str, History]:
    """The model in a checkpoint, the name of the network that it is of, and its history.

    Raises
    ------
    CheckpointError
        The file is missing or damaged, or its network is none of those of the course.
    """
    weights, _, recorded = read_checkpoint(Path(path))
    for name, network in NETWORKS.items():
        with torch.random.fork_rng(devices=[]):  # initial weights are drawn, and overwritten
            model = network()
        shapes = [{key: w.shape for key, w in saved.items()} for saved in (weights, model.state_dict())]
        if shapes[0] == shapes[1] and (not recorded or _layers(recorded) == _layers(repr(model))):
            return model, name, load_checkpoint(path, model)
    raise CheckpointError(
        f"the weights in {Path(path).name} fit none of {', '.join(NETWORKS)}; for another network, call "
        "mnist_helpers.app.exporting.write_model from Python"
    )


def _layers(network: str) -> str:
    """The network's text without its name: a learner's class may have another."""
    return network.partition("(")[2]


def about_own_model(name: str, model: nn.Module, history: History, data: MnistData) -> About:
    """What there is to say of a learner's model, measured on the test images at hand."""
    split = Split(flatten(normalise(data.test_images)), data.test_labels.long())
    return About(
        title=f"Your {name}, {count_parameters(model):,} parameters",
        data="not noted in the checkpoint",
        recipe=f"{history.num_epochs} epochs" if history.num_epochs else "not noted in the checkpoint",
        test_data="MNIST" if data.source.is_mnist else str(data.source),
        test_images=len(split),
        accuracy=evaluate(model, split).accuracy,
    )
