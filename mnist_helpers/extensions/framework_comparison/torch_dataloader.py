"""PyTorch, as tutorials write it: a DataLoader fetches pictures and stacks them, and the loop is yours."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import ToTensor

from mnist_helpers.extensions.framework_comparison.task import MEASURE_BATCH


def build(task):
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 128), nn.ReLU(),
        nn.Linear(128, 64), nn.ReLU(),
        nn.Linear(64, 10),
    )  # fmt: skip
    load(model, task.weights)
    return model


def load(model, weights):
    with torch.no_grad():
        for layer, (kernel, bias) in zip(model[1::2], weights, strict=True):
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.copy_(torch.from_numpy(bias))


class Digits(Dataset):
    """Pictures as MNIST's files hold them, whole numbers up to 255; each becomes a tensor when asked for."""

    def __init__(self, images, labels):
        self.pictures = np.rint(images * 255).astype(np.uint8).reshape(-1, 28, 28)
        self.labels, self.to_tensor = labels, ToTensor()  # which divides by 255

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.to_tensor(self.pictures[index]), self.labels[index]


def fit(model, task):
    torch.manual_seed(task.seed)
    train_set, val_set = Digits(*task.train), Digits(*task.val)
    loader = DataLoader(train_set, task.batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=task.learning_rate)
    for _ in range(task.num_epochs):
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield (*measure(model, train_set), *measure(model, val_set))


@torch.no_grad()
def measure(model, dataset):
    loss, right = 0.0, 0
    for images, labels in DataLoader(dataset, MEASURE_BATCH):
        scores = model(images)
        loss += F.cross_entropy(scores, labels, reduction="sum").item()
        right += (scores.argmax(dim=1) == labels).sum().item()
    return loss / len(dataset), right / len(dataset)


@torch.no_grad()
def logits(model, images):
    return model(torch.from_numpy(images)).numpy()
