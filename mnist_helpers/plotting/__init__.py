"""The figures of the six steps, and those that several extensions share.

Arrays and results go in, Matplotlib Axes come out, nothing is computed. Each function draws into `ax` (or
`axes`) if it is given, else into a new figure, and returns it.
"""

from mnist_helpers.plotting.charts import (
    plot_class_scores,
    plot_digit_distribution,
    plot_history,
    plot_pixel_histogram,
    plot_probabilities,
)
from mnist_helpers.plotting.computation import plot_computation
from mnist_helpers.plotting.confusion import plot_confusion_matrix
from mnist_helpers.plotting.diagram import plot_architecture
from mnist_helpers.plotting.images import (
    plot_image_values,
    plot_images,
    plot_picture_steps,
    plot_pictures,
    plot_predictions,
    plot_preprocessing_steps,
)
from mnist_helpers.plotting.losses import plot_step_losses
from mnist_helpers.plotting.rows import plot_accuracies, plot_seeds

__all__ = [
    "plot_accuracies",
    "plot_architecture",
    "plot_class_scores",
    "plot_computation",
    "plot_confusion_matrix",
    "plot_digit_distribution",
    "plot_history",
    "plot_image_values",
    "plot_images",
    "plot_picture_steps",
    "plot_pictures",
    "plot_pixel_histogram",
    "plot_predictions",
    "plot_preprocessing_steps",
    "plot_probabilities",
    "plot_seeds",
    "plot_step_losses",
]
