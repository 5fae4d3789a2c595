"""Checkers of step 4: steps in a training, one step of the loop, a rate too large, early stopping."""

import copy
import math
import random

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_helpers.exercises.feedback import Hint, call, checker, number
from mnist_helpers.history import TrainingDivergedError
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Splits
from mnist_helpers.training import train

NUM_IMAGES, BATCH_SIZE, NUM_EPOCHS = 50_000, 64, 5
RATE = 0.1


@checker("How many batches make an epoch, the last and smaller one included?")
def check_steps(steps: object) -> str:
    """4.1: the steps of 5 epochs over 50,000 images in batches of 64."""
    steps = number(steps)
    whole, rest = divmod(NUM_IMAGES, BATCH_SIZE)
    right = (whole + bool(rest)) * NUM_EPOCHS
    mistakes = {
        whole * NUM_EPOCHS: Hint(
            "Does every image get its turn?",
            "You left out the smaller batch at the end of each epoch; it makes a step, too.",
        ),
        math.ceil(NUM_IMAGES * NUM_EPOCHS / BATCH_SIZE): Hint(
            "Very close. Where does a batch end?",
            "No batch reaches from one epoch into the next: round up within each epoch, then multiply.",
        ),
        NUM_IMAGES * NUM_EPOCHS // BATCH_SIZE: Hint(
            "Very close. Where does a batch end?",
            "Round up within each epoch: its last batch is smaller, but it is a step.",
        ),
        NUM_IMAGES * NUM_EPOCHS / BATCH_SIZE: Hint(
            "Half a step is no step.", "Round up within each epoch: the last batch is smaller, but it is one."
        ),
        whole: Hint("How many epochs?", "That is one epoch, without its last, smaller batch."),
        whole + bool(rest): Hint("How many epochs?", "That is a single epoch."),
        NUM_IMAGES * NUM_EPOCHS: Hint("One step per image?", "A step is taken per batch, not per image."),
    }
    if steps != right and steps in mistakes:
        raise mistakes[steps]
    if steps != right:
        raise Hint(
            "Begin with one epoch.",
            "Divide the images by the batch size, round up, and multiply by the number of epochs.",
        )
    return "Right. The last batch of each epoch holds just 16 images, but it is a step like the others."


@checker("Four lines: loss, zero_grad, backward, step.")
def check_train_step(train_step: object) -> str:
    """4.2: one step of the loop, tried on a fresh model that still carries old gradients."""
    model, images, labels = nn.Linear(6, 3), torch.randn(8, 6), torch.randint(0, 3, (8,))
    F.cross_entropy(model(torch.randn(8, 6)), labels).backward()  # left over from a step before
    start = copy.deepcopy(model)
    old = _flat([parameter.grad for parameter in model.parameters()])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    wanted_loss = F.cross_entropy(start(images), labels)
    new = _flat(torch.autograd.grad(wanted_loss, start.parameters()))
    loss = call(
        train_step, model, optimizer, images.clone(), labels.clone(),
        missing="It should take the step, and return the loss.",
    )  # fmt: skip
    move = (_flat(model.parameters()) - _flat(start.parameters())).detach()
    _check_move(move, old, new)
    _check_loss(loss, wanted_loss.item(), F.cross_entropy(model(images), labels).item())
    return "Right: the old slopes are forgotten, the model moved downhill, and you return the loss."


def _check_move(move: Tensor, old: Tensor, new: Tensor) -> None:
    """Raise the hint that fits how the parameters moved; `old` and `new` are gradients."""
    if torch.allclose(move, -RATE * new, atol=1e-6):
        return
    if not move.any():
        raise Hint(
            "The model did not move.",
            "The parameters are the same as before. Is there an optimizer.step(), are the gradients still "
            "there when it comes, and do you use the function's own model and optimizer?",
        )
    if torch.allclose(move, -RATE * (old + new), atol=1e-6):
        raise Hint(
            "The model moved, but not only by the slopes of this batch.",
            "Old gradients were still there, and backward() adds to them. Which line forgets them?",
        )
    if torch.allclose(move, -RATE * old, atol=1e-6):
        raise Hint(
            "The model moved, but by the slopes of an earlier batch.",
            "step() came before backward(): it used the old gradients. In which order do the lines stand?",
        )
    raise Hint(
        "The model moved, but elsewhere than one step takes it.",
        "One call should take one step, along the gradient of F.cross_entropy(model(images), labels). "
        "Is there a second step, or a softmax of your own?",
    )


def _check_loss(loss: object, wanted: float, after: float) -> None:
    try:
        loss = number(loss)
    except Hint:
        raise Hint(
            "The step is right. What should come back?", "Return the loss: one number, or a tensor with one."
        ) from None
    if math.isclose(loss, after, abs_tol=1e-5) and not math.isclose(wanted, after, abs_tol=1e-5):
        raise Hint(
            "The step is right. Which loss do you return?",
            "You return the loss after the step; the one that the gradients came from is wanted.",
        )
    if not math.isclose(loss, wanted, abs_tol=1e-5):
        raise Hint(
            "The step is right. Is that the loss?",
            f"You return {loss:.4f}, but the mean cross-entropy of the batch is {wanted:.4f}.",
        )


