"""Every figure of the course. Arrays and results go in, Matplotlib Axes come out, nothing is computed.

Each function draws into `ax` (or `axes`) if it is given, else into a new figure, and returns it.
"""

from mnist_helpers.plotting.architectures import (
    plot_activation_functions,
    plot_convolution,
    plot_feature_maps,
    plot_gradient_sizes,
    plot_kernels,
    plot_seeds,
)
from mnist_helpers.plotting.augmentation import (
    plot_accuracy_table,
    plot_changes,
    plot_digit_accuracies,
    plot_weight_histograms,
)
from mnist_helpers.plotting.challenges import (
    plot_cures,
    plot_gaps,
    plot_learning_curves,
    plot_ordered_curves,
    plot_range_test,
    plot_schedules,
    plot_setting,
)
from mnist_helpers.plotting.charts import (
    plot_class_scores,
    plot_digit_distribution,
    plot_history,
    plot_pixel_histogram,
    plot_probabilities,
)
from mnist_helpers.plotting.complexity import plot_accuracy_vs_complexity
from mnist_helpers.plotting.confusion import plot_confusion_matrix
from mnist_helpers.plotting.diagram import plot_architecture
from mnist_helpers.plotting.frameworks import plot_frameworks
from mnist_helpers.plotting.images import (
    plot_image_values,
    plot_images,
    plot_picture_steps,
    plot_predictions,
    plot_preprocessing_steps,
)
from mnist_helpers.plotting.losses import plot_step_losses
from mnist_helpers.plotting.own_digit import plot_pictures, plot_robustness
from mnist_helpers.plotting.scaling import plot_all_reduce, plot_step_times
from mnist_helpers.plotting.trust import (
    plot_accuracies,
    plot_activations,
    plot_embedding,
    plot_reliability,
    plot_weights,
)

__all__ = [
    "plot_accuracies",
    "plot_accuracy_table",
    "plot_accuracy_vs_complexity",
    "plot_activation_functions",
    "plot_activations",
    "plot_all_reduce",
    "plot_architecture",
    "plot_changes",
    "plot_class_scores",
    "plot_confusion_matrix",
    "plot_convolution",
    "plot_cures",
    "plot_digit_accuracies",
    "plot_digit_distribution",
    "plot_embedding",
    "plot_feature_maps",
    "plot_frameworks",
    "plot_gaps",
    "plot_gradient_sizes",
    "plot_history",
    "plot_image_values",
    "plot_images",
    "plot_kernels",
    "plot_learning_curves",
    "plot_ordered_curves",
    "plot_picture_steps",
    "plot_pictures",
    "plot_pixel_histogram",
    "plot_predictions",
    "plot_preprocessing_steps",
    "plot_probabilities",
    "plot_range_test",
    "plot_reliability",
    "plot_robustness",
    "plot_schedules",
    "plot_seeds",
    "plot_setting",
    "plot_step_losses",
    "plot_step_times",
    "plot_weight_histograms",
    "plot_weights",
]
