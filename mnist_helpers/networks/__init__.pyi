from .architectures import (
    ResidualBlock,
    ToSquare,
    conv,
    lenet,
    linear,
    mlp,
    separable,
    slim_cnn,
    small_cnn,
    small_resnet,
)
from .complexity import compare_models, pareto_front
from .flat import FlatTraining
from .timing import Bfloat16, epoch_timer, median_seconds, seconds_per_epoch

__all__ = [
    "Bfloat16",
    "FlatTraining",
    "ResidualBlock",
    "ToSquare",
    "compare_models",
    "conv",
    "epoch_timer",
    "lenet",
    "linear",
    "median_seconds",
    "mlp",
    "pareto_front",
    "seconds_per_epoch",
    "separable",
    "slim_cnn",
    "small_cnn",
    "small_resnet",
]
