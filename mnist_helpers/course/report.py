"""The closing table: the targets that the course set, beside what was measured."""

import pandas as pd

from mnist_helpers.data import MnistData
from mnist_helpers.evaluation import Evaluation
from mnist_helpers.history import History
from mnist_helpers.model import MLP, count_parameters, size_in_bytes

# More than these: (on MNIST, on the embedded default). Targets, and no promises: seeds differ by some tenths
# of a point, and the lowest test accuracy measured on MNIST was 97.23%.
TARGETS = {
    "training accuracy": (0.98, 0.96),
    "validation accuracy": (0.965, 0.90),
    "test accuracy": (0.97, 0.90),
    "test precision, mean of 10 digits": (0.97, 0.90),
    "test recall, mean of 10 digits": (0.97, 0.90),
    "test F1, mean of 10 digits": (0.97, 0.90),
}
MINUTES = 5  # on a slow laptop


def results_table(data: MnistData, model: MLP, history: History, evaluation: Evaluation) -> pd.DataFrame:
    """One row per quantity, with the columns `quantity`, `target`, `measured` and `met`, all of text.

    The targets depend on where `data` came from: the embedded default has its own. A time is
    shown, and never held against anybody: `met` is empty there.
    """
    shares = (
        history.train_accuracy[-1],
        history.val_accuracy[-1],
        evaluation.accuracy,
        evaluation.macro_precision,
        evaluation.macro_recall,
        evaluation.macro_f1,
    )
    megabytes, parameters = size_in_bytes(model) / 1e6, count_parameters(model)
    rows = [
        ("data", "MNIST, or the embedded default", str(data.source), True),
        ("parameters", "109,386", f"{parameters:,}", parameters == 109_386),
        ("model size", "at most 5 MB", f"{megabytes:.2f} MB", megabytes <= 5),
        *(
            (name, f"more than {target:.4g}%", f"{share:.2%}", 100 * share > target)
            for (name, targets), share in zip(TARGETS.items(), shares, strict=True)
            for target in [100 * targets[not data.source.is_mnist]]
        ),
        ("training time", f"at most about {MINUTES} minutes", f"{history.seconds:.0f} seconds", None),
    ]
    table = pd.DataFrame(rows, columns=["quantity", "target", "measured", "met"])
    return table.assign(met=table["met"].map({True: "yes", False: "not this time", None: ""}))
