"""What the notebooks of the course share: from MNIST's files to a trained, evaluated classifier.

The data flow in one direction: `load_mnist` -> `preprocess` -> `train` -> `evaluate` -> `predict`, and
`mnist_helpers.plotting` draws what they return.
"""

from mnist_helpers.checkpoints import load_checkpoint, load_or_train, save_checkpoint
from mnist_helpers.data import MnistData, Source, load_embedded_digits, load_mnist, torchvision_root
from mnist_helpers.devices import pick_device
from mnist_helpers.evaluation import (
    Evaluation,
    accuracy_interval,
    confused_pairs,
    evaluate,
    worst_mistakes,
)
from mnist_helpers.history import History, TrainingDivergedError
from mnist_helpers.model import MLP, count_parameters, predict_logits, predict_proba, size_in_bytes
from mnist_helpers.pictures import PreparedPicture, prepare_picture
from mnist_helpers.prediction import Prediction, predict
from mnist_helpers.preprocessing import (
    Split,
    Splits,
    flatten,
    normalise,
    one_hot,
    preprocess,
    unflatten,
)
from mnist_helpers.training import train

__all__ = [
    "MLP",
    "Evaluation",
    "History",
    "MnistData",
    "Prediction",
    "PreparedPicture",
    "Source",
    "Split",
    "Splits",
    "TrainingDivergedError",
    "accuracy_interval",
    "confused_pairs",
    "count_parameters",
    "evaluate",
    "flatten",
    "load_checkpoint",
    "load_embedded_digits",
    "load_mnist",
    "load_or_train",
    "normalise",
    "one_hot",
    "pick_device",
    "predict",
    "predict_logits",
    "predict_proba",
    "prepare_picture",
    "preprocess",
    "save_checkpoint",
    "size_in_bytes",
    "torchvision_root",
    "train",
    "unflatten",
    "worst_mistakes",
]
