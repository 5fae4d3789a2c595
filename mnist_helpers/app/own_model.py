"""The learner's own model from a checkpoint, whose file holds weights but not the network."""

from pathlib import Path

import torch
from torch import nn

from mnist_helpers.app.exporting import About
from mnist_helpers.checkpoints import CheckpointError, load_checkpoint
from mnist_helpers.data import MnistData
from mnist_helpers.evaluation import evaluate
from mnist_helpers.history import History
from mnist_helpers.model import MLP, count_parameters
from mnist_helpers.networks import lenet, linear, mlp, small_cnn
from mnist_helpers.preprocessing import Split, flatten, normalise

NETWORKS = {
    "MLP()": MLP,
    "linear()": linear,
    "mlp()": mlp,
    "lenet()": lenet,
    "small_cnn()": small_cnn,
    "small_cnn(8)": lambda: small_cnn(8),
}


def load_own_model(path: str | Path) -> tuple[nn.Module, str, History]:
    """The model in a checkpoint, the name of the network that its weights fit, and its history.

    Raises
    ------
    CheckpointError
        The file is missing or damaged, or its weights fit none of the networks of the course.
    """
    for name, network in NETWORKS.items():
        with torch.random.fork_rng(devices=[]):  # initial weights are drawn, and overwritten
            model = network()
        try:
            return model, name, load_checkpoint(path, model)
        except CheckpointError as error:
            reason = error
    if "other names or shapes" not in str(reason):
        raise reason
    raise CheckpointError(
        f"the weights in {Path(path).name} fit none of {', '.join(NETWORKS)}; for another network, call "
        "mnist_helpers.app.exporting.write_model from Python"
    )


def about_own_model(name: str, model: nn.Module, history: History, data: MnistData) -> About:
    """What there is to say of a learner's model, measured on the test images at hand."""
    split = Split(flatten(normalise(data.test_images)), data.test_labels.long())
    return About(
        title=f"Your {name}, {count_parameters(model):,} parameters",
        data="not noted in the checkpoint",
        recipe=f"{history.num_epochs} epochs",
        test_data="MNIST" if data.source.is_mnist else str(data.source),
        test_images=len(split),
        accuracy=evaluate(model, split).accuracy,
    )
