"""The course's recipe on 1, 2, 5, 10 times as many images: what `measure_costs.py recipe` measures."""

import torch
from bench_training import BATCH_SIZE, matrix_products, new_model
from measure_costs import Cost, megabytes, seconds_of

from mnist_helpers import MnistData, Split, Splits, load_mnist, preprocess, train
from mnist_helpers.recipes import RandomAffine

CHUNK = 4096  # images that are augmented at a time, so that the peak is the training's


def augmented_copies(split: Split, copies: int) -> Split:
    """`copies` times as many images: those of `split`, then turned, shifted and zoomed copies of them."""
    augment, generator = RandomAffine(), torch.Generator().manual_seed(0)
    images = split.images.repeat(copies, 1)
    for start in range(len(split), len(images), CHUNK):
        part = images[start : start + CHUNK]
        part.copy_(augment(part, generator))
    return Split(images, split.labels.repeat(copies))


def recipe(copies: int, num_epochs: int = 10, data: MnistData | None = None) -> Cost:
    """The recipe on `copies` times the training set. Floor: its matrix products alone."""
    splits = preprocess(data or load_mnist())
    splits = Splits(augmented_copies(splits.train, copies), splits.val, splits.test)
    model = new_model()
    settings = {"num_epochs": num_epochs, "batch_size": BATCH_SIZE, "device": "cpu", "progress": False}
    seconds = seconds_of(lambda: train(model, splits, **settings))
    peak = megabytes()
    num_steps = num_epochs * -(-len(splits.train) // BATCH_SIZE)
    return Cost(seconds, seconds_of(lambda: matrix_products(num_steps, threads=1)), peak)
