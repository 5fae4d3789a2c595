"""The figures of the six steps, and those that several extensions share.

Arrays and results go in, Matplotlib Axes come out, nothing is computed. Each function draws into `ax` (or
`axes`) if it is given, else into a new figure, and returns it.
"""

from mnist_helpers.plotting.charts import (
    plot_accuracies,
    plot_answers,
    plot_class_scores,
    plot_digit_distribution,
    plot_pixel_histogram,
    plot_probabilities,
    plot_seeds,
)
from mnist_helpers.plotting.computation import plot_computation
from mnist_helpers.plotting.confusion import plot_confusion_matrix
from mnist_helpers.plotting.descent import Sliders, plot_filmstrip, plot_slope, plot_valley
from mnist_helpers.plotting.diagram import plot_architecture
from mnist_helpers.plotting.history import live_history, plot_history, plot_races, plot_settings
from mnist_helpers.plotting.images import (
    plot_image_values,
    plot_images,
    plot_picture_steps,
    plot_pictures,
    plot_predictions,
    plot_preprocessing_steps,
)
from mnist_helpers.plotting.losses import plot_batch_slopes, plot_measures, plot_step_losses, plot_surprise
from mnist_helpers.plotting.neurons import plot_borders, plot_evidence, plot_sums

__all__ = [
    "Sliders",
    "live_history",
    "plot_accuracies",
    "plot_answers",
    "plot_architecture",
    "plot_batch_slopes",
    "plot_borders",
    "plot_class_scores",
    "plot_computation",
    "plot_confusion_matrix",
    "plot_digit_distribution",
    "plot_evidence",
    "plot_filmstrip",
    "plot_history",
    "plot_image_values",
    "plot_images",
    "plot_measures",
    "plot_picture_steps",
    "plot_pictures",
    "plot_pixel_histogram",
    "plot_predictions",
    "plot_preprocessing_steps",
    "plot_probabilities",
    "plot_races",
    "plot_seeds",
    "plot_settings",
    "plot_slope",
    "plot_step_losses",
    "plot_sums",
    "plot_surprise",
    "plot_valley",
]
