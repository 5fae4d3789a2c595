"""Read prepared pictures as well as the course can: two models, thirteen views, and "this is no digit"."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.site import MODELS, default_models
from mnist_helpers.digits import OwnPictures, read_folder
from mnist_helpers.model import predict_logits
from mnist_helpers.prediction import Prediction
from mnist_helpers.preprocessing import flatten, normalise
from mnist_helpers.recipes import affine, digit_probability

# (degrees clockwise, pixels to the right, pixels down, size): what a digit may have suffered on its way.
VIEWS = (
    [(0, 0, 0, 1.0)]
    + [(degrees, 0, 0, 1.0) for degrees in (-8, -4, 4, 8)]
    + [(0, right, down, 1.0) for right, down in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    + [(0, 0, 0, size) for size in (0.9, 0.95, 1.05, 1.1)]
)
# With the app's models 0.5 % of 2,000 validation images of MNIST have less, 1.2 % of 2,000 test images and
# 0.1 % of 1,000 generated digits; but 98 % of scrawls, and 89 % of letters and signs of 22 hands that they
# never saw (tests/benchmarks/bench_fonts.py).
LEAST_DIGIT_PROBABILITY = 0.75
LEAST_CONFIDENCE = 0.5  # for other models, which may not have learnt what is no digit
NO_DIGIT = "this does not look like one digit"


@dataclass(frozen=True, eq=False)
class Reading:
    """Answers for n images, and for each the probability that it shows one digit at all, of shape (n,)."""

    prediction: Prediction
    digit_probability: Tensor
    least_confidence: float = 0.0

    @property
    def is_digit(self) -> Tensor:
        """For which images there should be an answer: booleans of shape (n,)."""
        sure = self.prediction.confidence >= self.least_confidence
        return sure & (self.digit_probability >= LEAST_DIGIT_PROBABILITY)


def app_models() -> list[nn.Module]:
    """The models that come with the app, the default one first."""
    return [read_model(MODELS / f"{name}.json")[0] for name in default_models()]


def read_digits(images: Tensor, models: Sequence[nn.Module] | None = None) -> Reading:
    """Average what the models say of thirteen views of each image: turned, shifted, smaller, larger.

    Parameters
    ----------
    images : raw pixels, Tensor of shape (n, 28, 28), uint8, framed as MNIST's digits are.
    models : each from (n, 784) to logits (n, 10); if not given, those of the app.

    Raises
    ------
    TypeError, ValueError
        The images are not raw pixels of that shape, or there are none.
    """
    least = 0.0 if models is None else LEAST_CONFIDENCE
    if not (models := app_models() if models is None else models):
        raise ValueError("there is no model to read with; name one, or leave models out")
    pixels = flatten(normalise(images))
    views = [
        affine(pixels, *(torch.full((len(pixels),), float(amount)) for amount in view)) for view in VIEWS
    ]
    every = [predict_logits(model, view).double() for model in models for view in views]
    probabilities = torch.stack(every).softmax(dim=2).mean(dim=0)  # (models x views, n, 10) -> (n, 10)
    confidence, digit = probabilities.max(dim=1)
    there = torch.stack([digit_probability(logits) for logits in every]).mean(dim=0)
    return Reading(Prediction(digit, confidence, probabilities), there, least)


@dataclass(frozen=True, eq=False)
class OwnResult:
    """What the models made of a folder of own pictures: its pictures, and a reading of the prepared ones."""

    own: OwnPictures
    reading: Reading

    @property
    def wrong(self) -> Tensor:
        """Which prepared pictures got another digit, or none: booleans of shape (n,)."""
        return (self.reading.prediction.digit != self.own.labels) | ~self.reading.is_digit

    @property
    def count(self) -> int:
        """How many pictures tell their digit; those that could not be prepared count as well."""
        return len(self.own.paths) + len(self.own.refused)

    @property
    def right(self) -> int:
        """How many of them were read right."""
        return len(self.own.paths) - int(self.wrong.sum())

    def failures(self) -> dict[Path, str]:
        """A sentence for each picture that was not read right."""
        prediction, sentences = self.reading.prediction, dict(self.own.refused)
        for index in self.wrong.nonzero().flatten().tolist():
            digit, confidence = prediction.digit[index].item(), prediction.confidence[index].item()
            says = f"read as a {digit}, {confidence:.0%} sure" if self.reading.is_digit[index] else NO_DIGIT
            sentences[self.own.paths[index]] = says
        return sentences

    def seen_wrong(self) -> tuple[Tensor, Prediction, Tensor]:
        """Images, answers and digits of the prepared pictures that were read wrong, to be drawn."""
        answers = Prediction(*(values[self.wrong] for values in vars(self.reading.prediction).values()))
        return self.own.images[self.wrong], answers, self.own.labels[self.wrong]


def read_own(folder: str | Path, models: Sequence[nn.Module] | None = None) -> OwnResult:
    """Read the pictures of a folder, each named by its digit as `digits.read_folder` says.

    Raises
    ------
    ValueError
        There is no such folder, or no picture in it whose digit is told.
    """
    own = read_folder(folder)
    if own.paths:
        return OwnResult(own, read_digits(own.images, models))
    nothing = torch.zeros(0)
    return OwnResult(own, Reading(Prediction(nothing.long(), nothing, nothing.reshape(0, 10)), nothing))
