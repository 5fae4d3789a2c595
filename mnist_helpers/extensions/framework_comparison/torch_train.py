"""PyTorch, through the course's package: `mnist_helpers.train` has the loop."""

import torch

from mnist_helpers.model import MLP, forward_in_batches
from mnist_helpers.preprocessing import Split, Splits
from mnist_helpers.training import train


def build(task):
    model = MLP()
    load(model, task.weights)
    return model


def load(model, weights):
    with torch.no_grad():
        for layer, (kernel, bias) in zip(model.children(), weights, strict=True):
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.copy_(torch.from_numpy(bias))


def fit(model, task):
    parts = [Split(*map(torch.from_numpy, part)) for part in (task.train, task.val, task.test)]
    history = train(
        model, Splits(*parts), num_epochs=task.num_epochs, batch_size=task.batch_size,
        learning_rate=task.learning_rate, seed=task.seed, device="cpu", progress=False,
    ).completed()  # fmt: skip
    yield from zip(
        history.train_loss, history.train_accuracy, history.val_loss, history.val_accuracy, strict=True
    )


def logits(model, images):
    return forward_in_batches(model, torch.from_numpy(images)).numpy()
