"""PyTorch's loop in two ways: no program, and one per step. Both take the same steps."""

import torch
import torch.nn.functional as F

from mnist_helpers.extensions.framework_comparison.torch_train import build, load, logits  # noqa: F401
from mnist_helpers.model import device_of


def fit(model, task):
    optimizer = torch.optim.Adam(model.parameters(), lr=task.learning_rate, fused=True)

    def step(images, labels):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    take, device = step if task.loop == "eager step" else torch.compile(step), device_of(model)
    for number in range(task.num_epochs):  # images (steps, 32, 784) and labels (steps, 32)
        images, labels = (torch.from_numpy(part).to(device) for part in task.batches(number))
        for batch in zip(images, labels, strict=True):
            take(*batch)
        yield task.measured(lambda images: logits(model, images))
