"""Save a trained model and its history, load them again, and train only when there is nothing to load."""

import hashlib
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from mnist_helpers.data import MnistData
from mnist_helpers.history import History
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Splits
from mnist_helpers.storage import CheckpointError, cache_dir, read_checkpoint, write_checkpoint
from mnist_helpers.training import train


def save_checkpoint(path: str | Path, model: nn.Module, history: History) -> Path:
    """Write weights, history and the network's layers, as text, to `path`: whole or not at all."""
    weights = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
    content: dict[str, object] = {"weights": weights, "history": asdict(history), "network": repr(model)}
    return write_checkpoint(Path(path), content)


def load_checkpoint(path: str | Path, model: nn.Module) -> History:
    """Load the weights in `path` into `model`, and return the history saved with them.

    Only tensors and plain values are read: a checkpoint from a stranger should not be able to run code.
    What `torch.save(model.state_dict(), path)` wrote is loaded, too; its history is empty.

    Raises
    ------
    CheckpointError
        The file is missing, damaged or no checkpoint, or does not fit the model, which stays as it was.
    """
    weights, history, _ = read_checkpoint(Path(path))
    if unknown := history.keys() - History.__dataclass_fields__.keys():
        raise CheckpointError(f"{path} is of another version of the course: it knows {unknown}")
    saved, own = ({name: tuple(w.shape) for name, w in of.items()} for of in (weights, model.state_dict()))
    if saved != own:  # all are compared first, or half of them would be loaded
        name = next(name for name in [*saved, *own] if saved.get(name) != own.get(name))
        shapes = f"its {name} has shape {saved.get(name)}, the model's {own.get(name)}"
        raise CheckpointError(f"{path} is of another model: {shapes}; build the model that was saved")
    model.load_state_dict(weights)
    return History(**history)


def course_checkpoint(data: MnistData, splits: Splits, seed: int = 0) -> Path:
    """Where the course keeps the model that learnt `splits.train` with `seed`, on this kind of processor."""
    key = hashlib.sha256(splits.train.labels.numpy().tobytes()).hexdigest()[:8]
    name = "mnist" if data.source.is_mnist else "embedded"
    processor = torch.backends.cpu.get_cpu_capability().replace(" ", "")  # another one has other last digits
    file = f"mlp-{name}-{key}-seed{seed}-torch{torch.__version__}-{processor}.pt"
    return cache_dir() / "checkpoints" / file


def load_or_train(data: MnistData, splits: Splits, seed: int = 0) -> tuple[MLP, History]:
    """The course's MLP, trained by its recipe: from the cache, or on the spot with a progress bar.

    `seed` is that of the initial weights, and of `train`.
    """
    path = course_checkpoint(data, splits, seed)
    model = MLP(generator=torch.Generator().manual_seed(int(seed)))
    try:
        if (history := load_checkpoint(path, model)).num_epochs:  # weights alone have no curves to show
            return model, history
        state = "The model in the cache has no history"
    except CheckpointError:
        state = "The model in the cache is damaged" if path.exists() else "No trained model in the cache yet"
    print(f"{state}: training one now, as in notebook 4.")
    model = MLP(generator=torch.Generator().manual_seed(int(seed)))
    history = train(model, splits, seed=seed)
    try:
        if not history.interrupted:
            save_checkpoint(path, model, history)
    except OSError as error:
        print(f"The model could not be kept in {path.parent} ({error.strerror}); it will be trained again.")
    return model, history
