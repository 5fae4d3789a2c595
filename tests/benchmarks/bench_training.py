"""How fast the course trains, beside the standard ways and the least that is possible. Run `make bench`.

The first table times one epoch of the course's recipe (batch size 32, Adam, training and validation
metrics). The ways take turns, so that a machine that slows down slows all of them; still, let nothing
else run. The second table gives the threshold `devices.SMALL_STEP_FLOPS`, below which a training step
takes one thread. The third, where JAX is installed, has the loop without autograd and JAX's compiled epochs,
in processes that take turns, with one core each.
"""

import argparse
import platform
from collections.abc import Iterable
from functools import partial
from itertools import chain, pairwise

import pandas as pd
import torch
import torch.nn.functional as F
from measure_costs import seconds_of
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from mnist_helpers import (
    MLP,
    MnistData,
    Split,
    Splits,
    load_mnist,
    multiply_adds,
    preprocess,
    torchvision_root,
    train,
)
from mnist_helpers.devices import SMALL_STEP_FLOPS, cpu_threads, flushed_denormals
from mnist_helpers.extensions.framework_comparison.compare import compare_frameworks
from mnist_helpers.extensions.framework_comparison.registry import BY_HAND, FRAMEWORKS, JAX, OURS
from mnist_helpers.extensions.framework_comparison.summary import summarise
from mnist_helpers.networks import FlatTraining, median_seconds
from mnist_helpers.preprocessing import split_indices
from mnist_helpers.training import FUSED_ADAM, loss_and_accuracy, shuffled_batches, train_one_epoch

BATCH_SIZE, LEARNING_RATE = 32, 1e-3
SAME = "   the same with the metrics of train"
PACKAGE, FLOOR = "c. mnist_helpers.train", "d. floor: the matrix products alone"
WITHOUT_AUTOGRAD = "f. networks.FlatTraining, with the metrics of train"


class PictureDataset(Dataset):
    """What torchvision's MNIST does, for the embedded digits: a picture, turned into a tensor when asked."""

    def __init__(self, images: Tensor, labels: Tensor):
        self.images, self.labels, self.transform = images, labels.tolist(), ToTensor()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index].numpy())), self.labels[index]


def picture_datasets(data: MnistData) -> tuple[Dataset, Dataset]:
    """Training and validation images as torchvision's dataset gives them, one picture at a time."""
    if data.source.is_mnist:
        pictures = MNIST(torchvision_root(), train=True, transform=ToTensor())
    else:
        pictures = PictureDataset(data.train_images, data.train_labels)
    train_indices, val_indices = split_indices(data.train_labels)
    return Subset(pictures, train_indices.tolist()), Subset(pictures, val_indices.tolist())


def new_model() -> MLP:
    return MLP(generator=torch.Generator().manual_seed(0))


def standard_epoch(train_set: Dataset, val_set: Dataset, *, same_metrics: bool = False) -> None:
    """One epoch as tutorials write it: loaders, metrics summed up in the loop, then a validation pass.

    With `same_metrics` it measures what `train` does: the training set too is gone through after the epoch.
    """
    model = new_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=BATCH_SIZE)
    model.train()
    loss_sum, right = 0.0, 0
    for images, labels in train_loader:
        optimizer.zero_grad()
        logits = model(images.flatten(1))
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(labels)
        right += (logits.argmax(1) == labels).sum().item()
    model.eval()
    measured = [DataLoader(train_set, batch_size=BATCH_SIZE)] * same_metrics + [val_loader]
    with torch.no_grad():
        for images, labels in chain.from_iterable(measured):
            logits = model(images.flatten(1))
            loss_sum += F.cross_entropy(logits, labels).item() * len(labels)
            right += (logits.argmax(1) == labels).sum().item()


def package_epoch(splits: Splits) -> None:
    train(new_model(), splits, num_epochs=1, device="cpu", progress=False)


def epoch_without_autograd(splits: Splits) -> None:
    model = new_model()
    FlatTraining(model, LEARNING_RATE).epoch(splits.train, BATCH_SIZE, torch.Generator().manual_seed(0))
    for part in (splits.train, splits.val):
        loss_and_accuracy(model, part)


def matrix_products(num_steps: int, threads: int) -> None:
    """Forward and backward products of the three layers; no bias, ReLU, loss, autograd or Adam."""
    sizes = (784, 128, 64, 10)
    values = [torch.rand(BATCH_SIZE, size) for size in sizes]
    weights = [torch.rand(outputs, inputs) for inputs, outputs in pairwise(sizes)]
    gradients = [torch.rand(BATCH_SIZE, size) for size in sizes]
    with cpu_threads(threads), torch.no_grad():
        for _ in range(num_steps):
            for layer, weight in enumerate(weights):
                values[layer] @ weight.T
            for layer, weight in reversed(list(enumerate(weights))):
                gradients[layer + 1].T @ values[layer]
                if layer > 0:  # nobody asks for the gradient of the images
                    gradients[layer + 1] @ weight


