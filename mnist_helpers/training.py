"""The training loop of the course."""

import copy
import math
import sys
import time
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

from mnist_helpers.checks import check_labels, check_positive, check_values, check_whole
from mnist_helpers.devices import cpu_threads, flushed_denormals, pick_device, seeded, threads_for
from mnist_helpers.history import History, TrainingDivergedError
from mnist_helpers.model import forward_in_batches
from mnist_helpers.preprocessing import Split, Splits

Augment = Callable[[Tensor, torch.Generator], Tensor]
Penalty = Callable[[nn.Module], Tensor]

FUSED_ADAM = partial(torch.optim.Adam, fused=True)


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
    optimizer: Callable[..., torch.optim.Optimizer] = FUSED_ADAM,
    schedule: Callable[..., LRScheduler] | None = None,
    augment: Augment | None = None,
    penalty: Penalty | None = None,
    patience: int | None = None,
) -> History:
    """Train `model` in place with cross-entropy, by default with Adam; measure it after every epoch.

    All images stay in memory, and every batch is picked from them by index. The test set is never
    looked at. Interrupting (Ctrl-C, or the stop button in Jupyter) ends the training early and
    returns the history of the finished epochs; the model keeps what it has learnt.

    Parameters
    ----------
    model : maps float32 images of shape (n, 784), or whatever shape the splits have, to logits (n, 10).
    splits : training and validation images, as `preprocess` gives them.
    num_epochs, batch_size, learning_rate : the recipe, each above zero.
    seed : of the shuffling, the augmentation and dropout. Equal seeds and equal initial weights give
        equal results on one machine with one version of torch, not beyond.
    device : "auto" takes cuda if there is one, else mps, else cpu.
    progress : whether to show a bar and a line per epoch on standard output.
    optimizer : called as `optimizer(parameters, lr=learning_rate)`: a class of `torch.optim`, or
        `functools.partial(torch.optim.AdamW, weight_decay=0.01)`.
    schedule : called as `schedule(optimizer, total_steps=steps)`, and stepped after every batch:
        `functools.partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=0.01)`.
    augment : called as `augment(images, generator)` on every batch:
        `mnist_helpers.recipes.augmentation.RandomAffine()`.
    penalty : called as `penalty(model)`, and added to every batch's loss:
        `mnist_helpers.recipes.penalties.L1(1e-5)`.
    patience : stop once the validation loss has not fallen for so many epochs; the model then keeps the
        weights of its best epoch (early stopping).

    Raises
    ------
    TypeError, ValueError
        Settings out of range, or splits with wrong dtypes or values, or shapes the model does not take.
    TrainingDivergedError
        The loss became NaN or infinite; the model is as it was after the last epoch that went well.
    """
    check_whole(num_epochs=num_epochs, batch_size=batch_size, patience=1 if patience is None else patience)
    check_positive(learning_rate=learning_rate)
    for name, split in (("train", splits.train), ("val", splits.val)):
        check_values(split.images, f"{name} images")
        check_labels(split.labels, len(split.images), f"{name} labels")
    if splits.val.images.shape[1:] != splits.train.images.shape[1:]:
        shapes = [tuple(split.images.shape) for split in (splits.val, splits.train)]
        raise ValueError(f"val images of shape {shapes[0]} do not go with train images of shape {shapes[1]}")
    target = pick_device(device)
    model.to(target)
    train_split, val_split = (
        Split(split.images.to(target), split.labels.to(target, torch.int64))
        for split in (splits.train, splits.val)
    )
    threads = threads_for(model, train_split.images[:batch_size])
    num_steps = num_epochs * -(-len(train_split) // batch_size)
    stepper = optimizer(model.parameters(), lr=learning_rate)
    scheduler = schedule(stepper, total_steps=num_steps) if schedule else None
    generator = torch.Generator().manual_seed(seed)
    history, start = History(), time.perf_counter()
    sound_weights = best_weights = copy.deepcopy(model.state_dict())
    bar = tqdm(total=num_steps, unit="step", file=sys.stdout, leave=False, disable=not progress)
    with bar, seeded(seed, target):
        try:
            for epoch in range(1, num_epochs + 1):
                with cpu_threads(threads), flushed_denormals():
                    step_loss = train_one_epoch(
                        model, train_split, stepper, batch_size, generator, augment, penalty, scheduler, bar
                    )
                measured = (*loss_and_accuracy(model, train_split), *loss_and_accuracy(model, val_split))
                if not all(map(math.isfinite, measured)):
                    model.load_state_dict(sound_weights)
                    raise TrainingDivergedError(
                        f"the loss is no longer a number in epoch {epoch}; "
                        f"try a learning_rate below {learning_rate:g}",
                        history.extended((), step_loss, time.perf_counter() - start),
                    )
                history = history.extended(measured, step_loss, time.perf_counter() - start)
                sound_weights = copy.deepcopy(model.state_dict())
                if history.best_epoch == epoch:
                    best_weights = sound_weights
                if progress:
                    bar.write(history.epoch_line(num_epochs), file=sys.stdout)
                if patience and epoch - history.best_epoch >= patience:
                    break
        except KeyboardInterrupt:
            bar.write(
                f"Interrupted: the model and the history of {history.num_epochs} finished epochs are kept.",
                file=sys.stdout,
            )
    if patience:
        model.load_state_dict(best_weights)
    return history


def train_one_epoch(
    model: nn.Module,
    split: Split,
    optimizer: torch.optim.Optimizer,
    batch_size: int,
    generator: torch.Generator,
    augment: Augment | None = None,
    penalty: Penalty | None = None,
    scheduler: LRScheduler | None = None,
    bar: tqdm | None = None,
    share: tuple[int, int] = (0, 1),
) -> list[float]:
    """Show every image once, in shuffled batches; take one gradient step per batch; return their losses.

    Several processes divide a batch between them: with share = (rank, ranks) this one takes every image
    whose place in the batch, divided by `ranks`, leaves `rank`. The mean of all shares' losses, and of their
    gradients, is that of the whole batch, also where the shares are not equally large.
    """
    rank, ranks = share
    model.train()
    losses = []
    order = torch.randperm(len(split), generator=generator).to(split.labels.device)
    for batch in order.split(batch_size):
        whole, batch = len(batch), batch[rank::ranks]
        images = split.images.index_select(0, batch)  # images[batch] gives the same and takes longer
        if augment is not None:
            images = augment(images, generator)
        logits, labels = model(images), split.labels.index_select(0, batch)
        if len(batch) * ranks == whole:
            loss = F.cross_entropy(logits, labels)
        else:
            loss = F.cross_entropy(logits, labels, reduction="sum") * ranks / whole
        losses.append(loss.detach())
        if penalty is not None:
            loss = loss + penalty(model)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        if bar is not None:
            bar.update()
    return torch.stack(losses).tolist()


def loss_and_accuracy(model: nn.Module, split: Split) -> tuple[float, float]:
    """Mean cross-entropy and share of right answers over a split, all images weighted alike."""
    logits = forward_in_batches(model, split.images)
    labels = split.labels.to(logits.device)
    loss = F.cross_entropy(logits, labels)
    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()
