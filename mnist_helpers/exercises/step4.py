"""Checkers of step 4: steps in a training, one step of the loop, a rate too large, early stopping."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_helpers.exercises.answers import Hint, number
from mnist_helpers.exercises.feedback import call, checker, expect, expect_rule
from mnist_helpers.history import TrainingDivergedError
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Splits
from mnist_helpers.training import train

RATE = 0.1


@checker("Write the factors of the links one behind the other, from the loss back to w.")
def check_chain_rule(slope_of_w: object) -> str:
    """4.1: the slope of (1 − p)² along w by the chain rule, where p = sigmoid(w x + b)."""
    cases = [(-1.0, 1.0, 2.0), (0.5, -0.3, 1.5), (2.0, -1.0, -0.7), (-0.4, 0.2, 3.0)]

    def parts(w: float, b: float, x: float) -> tuple[float, float, float]:
        p = 1 / (1 + math.exp(-(w * x + b)))
        return -2 * (1 - p), p * (1 - p), x  # the slopes of loss, p and z

    def right(*case: float) -> float:
        return math.prod(parts(*case))

    expect_rule(slope_of_w, cases, right, [
        (lambda *case: -right(*case), "Which way does this loss fall?",
         "The sign is wrong: where p rises, (1 − p)² falls."),
        (lambda *case: right(*case) / 2, "Look at the first link again.", "You lost a factor of 2."),
        (lambda *case: right(*case) / case[2], "This is the slope along b. What is different along w?",
         "How much does z change if w rises a little? Multiply by that, too."),
        (lambda *case: math.prod(parts(*case)[::2]), "A link is missing.",
         "You go from the loss to p, and from z to w; what lies between p and z?"),
        (lambda *case: math.prod(parts(*case)[:2]) * case[0], "The last link: along which of its two?",
         "z = w · x + b, and w changes: its slope along w is x, not w."),
        (lambda *case: sum(parts(*case)), "What does a chain do with the slopes of its links?",
         "You add the slopes of the links; multiply them."),
        (lambda w, b, x: -(1 - 1 / (1 + math.exp(-(w * x + b)))) * x,
         "This is the slope of −ln p. What is the loss here?",
         "The loss is (1 − p)² here, so its first link is another one: −2 · (1 − p)."),
    ], ("Not yet the slope. Nudge w a little, and compare.",
        "For w = {0}, b = {1} and x = {2} you return {answer:.4f}. Nudge w by 0.001, "
        "and look how much (1 − p)² changes."), missing="It should return the slope along w.",
        rtol=1e-3, atol=1e-5)  # fmt: skip
    return "Right: three links, three slopes, multiplied. Backpropagation does nothing else."


@checker("How many batches make an epoch, the last and smaller one included?")
def check_steps(steps: object) -> str:
    """4.2: the steps of 5 epochs over 50,000 images in batches of 64."""
    images, size, epochs = 50_000, 64, 5
    close = "Very close. Where does a batch end?"
    expect(steps, math.ceil(images / size) * epochs, [
        (images // size * epochs, "Does every image get its turn?",
         "You left out the smaller batch at the end of each epoch; it makes a step, too."),
        (math.ceil(images * epochs / size), close,
         "No batch reaches from one epoch into the next: round up within each epoch, then multiply."),
        (images * epochs // size, close, "Round up within each epoch: its last batch is smaller."),
        (images * epochs / size, "Half a step is no step. What becomes of the last images of an epoch?",
         "Round up within each epoch: the last batch is smaller, but it is one."),
        (images // size, "How many epochs?", "That is one epoch, without its last, smaller batch."),
        (math.ceil(images / size), "How many epochs?", "That is a single epoch."),
        (images * epochs, "One step per image?", "A step is taken per batch, not per image."),
    ], ("Begin with one epoch.",
        "Divide the images by the batch size, round up, and multiply by the number of epochs."))  # fmt: skip
    return "Right. The last batch of each epoch holds just 16 images, but it is a step like the others."


@checker("Four lines: loss, zero_grad, backward, step.")
def check_train_step(train_step: object) -> str:
    """4.3: one step of the loop, tried on a fresh model that still carries old gradients."""
    model, images, labels = nn.Linear(6, 3), torch.randn(8, 6), torch.randint(0, 3, (8,))
    F.cross_entropy(model(torch.randn(8, 6)), labels).backward()  # left over from a step before
    start = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    wanted_loss = F.cross_entropy(start(images), labels)
    old = _flat(parameter.grad for parameter in model.parameters())
    new = _flat(torch.autograd.grad(wanted_loss, list(start.parameters())))
    loss = call(train_step, model, optimizer, images.clone(), labels.clone(),
                missing="It should take the step, and return the loss.")  # fmt: skip
    expect(_flat(model.parameters()) - _flat(start.parameters()), -RATE * new, [
        (0 * new, "The model did not move. Which line moves it?",
         "The parameters are the same as before. Is there an optimizer.step(), are the gradients still "
         "there when it comes, and do you use the function's own model and optimizer?"),
        (-RATE * (old + new),
         "The model moved, but not only by the slopes of this batch. Which others are still there?",
         "Old gradients were still there, and backward() adds to them. Which line forgets them?"),
        (-RATE * old, "The model moved, but by the slopes of an earlier batch. When are this one's found?",
         "step() came before backward(): it used the old gradients. In which order do the lines stand?"),
    ], ("The model moved, but elsewhere than one step takes it. Which loss, how many steps?",
        "One call should take one step, along the gradient of F.cross_entropy(model(images), labels). "
        "Is there a second step, or a softmax of your own?"))  # fmt: skip
    try:
        loss = number(loss)
    except Hint:
        raise Hint("The step is right. What should come back?",
                   "Return the loss: one number, or a tensor with one.") from None  # fmt: skip
    expect(loss, wanted_loss.item(), [
        (F.cross_entropy(model(images), labels).item(), "The step is right. Which loss do you return?",
         "You return the loss after the step; the one that the gradients came from is wanted."),
    ], ("The step is right. Is that the loss?",
        "You return {answer:.4f}, but the mean cross-entropy of the batch is {wanted:.4f}."))  # fmt: skip
    return "Right: the old slopes are forgotten, the model moved downhill, and you return the loss."


@checker("Try larger and larger learning rates, and watch the validation loss.")
def check_diverging_rate(learning_rate: object, splits: object) -> str:
    """4.5: a learning rate that leaves the model worse than one that knows nothing; tried out."""
    learning_rate = number(learning_rate)
    if not isinstance(splits, Splits):
        raise Hint("Which images?", "Hand over the learning rate and `subset`, in this order.")
    if not 0 < learning_rate < math.inf:
        raise Hint("A learning rate is positive.", "It must be a number above 0: a step needs a length.")
    model = MLP(generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        untrained = F.cross_entropy(model(splits.val.images), splits.val.labels).item()
    try:
        history = train(model, splits, num_epochs=2, learning_rate=learning_rate, progress=False).completed()
    except TrainingDivergedError:
        return "Right, and how: the loss is not even a number any more."
    loss = history.val_loss[-1]
    if loss > max(untrained + 1e-3, math.log(10)):
        return "Right: after two epochs it is worse off than before the first step."
    if learning_rate < 1e-3:
        raise Hint(
            "Too small a step learns little, but it harms nothing.",
            f"At {learning_rate:g} it goes from {untrained:.3f} to {loss:.3f}. Go the other way: larger.",
        )
    raise Hint("Not yet worse than a model that knows nothing.",
               f"At {learning_rate:g} the validation loss ends at {loss:.3f}; above ln 10 = 2.303 is wanted. "
               "Multiply the rate by ten and look again.")  # fmt: skip


@checker("Go through the losses in order, and remember the lowest so far and when it was.")
def check_early_stop(stop_epoch: object) -> str:
    """4.4: the epoch at which early stopping stops, tried on random losses."""
    cases = [
        ([0.5, 0.4, 0.3, 0.2], 2),
        ([0.5, 0.4, 0.45, 0.43, 0.3], 2),
        ([0.5, 0.4, 0.45, 0.42, 0.3, 0.2], 3),
    ]
    for _ in range(60):
        losses = (torch.randperm(100)[: torch.randint(4, 15, ())] / 100).tolist()
        cases.append((losses, int(torch.randint(1, 5, ()))))
    example = "For the losses {0} and patience {1}"
    expect_rule(stop_epoch, cases, _stop, [
        (lambda losses, patience: _stop(losses, patience) - 1,
         "One off. From which number are epochs counted?",
         f"{example} you return {{answer:g}}. Epochs are counted from 1."),
        (lambda losses, patience: _stop(losses, patience + 1),
         "It waits too long. How old may the lowest loss get?",
         f"{example} it stops one epoch late: stop once the lowest is `patience` old."),
        (lambda losses, patience: 1 + losses.index(min(losses)),
         "That is the best epoch. When would you have known?",
         "You return the epoch of the lowest loss of all. But training cannot see the future, "
         "and stops some epochs later."),
        (lambda losses, patience: len(losses), "It never stops. How old is the lowest loss by then?",
         f"{example} the lowest loss gets old; you train to the very end."),
        (_stop_after_rises, "Lowest of all so far, or lower than the one before?",
         f"{example} you compare each loss with the one before; compare it with the lowest so far."),
    ], ("Right for some losses, not for all.",
        f"{example} you return {{answer:g}}. Work it through on paper."),
        missing="It should return the number of an epoch.")  # fmt: skip
    return "Right for sixty random trainings. Keep a checkpoint of the best epoch, and nothing is lost."


def _stop(losses: list[float], patience: int) -> int:
    for epoch in range(1, len(losses)):
        best = 1 + losses.index(min(losses[:epoch]))
        if epoch - best >= patience:
            return epoch
    return len(losses)


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
