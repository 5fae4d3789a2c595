"""PyTorch without autograd: the backward pass by hand, all parameters in one vector."""

import torch

from mnist_helpers.extensions.framework_comparison.torch_train import build, load, logits  # noqa: F401
from mnist_helpers.networks import FlatTraining
from mnist_helpers.preprocessing import Split
from mnist_helpers.training import loss_and_accuracy


def fit(model, task):
    train, val = (Split(*map(torch.from_numpy, part)) for part in (task.train, task.val))
    training = FlatTraining(model, task.learning_rate)
    generator = torch.Generator().manual_seed(task.seed)
    for _ in range(task.num_epochs):
        training.epoch(train, task.batch_size, generator)
        yield (*loss_and_accuracy(model, train), *loss_and_accuracy(model, val))
