"""The training loop. Read it from below: `train_one_epoch`, then `epochs`, then `train` around them."""

import copy
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

from mnist_helpers.checks import check_kind, check_labels, check_number, check_values
from mnist_helpers.devices import cpu_threads, flushed_denormals, memory_or, on_device, seeded, threads_for
from mnist_helpers.history import History, TrainingDivergedError
from mnist_helpers.model import check_logits, forward_in_batches
from mnist_helpers.preprocessing import Split, Splits

Augment = Callable[[Tensor, torch.Generator], Tensor]
LossOf = Callable[..., Tensor]  # of a model and a batch
FUSED_ADAM = partial(torch.optim.Adam, fused=True)  # the same steps, in one call for all weights: faster


@dataclass(frozen=True)
class Extras:
    """What goes beyond the recipe, `train(model, splits, extras=Extras(patience=3))`; see also `recipes`.

    optimizer : called with the parameters and lr: `partial(torch.optim.AdamW, weight_decay=0.1)`.
    schedule : called with the optimizer and total_steps, stepped after every batch: `recipes.warm_up`.
    augment : called with the images of a batch and a generator: `recipes.RandomAffine()`.
    penalty : called with the model, and added to every batch's loss: `recipes.L1(1e-5)`.
    patience : stop once the validation loss has not fallen for so many epochs; the model then keeps the
        weights of its best epoch (early stopping). num_classes : of labels; 11 with "none of these".
    """

    optimizer: Callable[..., torch.optim.Optimizer] = FUSED_ADAM
    schedule: Callable[..., LRScheduler] | None = None
    augment: Augment | None = None
    penalty: Callable[[nn.Module], Tensor] | None = None
    patience: int | None = None
    num_classes: int = 10


def train(
    model: nn.Module, splits: Splits, *, num_epochs: int = 10, batch_size: int = 32,
    learning_rate: float = 1e-3, seed: int = 0, device: str | torch.device = "auto",
    progress: bool | Callable[[History], object] = True, extras: Extras = Extras(),
) -> History:  # fmt: skip
    """Train `model` in place with cross-entropy, by default with Adam; measure it after every epoch.

    All images stay in memory, and every batch is picked from them by index. The test set is never
    looked at. Interrupting (Ctrl-C, or the stop button in Jupyter) ends the training early and returns the
    history of the finished epochs, marked as `interrupted`; the model keeps what it has learnt.

    Parameters
    ----------
    model : maps float32 images of shape (n, 784), or whatever shape the splits have, to logits (n, 10).
    splits : training and validation images, as `preprocess` gives them.
    num_epochs, batch_size, learning_rate : the recipe, each above zero; `extras` : what goes beyond it.
    seed : of the shuffling, the augmentation and dropout. Equal seeds and equal initial weights give
        equal results on one machine with one version of torch, not beyond.
    device : "auto" takes cuda if there is one, else mps, else cpu. Afterwards the model is where it was.
    progress : whether to show a bar and a line per epoch on standard output; or a function that is called
        with the history so far after every epoch instead (`plotting.live_history`).

    Raises
    ------
    TypeError, ValueError, MemoryError
        Settings, splits or shapes that are wrong, a model that does not fit them, too little memory.
    TrainingDivergedError
        The loss became NaN or infinite; the model is as it was after the last epoch that went well.
    """
    check_kind(model, nn.Module, "model", "MLP() is one")
    check_kind(splits, Splits, "splits", "preprocess(data) gives it, and notebook 4 has the loop for others")
    check_kind(extras, Extras, "extras", "Extras(patience=3) is one")
    patience = extras.patience
    check_number(whole=True, num_epochs=num_epochs, batch_size=batch_size)
    check_number(whole=True, patience=1 if patience is None else patience)
    check_number(learning_rate=learning_rate)
    check_number(seed=seed, whole=True, above=-1, below=2**32)
    num_epochs, batch_size, seed = int(num_epochs), int(batch_size), int(seed)  # torch does not take NumPy's
    for name, split in (("train", splits.train), ("val", splits.val)):
        check_values(split.images, f"{name} images")
        check_labels(split.labels, len(split.images), f"{name} labels", extras.num_classes)
    if splits.val.images.shape[1:] != splits.train.images.shape[1:]:
        shapes = [tuple(split.images.shape) for split in (splits.val, splits.train)]
        raise ValueError(f"val images of shape {shapes[0]} do not go with train images of shape {shapes[1]}")
    num_steps = num_epochs * len(batch_sizes(len(splits.train), batch_size))
    bar = tqdm(total=num_steps, unit="step", file=sys.stdout, leave=False, disable=progress is not True)
    less_memory = f"try batch_size={max(1, batch_size // 2)} or a smaller model, and close other notebooks"
    with on_device(model, device) as target, bar, seeded(seed, target), memory_or(less_memory):
        there = replace(splits, train=splits.train.to(target), val=splits.val.to(target))
        first = there.train.images[:batch_size]
        check_logits(forward_in_batches(model, first), len(first), 1 + int(there.train.labels.max()))
        optimizer = extras.optimizer(model.parameters(), lr=float(learning_rate))
        if penalty := extras.penalty:  # its slopes join those of the loss before every step
            optimizer.register_step_pre_hook(lambda *_: penalty(model).backward())
        if extras.schedule:
            scheduler = extras.schedule(optimizer, total_steps=num_steps)
            optimizer.register_step_post_hook(lambda *_: scheduler.step())
        optimizer.register_step_post_hook(lambda *_: bar.update())
        generator = torch.Generator().manual_seed(seed)
        loop = epochs(model, there, optimizer, num_epochs, batch_size, generator, extras.augment)
        good = History()  # of the epochs that went well
        weights = best_weights = copy.deepcopy(model.state_dict())
        try:
            for history in loop:
                if not (math.isfinite(history.train_loss[-1]) and math.isfinite(history.val_loss[-1])):
                    model.load_state_dict(weights)
                    raise TrainingDivergedError(
                        f"the loss is no longer a number in epoch {history.num_epochs}; "
                        f"try a learning_rate below {learning_rate:g}",
                        replace(good, step_loss=history.step_loss, seconds=history.seconds),
                    )
                good, weights = history, copy.deepcopy(model.state_dict())
                if good.best_epoch == good.num_epochs:
                    best_weights = weights
                if callable(progress):
                    progress(good)
                elif progress:
                    bar.write(good.epoch_line(num_epochs), file=sys.stdout)
                if patience and good.num_epochs - good.best_epoch >= patience:
                    break
        except KeyboardInterrupt:
            good = replace(good, interrupted=True)
            kept = f"the model and the history of {good.num_epochs} finished epochs are kept"
            bar.write(f"Interrupted: {kept}.", file=sys.stdout)
        if patience:
            model.load_state_dict(best_weights)
    return good


