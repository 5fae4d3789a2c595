"""The training loop of the course, and the history it leaves behind."""

import copy
import math
import sys
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from mnist_helpers.checks import check_inputs, check_labels, check_positive, check_whole
from mnist_helpers.devices import SMALL_STEP_FLOPS, cpu_threads, flushed_denormals, pick_device
from mnist_helpers.model import forward_in_batches
from mnist_helpers.preprocessing import Split, Splits


@dataclass(frozen=True)
class History:
    """Mean loss (nats) and accuracy (share) on all images of a split after each epoch, and the time."""

    train_loss: tuple[float, ...] = ()
    train_accuracy: tuple[float, ...] = ()
    val_loss: tuple[float, ...] = ()
    val_accuracy: tuple[float, ...] = ()
    seconds: float = 0.0

    @property
    def num_epochs(self) -> int:
        return len(self.train_loss)


class TrainingDivergedError(ArithmeticError):
    """The loss is no longer a number; `history` holds the epochs that went well."""

    def __init__(self, message: str, history: History):
        super().__init__(message)
        self.history = history


def train(
    model: nn.Module,
    splits: Splits,
    *,
    num_epochs: int = 10,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    seed: int = 0,
    device: str = "auto",
    progress: bool = True,
) -> History:
    """Train `model` in place with Adam and cross-entropy; measure it after every epoch.

    All images stay in memory, and every batch is picked from them by index. The test set is never
    looked at. Interrupting (Ctrl-C, or the stop button in Jupyter) ends the training early and
    returns the history of the finished epochs; the model keeps what it has learnt.

    Parameters
    ----------
    model : maps float32 images of shape (n, 784) to logits of shape (n, 10).
    splits : training and validation images, as `preprocess` gives them.
    num_epochs, batch_size, learning_rate : the recipe, each above zero.
    seed : of the shuffling. Equal seeds and equal initial weights give equal results on one machine
        with one version of torch, not beyond.
    device : "auto" takes cuda if there is one, else mps, else cpu.
    progress : whether to show a bar and a line per epoch on standard output.

    Raises
    ------
    TypeError, ValueError
        Settings out of range, or splits with wrong shapes, dtypes or values.
    TrainingDivergedError
        The loss became NaN or infinite; the model is as it was after the last epoch that went well.
    """
    check_whole(num_epochs=num_epochs, batch_size=batch_size)
    check_positive(learning_rate=learning_rate)
    for name, split in (("train", splits.train), ("val", splits.val)):
        check_inputs(split.images, f"{name} images")
        check_labels(split.labels, len(split.images), f"{name} labels")
    target = pick_device(device)
    model.to(target)
    train_split, val_split = (
        Split(split.images.to(target), split.labels.to(target, torch.int64))
        for split in (splits.train, splits.val)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    epochs: list[tuple[float, ...]] = []
    sound_weights = copy.deepcopy(model.state_dict())
    start = time.perf_counter()
    threads = threads_for(model, train_split.images[:batch_size])
    steps = -(-len(train_split) // batch_size)
    bar = tqdm(total=num_epochs * steps, unit="step", file=sys.stdout, leave=False, disable=not progress)
    with bar:
        try:
            for epoch in range(1, num_epochs + 1):
                with cpu_threads(threads), flushed_denormals():
                    train_one_epoch(model, train_split, optimizer, batch_size, generator, bar)
                values = (*loss_and_accuracy(model, train_split), *loss_and_accuracy(model, val_split))
                if not all(map(math.isfinite, values)):
                    model.load_state_dict(sound_weights)
                    raise TrainingDivergedError(
                        f"the loss is no longer a number in epoch {epoch}; "
                        f"try a learning_rate below {learning_rate:g}",
                        _history(epochs, start),
                    )
                sound_weights = copy.deepcopy(model.state_dict())
                epochs.append(values)
                if progress:
                    bar.write(_epoch_line(epoch, num_epochs, values), file=sys.stdout)
        except KeyboardInterrupt:
            bar.write(
                f"Interrupted: the model and the history of {len(epochs)} finished epochs are kept.",
                file=sys.stdout,
            )
    return _history(epochs, start)


def train_one_epoch(
    model: nn.Module,
    split: Split,
    optimizer: torch.optim.Optimizer,
    batch_size: int,
    generator: torch.Generator,
    bar: tqdm,
) -> None:
    """Show every image once, in shuffled batches, and take one gradient step per batch."""
    model.train()
    order = torch.randperm(len(split), generator=generator).to(split.labels.device)
    for batch in order.split(batch_size):
        images = split.images.index_select(0, batch)  # images[batch] gives the same and takes longer
        loss = F.cross_entropy(model(images), split.labels.index_select(0, batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        bar.update()


def loss_and_accuracy(model: nn.Module, split: Split) -> tuple[float, float]:
    """Mean cross-entropy and share of right answers over a split, all images weighted alike."""
    logits = forward_in_batches(model, split.images)
    labels = split.labels.to(logits.device)
    loss = F.cross_entropy(logits, labels)
    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()


def threads_for(model: nn.Module, batch: Tensor) -> int:
    """One thread if a training step on `batch` is small work, else as many as torch uses now."""
    with FlopCounterMode(display=False) as counter:
        forward_in_batches(model, batch)
    step_flops = 3 * counter.get_total_flops()  # backward costs about twice the forward pass
    return 1 if step_flops < SMALL_STEP_FLOPS else torch.get_num_threads()


def _epoch_line(epoch: int, num_epochs: int, values: tuple[float, ...]) -> str:
    train_loss, train_accuracy, val_loss, val_accuracy = values
    return (
        f"epoch {epoch:2d}/{num_epochs}   "
        f"training: loss {train_loss:.4f}, accuracy {train_accuracy:7.2%}   "
        f"validation: loss {val_loss:.4f}, accuracy {val_accuracy:7.2%}"
    )


def _history(epochs: list[tuple[float, ...]], start: float) -> History:
    return History(*zip(*epochs, strict=True), seconds=time.perf_counter() - start)
