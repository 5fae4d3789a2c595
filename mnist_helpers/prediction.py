"""Ask a model about single images."""

from dataclasses import dataclass

from torch import Tensor, nn

from mnist_helpers.model import predict_proba


@dataclass(frozen=True, eq=False)
class Prediction:
    """Answers for n images: digit and confidence of shape (n,), probabilities of shape (n, 10).

    The digit is the class with the largest probability, and the confidence is that probability.
    """

    digit: Tensor
    confidence: Tensor
    probabilities: Tensor


def predict(model: nn.Module, images: Tensor) -> Prediction:
    """Predict the digits on float32 images of shape (n, 784) in [0, 1].

    Raises
    ------
    TypeError, ValueError
        Wrong shape, dtype or values, or no images.
    """
    probabilities = predict_proba(model, images)
    confidence, digit = probabilities.max(dim=1)
    return Prediction(digit, confidence, probabilities)
