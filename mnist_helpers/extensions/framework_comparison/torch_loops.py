"""PyTorch's loop in two ways: no program, and one per step. Both take the same steps."""

import torch
import torch.nn.functional as F

from mnist_helpers.extensions.framework_comparison.torch_train import build, load, logits  # noqa: F401


def fit(model, task):
    optimizer = torch.optim.Adam(model.parameters(), lr=task.learning_rate, fused=True)

    def step(images, labels):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    take = step if task.loop == "eager step" else torch.compile(step)
    for number in range(task.num_epochs):
        images, labels = map(torch.from_numpy, task.batches(number))  # (steps, 32, 784) and (steps, 32)
        for batch in zip(images, labels, strict=True):
            take(*batch)
        yield task.measured(lambda images: logits(model, images))
