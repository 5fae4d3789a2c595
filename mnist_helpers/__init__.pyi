from .checkpoints import load_checkpoint, load_or_train, save_checkpoint
from .data import MnistData, Source, load_embedded_digits, load_mnist, torchvision_root
from .devices import pick_device
from .digits.photo import PreparedPicture, prepare_picture
from .evaluation import Evaluation, accuracy_interval, confused_pairs, evaluate, worst_mistakes
from .history import History, TrainingDivergedError
from .model import MLP, count_parameters, multiply_adds, predict_logits, predict_proba, size_in_bytes
from .prediction import Prediction, predict
from .preprocessing import Split, Splits, flatten, normalise, one_hot, preprocess, unflatten
from .training import Extras, epochs, train

__all__ = [
    "MLP",
    "Evaluation",
    "Extras",
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
    "epochs",
    "evaluate",
    "flatten",
    "load_checkpoint",
    "load_embedded_digits",
    "load_mnist",
    "load_or_train",
    "multiply_adds",
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