def epochs(
    model: nn.Module, splits: Splits, optimizer: torch.optim.Optimizer, num_epochs: int, batch_size: int,
    generator: torch.Generator, augment: Augment | None = None,
) -> Iterator[History]:  # fmt: skip
    """Train `model` in place, and hand out the history so far after every epoch: the loop, and no policy.

    The `for` loop that you write around it decides when to stop, and what to print, draw or save. Model and
    splits lie on one device; `generator` shuffles, and draws what `augment` needs.
    """
    threads = threads_for(model, splits.train.images[:batch_size])
    history, start = History(), time.perf_counter()
    for _ in range(num_epochs):
        with cpu_threads(threads), flushed_denormals():
            batches = shuffled_batches(splits.train, batch_size, generator, augment)
            step_loss = train_one_epoch(model, batches, optimizer)
        measured = (*loss_and_accuracy(model, splits.train), *loss_and_accuracy(model, splits.val))
        history = history.extended(measured, step_loss, time.perf_counter() - start)
        yield history


def shuffled_batches(
    split: Split, batch_size: int, generator: torch.Generator, augment: Augment | None = None
) -> Iterator[Split]:
    """Every image once, in random order, `batch_size` at a time."""
    order = torch.randperm(len(split), generator=generator).to(split.labels.device)
    for chosen in order.split(batch_sizes(len(split), batch_size)):
        images = split.images.index_select(0, chosen)  # images[chosen] gives the same and takes longer
        if augment is not None:
            images = augment(images, generator)
        yield Split(images, split.labels.index_select(0, chosen))


def batch_sizes(num_images: int, batch_size: int) -> list[int]:
    """Images in each batch of an epoch. One left over joins the batch before: batch norm needs company."""
    full, left = divmod(num_images, batch_size)
    sizes = [batch_size] * full + [left] * (left > 0)
    return [*sizes[:-2], batch_size + 1] if full and left == 1 else sizes


def mean_loss(model: nn.Module, batch: Split) -> Tensor:
    """Cross-entropy of the model's answers, the mean over the batch, in nats."""
    return F.cross_entropy(model(batch.images), batch.labels)


def train_one_epoch(
    model: nn.Module, batches: Iterable[Split], optimizer: torch.optim.Optimizer, loss_of: LossOf = mean_loss
) -> list[float]:
    """Take one gradient step per batch, and return the loss of each batch before its step."""
    model.train()
    losses = []
    for batch in batches:
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()


def loss_and_accuracy(model: nn.Module, split: Split) -> tuple[float, float]:
    """Mean cross-entropy and share of right answers over a split, all images weighted alike."""
    logits = forward_in_batches(model, split.images)
    labels = split.labels.to(logits.device)
    return F.cross_entropy(logits, labels).item(), (logits.argmax(dim=1) == labels).float().mean().item()
