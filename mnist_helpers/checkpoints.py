"""Save a trained model and its history, load them again, and train only when there is nothing to load."""

import hashlib
import zipfile
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from mnist_helpers.data import MnistData, cache_dir
from mnist_helpers.history import History
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Splits
from mnist_helpers.storage import whole_file
from mnist_helpers.training import train


class CheckpointError(ValueError):
    """A checkpoint file is missing, damaged, or of another model."""


def save_checkpoint(path: str | Path, model: nn.Module, history: History) -> Path:
    """Write weights, history and the network's layers, as text, to `path`: whole or not at all."""
    weights = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
    with whole_file(Path(path)) as partial:
        torch.save({"weights": weights, "history": asdict(history), "network": repr(model)}, partial)
    return Path(path)


def load_checkpoint(path: str | Path, model: nn.Module) -> History:
    """Load the weights in `path` into `model`, and return the history saved with them.

    Only tensors and plain values are read (`weights_only=True`), so a checkpoint from a stranger
    should not be able to run code.

    Raises
    ------
    CheckpointError
        The file is missing or damaged, or its weights do not fit the model.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint {path.name} in {path.parent}")
    try:
        with zipfile.ZipFile(path) as archive:  # which every checkpoint is; torch skips its checksums
            if altered := archive.testzip():
                raise CheckpointError(f"{altered} in it was altered")
        content = torch.load(path, map_location="cpu", weights_only=True)
        history = History(**content["history"])
        if _shapes(content["weights"]) != _shapes(model.state_dict()):  # or half of them would be loaded
            raise CheckpointError("its weights have other names or shapes")
        model.load_state_dict(content["weights"])
        return history
    except Exception as error:  # what is damaged can fail in any way
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise CheckpointError(
            f"{path.name} in {path.parent} is damaged or of another model ({reason}); "
            "delete it and train again"
        ) from None


def _shapes(weights: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in weights.items()}


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
    model = MLP(generator=torch.Generator().manual_seed(seed))
    try:
        return model, load_checkpoint(path, model)
    except CheckpointError:
        state = "The model in the cache is damaged" if path.exists() else "No trained model in the cache yet"
        print(f"{state}: training one now, as in notebook 4.")
    history = train(model, splits, seed=seed)
    if not history.interrupted:
        save_checkpoint(path, model, history)
    return model, history
