"""Redraw every file in figures/: the pictures of the README and the notebooks."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import torch

from mnist_helpers import plotting
from mnist_helpers.checkpoints import load_or_train
from mnist_helpers.data import MnistData
from mnist_helpers.digits import write_samples
from mnist_helpers.evaluation import evaluate
from mnist_helpers.experiments import STORED
from mnist_helpers.extensions.architectures import complexity_plots
from mnist_helpers.networks import compare_models, pareto_front
from mnist_helpers.prediction import predict
from mnist_helpers.preprocessing import flatten, normalise, preprocess, unflatten

# The same bytes for the same data: no date in the file, no random identifiers in SVG.
STABLE: dict[Any, str] = {"svg.hashsalt": "mnist-helpers", "svg.fonttype": "path"}


def draw_figures(data: MnistData, folder: Path) -> Iterator[Path]:
    """Draw each figure from `data` and write it to `folder`; yields the paths as they are written."""
    splits = preprocess(data)
    model, history = load_or_train(data, splits)
    history.completed()
    evaluation = evaluate(model, splits.test)
    chosen = torch.randperm(len(splits.test), generator=torch.Generator().manual_seed(19))[:10]
    first = normalise(data.train_images[:1])
    figures: dict[str, Callable[[], object]] = {
        "sample_digits.png": lambda: plotting.plot_images(data.train_images[:30], data.train_labels[:30]),
        "digit_distribution.png": lambda: plotting.plot_digit_distribution(
            data.train_labels.bincount(), data.test_labels.bincount()
        ),
        "preprocessing_steps.png": lambda: plotting.plot_preprocessing_steps(
            data.train_images[0], first[0], flatten(first)[0]
        ),
        "architecture.svg": plotting.plot_architecture,
        "training_curves.png": lambda: plotting.plot_history(history),
        "confusion_matrix.png": lambda: plotting.plot_confusion_matrix(evaluation.confusion),
        "sample_predictions.png": lambda: plotting.plot_predictions(
            unflatten(splits.test.images[chosen]),
            predict(model, splits.test.images[chosen]),
            splits.test.labels[chosen],
        ),
        "accuracy_vs_complexity.png": lambda: draw_comparison(STORED / "architectures.csv"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in figures.items():
        with mpl.rc_context(STABLE):
            draw()
            plt.savefig(folder / name, dpi=120, metadata={"Date": None} if name.endswith("svg") else None)
            plt.close()
        yield folder / name
    yield from write_samples()


def draw_comparison(results: Path) -> None:
    """The chart of accuracy and complexity, from the stored results of architectures.ipynb alone."""
    rows = pd.read_csv(results)
    seconds = rows.dropna(subset="seconds_per_epoch").set_index("model")["seconds_per_epoch"]
    table = compare_models(rows).join(seconds)
    costs = complexity_plots.COST_LABELS
    fronts = {cost: pareto_front(table[cost], table["val_accuracy"]) for cost in costs}
    complexity_plots.plot_accuracy_vs_complexity(table, fronts, complexity_plots.CLAIMED)