def bench_epochs(data: MnistData, splits: Splits, repeats: int) -> pd.DataFrame:
    """Seconds per epoch of each way, and how many times the package's and the floor's that is."""
    pictures = picture_datasets(data)
    tensors = [TensorDataset(part.images, part.labels) for part in (splits.train, splits.val)]
    num_steps = -(-len(splits.train) // BATCH_SIZE)
    ways = {
        "a. DataLoader over pictures, ToTensor": lambda: standard_epoch(*pictures),
        SAME: lambda: standard_epoch(*pictures, same_metrics=True),
        "b. DataLoader over TensorDataset": lambda: standard_epoch(*tensors),
        PACKAGE: lambda: package_epoch(splits),
        FLOOR: lambda: matrix_products(num_steps, threads=1),  # as many as `train` takes
        "e. the same with all threads": lambda: matrix_products(num_steps, torch.get_num_threads()),
        WITHOUT_AUTOGRAD: lambda: epoch_without_autograd(splits),
    }
    seconds = median_seconds({name: partial(seconds_of, way) for name, way in ways.items()}, repeats)
    return pd.DataFrame(
        [(name, s, s / seconds[PACKAGE], s / seconds[FLOOR]) for name, s in seconds.items()],
        columns=["one epoch", "seconds", "÷ package", "÷ floor"],
    )


def bench_steps(train_split: Split, batch_sizes: Iterable[int], repeats: int) -> pd.DataFrame:
    """Seconds per 1,000 training steps by batch size and thread count, beside the work in one step."""
    rows = []
    for batch_size in batch_sizes:
        steps = min(200, len(train_split) // batch_size)
        if steps == 0:
            continue
        part = Split(*(tensor[: steps * batch_size] for tensor in (train_split.images, train_split.labels)))
        counts = sorted({1, torch.get_num_threads()})
        ways = {str(count): partial(_steps, part, batch_size, count) for count in counts}
        seconds = median_seconds({name: partial(seconds_of, way) for name, way in ways.items()}, repeats)
        flops = 6 * batch_size * multiply_adds(new_model())
        rows.append(
            (batch_size, f"{flops / 1e6:,.0f} million", *(1000 * s / steps for s in seconds.values()))
        )
    return pd.DataFrame(rows, columns=["batch size", "FLOPs per step", *(f"{c} threads" for c in counts)])


def _steps(split: Split, batch_size: int, threads: int) -> None:
    model = new_model()
    optimizer = FUSED_ADAM(model.parameters(), lr=LEARNING_RATE)
    with cpu_threads(threads), flushed_denormals():
        batches = shuffled_batches(split, batch_size, torch.Generator().manual_seed(0))
        train_one_epoch(model, batches, optimizer)


def bench_compiled(splits: Splits, rounds: int, num_epochs: int = 5) -> pd.Series:
    """Seconds per epoch with one core, metrics included, compiling left out: `train`, by hand, JAX."""
    names = (OURS, BY_HAND, JAX)
    runs = compare_frameworks(splits, rounds=rounds, threads=1, num_epochs=num_epochs, names=names)
    return summarise(runs)["running_seconds"] / num_epochs


def _verdict(name: str, ratio: float, bar: str, met: bool) -> None:
    print(f"{name}: {ratio:.1f} times   bar: {bar}   {'met' if met else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    data = load_mnist()
    splits = preprocess(data)
    print(f"Data: {data.source}; {len(splits.train):,} training and {len(splits.val):,} validation images")
    if not data.source.is_mnist:
        print("The embedded digits are few: these times are not MNIST's, only the ratios can be compared.")
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")

    epochs = bench_epochs(data, splits, repeats)
    table = epochs.to_string(index=False, float_format="%.2f")
    print(f"\nMedians of {repeats} repeats that took turns\n{table}\n")
    by_name = epochs.set_index("one epoch")
    gain, distance = by_name.loc[SAME, "÷ package"], by_name.loc[PACKAGE, "÷ floor"]
    _verdict("a with the metrics of c ÷ c", gain, "at least 4", gain >= 4)
    print(f"a, whose training metrics are running means, ÷ c: {by_name['÷ package'].iloc[0]:.1f} times")
    _verdict("c ÷ d", distance, "below 5", distance < 5)

    gain = 1 / by_name.loc[WITHOUT_AUTOGRAD, "÷ package"]
    _verdict("c ÷ f", gain, "at least 1.8", gain >= 1.8)

    steps = bench_steps(splits.train, (32, 128, 512, 2048), repeats)
    print(f"\nSeconds per 1,000 training steps\n{steps.to_string(index=False, float_format='%.2f')}")
    print(
        f"\ntrain() takes one thread below SMALL_STEP_FLOPS = {SMALL_STEP_FLOPS / 1e6:,.0f} million per step."
    )
    if not FRAMEWORKS[JAX].missing:
        compiled = bench_compiled(splits, repeats)
        print(f"\nSeconds per epoch, one core each\n{compiled.to_string(float_format='%.2f')}")
        print(f"{BY_HAND} ÷ {JAX}: {compiled[BY_HAND] / compiled[JAX]:.2f} times")


if __name__ == "__main__":
    main()
