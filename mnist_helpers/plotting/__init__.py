"""The figures of the six steps, and those that several extensions share.

Arrays and results go in, Matplotlib Axes come out, nothing is computed. Each function draws into `ax` (or
`axes`) if it is given, else into a new figure, and returns it.
"""

from mnist_helpers.plotting.answers import plot_answers
from mnist_helpers.plotting.charts import (
    plot_class_scores,
    plot_digit_distribution,
    plot_history,
    plot_pixel_histogram,
    plot_probabilities,
)
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
from mnist_helpers.plotting.neurons import plot_borders, plot_evidence, plot_sums
from mnist_helpers.plotting.rows import plot_accuracies, plot_seeds

__all__ = [
    "plot_accuracies",
    "plot_answers",
    "plot_architecture",
    "plot_borders",
    "plot_class_scores",
    "plot_confusion_matrix",
    "plot_digit_distribution",
    "plot_evidence",
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
    "plot_sums",
]