@checker("Try larger and larger learning rates, and watch the validation loss.")
def check_diverging_rate(learning_rate: object, splits: object) -> str:
    """4.3: a learning rate that leaves the model worse than one that knows nothing; tried out."""
    learning_rate = number(learning_rate)
    if not isinstance(splits, Splits):
        raise Hint("Which images?", "Hand over the learning rate and `subset`, in this order.")
    if not 0 < learning_rate < math.inf:
        raise Hint("A learning rate is positive.", "It must be a number above 0: a step needs a length.")
    model = MLP(generator=torch.Generator().manual_seed(0))
    try:
        history = train(model, splits, num_epochs=2, learning_rate=learning_rate, progress=False)
    except TrainingDivergedError:
        return "Right, and how: the loss is not even a number any more."
    loss, ignorance = history.val_loss[-1], math.log(10)
    if loss <= ignorance and learning_rate < 1e-3:
        raise Hint(
            "Too small a step learns little, but it harms nothing.",
            f"At {learning_rate:g} the loss still falls, to {loss:.3f}. Go the other way: larger.",
        )
    if loss <= ignorance:
        raise Hint(
            "Not yet worse than a model that knows nothing.",
            f"At {learning_rate:g} the validation loss ends at {loss:.3f}; above ln 10 = 2.303 is wanted. "
            "Multiply the rate by ten and look again.",
        )
    return "Right: after two epochs it is worse off than before the first step."


@checker("Go through the losses in order, and remember the lowest so far and when it was.")
def check_early_stop(stop_epoch: object) -> str:
    """4.4: the epoch at which early stopping stops, tried on fresh random losses."""
    lists = [
        ([0.5, 0.4, 0.3, 0.2], 2),
        ([0.5, 0.4, 0.45, 0.43, 0.3], 2),
        ([0.5, 0.4, 0.45, 0.42, 0.3, 0.2], 3),
    ]
    for _ in range(60):
        length = random.randint(4, 14)
        lists.append((random.sample([k / 100 for k in range(100)], length), random.randint(1, 4)))
    answers = []
    for losses, patience in lists:
        answer = call(stop_epoch, list(losses), patience, missing="It should return the number of an epoch.")
        answers.append(number(answer))
    for (losses, patience), answer in zip(lists, answers, strict=True):
        if answer != _stop(losses, patience):
            raise _stop_hint(lists, answers, losses, patience, answer)
    return "Right for sixty random trainings. Keep a checkpoint of the best epoch, and nothing is lost."


def _stop(losses: list[float], patience: int) -> int:
    best = 1
    for epoch, loss in enumerate(losses, 1):
        if loss < losses[best - 1]:
            best = epoch
        if epoch - best >= patience:
            return epoch
    return len(losses)


def _stop_hint(lists, answers, losses, patience, answer) -> Hint:
    """The hint for the kind of mistake that explains all answers, else for the first wrong one."""

    def explains(rule) -> bool:
        return all(rule(*case) == given for case, given in zip(lists, answers, strict=True))

    example = f"For the losses {losses} and patience {patience}"
    if explains(lambda losses, patience: _stop(losses, patience) - 1):
        return Hint("One off.", f"{example} you return {answer:g}. Epochs are counted from 1.")
    if explains(lambda losses, patience: _stop(losses, patience + 1)):
        return Hint(
            "It waits too long.",
            f"{example} it stops one epoch late: stop once the lowest is `patience` old.",
        )
    if explains(lambda losses, patience: 1 + losses.index(min(losses))):
        return Hint(
            "That is the best epoch. When would you have known?",
            "You return the epoch of the lowest loss of all. But training cannot see the future, "
            "and stops some epochs later.",
        )
    if explains(lambda losses, patience: len(losses)):
        return Hint("It never stops.", f"{example} the lowest loss gets old; you train to the very end.")
    if explains(_stop_after_rises):
        return Hint(
            "Lowest of all so far, or lower than the one before?",
            f"{example} you compare each loss with the one before; compare it with the lowest so far.",
        )
    return Hint(
        "Right for some losses, not for all.", f"{example} you return {answer:g}. Work it through on paper."
    )


def _stop_after_rises(losses: list[float], patience: int) -> int:
    """A common mistake: stop after `patience` epochs in a row that were worse than the one before."""
    rises = 0
    for epoch in range(2, len(losses) + 1):
        rises = rises + 1 if losses[epoch - 1] > losses[epoch - 2] else 0
        if rises >= patience:
            return epoch
    return len(losses)


def _flat(tensors) -> Tensor:
    return torch.cat([tensor.detach().flatten() for tensor in tensors])
