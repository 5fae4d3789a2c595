"""The state of a training under way: kept after every epoch, and taken up again by the same training."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from mnist_helpers.checkpoints import CheckpointError, load_checkpoint
from mnist_helpers.history import History
from mnist_helpers.storage import whole_file

Settings = Mapping[str, object]


def save_state(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, history: History, settings: Settings
) -> None:
    """Write everything that the next epoch needs to `path`: whole or not at all.

    `load_checkpoint` reads it, too, for whom the weights and the history are enough.
    """
    content = {"weights": model.state_dict(), "history": asdict(history)}
    with whole_file(path) as partial:
        torch.save({**content, "optimizer": optimizer.state_dict(), "settings": dict(settings)}, partial)


def load_state(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, settings: Settings, num_epochs: int
) -> History:
    """Put the state in `path` into model and optimizer; returns the history, an empty one without a file.

    Half-written files that a killed process left beside it are removed.

    Raises
    ------
    CheckpointError
        The file is damaged, or it is not of this training: other settings, another model, or more than
        `num_epochs` epochs.
    """
    for left_over in path.parent.glob(f"{path.name}.*.part"):
        left_over.unlink()
    if not path.is_file():
        return History()
    history = load_checkpoint(path, model)
    content = torch.load(path, map_location="cpu", weights_only=True)
    stored = content.get("settings", {})
    differences = [
        f"{name} {stored.get(name)}, not {value}"
        for name, value in settings.items()
        if stored.get(name) != value
    ]
    if history.num_epochs > num_epochs:
        differences.append(f"{history.num_epochs} epochs, not {num_epochs}")
    if differences:
        raise CheckpointError(
            f"{path.name} in {path.parent} is of another training ({'; '.join(differences)}); "
            "delete it, or name another file"
        )
    optimizer.load_state_dict(content["optimizer"])
    return history
