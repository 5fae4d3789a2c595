"""What a model answers: a picture, large, and all ten probabilities beside it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.charts import plot_probabilities
from mnist_helpers.plotting.images import plot_images
from mnist_helpers.plotting.style import new_grid
from mnist_helpers.prediction import Prediction


def plot_answers(
    images: ArrayLike,
    prediction: Prediction,
    captions: Sequence[object],
    labels: ArrayLike | None = None,
    axes: NDArray | None = None,
) -> NDArray:
    """A row for each image (28, 28), with its caption: the image, and its probabilities as bars; 2n Axes.

    The true digits, if given, are marked in words under the bars.
    """
    axes = new_grid(axes, 2 * len(captions), 2, 4.3, 2.9, width_ratios=(1, 2))
    plot_images(images, captions, axes=axes[::2])
    truths = [None] * len(captions) if labels is None else list(map(int, np.asarray(labels)))
    for row, label, ax in zip(prediction.probabilities, truths, axes[1::2], strict=True):
        plot_probabilities(row, label, ax)
    return axes
