"""Digits as pictures: grids, pixel values, the steps of a preparation, predictions."""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.checks import check_kind
from mnist_helpers.digits import PreparedPicture
from mnist_helpers.plotting.style import BLUE, INK, SKY, VERMILION, at_most, new_axes, new_grid, percent
from mnist_helpers.prediction import Prediction


def plot_images(
    images: ArrayLike,
    captions: Iterable[object] | None = None,
    columns: int = 10,
    axes: NDArray | None = None,
) -> NDArray:
    """A grid of grey images of shape (n, h, w), each with a caption above; returns n Axes.

    Black is 0, and white the largest value in all images.
    """
    images = np.asarray(images)
    columns = at_most(columns, len(images))
    side = min(1.9, 9.5 / columns)  # inches, as large as a page is wide
    axes = new_grid(axes, len(images), columns, side, side + 0.2)
    for ax, image in zip(axes, images, strict=True):
        _show(ax, image, images.max())
    for ax, caption in zip(axes, captions if captions is not None else [], strict=captions is not None):
        # A tensor's number is wanted, not "tensor(5)".
        ax.set_title(str(caption.item() if hasattr(caption, "item") else caption), fontsize=11, pad=3)
    return axes


def plot_image_values(image: ArrayLike, ax: Axes | None = None) -> Axes:
    """One image of shape (28, 28) with the value of every pixel written into it."""
    ax = new_axes(ax, 9, 9)
    image = np.asarray(image)
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    for (row, column), value in np.ndenumerate(image):
        colour = "black" if value > 140 else "white" if value else "#777777"
        ax.text(column, row, value, ha="center", va="center", fontsize=6.5, color=colour)
    ax.set(xlabel="column", ylabel="row", xticks=range(0, 28, 3), yticks=range(0, 28, 3))
    return ax


def plot_preprocessing_steps(
    original: ArrayLike, normalised: ArrayLike, flattened: ArrayLike, axes: NDArray | None = None
) -> NDArray:
    """original (28, 28) uint8 -> normalised (28, 28) in [0, 1] -> flattened (784,); three Axes."""
    original, normalised, flattened = map(np.asarray, (original, normalised, flattened))
    axes = new_grid(axes, 3, 3, 4, 3.4, width_ratios=(1.15, 1.15, 1.7))
    for ax, image, top, name in (
        (axes[0], original, 255, "1. original: 0 to 255"),
        (axes[1], normalised, 1, "2. normalised: 0 to 1"),
    ):
        picture = ax.imshow(image, cmap="gray", vmin=0, vmax=top)
        ax.figure.colorbar(picture, ax=ax, shrink=0.8, label="pixel value")
        ax.set(title=name, xlabel="column", ylabel="row")
    axes[2].plot(flattened, color=BLUE, linewidth=0.8)
    axes[2].set(
        title="3. flattened: 784 values, row after row", xlabel="position (28 · row + column)",
        ylabel="pixel value", xlim=(0, 783), ylim=(0, 1.02), xticks=range(0, 785, 112),
    )  # fmt: skip
    return axes


def plot_picture_steps(prepared: PreparedPicture, axes: NDArray | None = None) -> NDArray:
    """The six steps from a photo to a 28x28 digit, side by side; six Axes."""
    steps = (
        ("1. grey", prepared.grey),
        ("2. ink, bright on black", prepared.ink),
        ("3. clean", prepared.clean),
        ("4. cropped", prepared.cropped),
        ("5. 20-pixel box", prepared.boxed),
        ("6. centred in 28 × 28", prepared.framed),
    )
    axes = new_grid(axes, 6, 3, 3, 3)
    for ax, (name, image) in zip(axes, steps, strict=True):
        _show(ax, image, top=255)
        ax.set_title(f"{name}\n{image.shape[0]} rows × {image.shape[1]} columns", fontsize=10)
    return axes


def plot_predictions(
    images: ArrayLike,
    prediction: Prediction,
    labels: ArrayLike,
    columns: int = 5,
    axes: NDArray | None = None,
) -> NDArray:
    """A grid of (n, 28, 28) images with predicted digit, true digit and confidence; returns n Axes.

    Wrong answers are told apart by a word, a thick dashed frame and a colour.
    """
    check_kind(prediction, Prediction, "prediction", "predict(model, images) gives it")
    images = np.asarray(images)
    columns = at_most(columns, len(images))
    axes = new_grid(axes, len(images), columns, 1.9, 2.15)
    answers = zip(
        prediction.digit.tolist(), prediction.confidence.tolist(), np.asarray(labels).tolist(), strict=True
    )
    for ax, image, (digit, confidence, label) in zip(axes, images, answers, strict=True):
        right = digit == label
        _show(ax, image, images.max())
        colour = BLUE if right else VERMILION
        ax.set_title(
            f"{'✓ right' if right else '✗ WRONG'}: says {digit}\ntrue {label}, {percent(confidence)} sure",
            fontsize=9, color=INK, fontweight="normal" if right else "bold",
        )  # fmt: skip
        for spine in ax.spines.values():
            spine.set(
                visible=True, color=colour, linewidth=1 if right else 3, linestyle="-" if right else "--"
            )
    return axes


def _show(ax: Axes, image: NDArray, top: float) -> None:
    ax.imshow(image, cmap="gray", vmin=0, vmax=top)
    ax.set(xticks=[], yticks=[])


def plot_pictures(
    pictures: Mapping[str, ArrayLike],
    marks: Mapping[str, tuple[float, float]] | None = None,
    columns: int = 3,
    axes: NDArray | None = None,
) -> NDArray:
    """Pictures side by side, each under its name and its size in pixels; n Axes.

    Parameters
    ----------
    pictures : by name: (h, w) grey levels 0 to 255, (h, w) bool, or (h, w, 3) uint8 colours.
    marks : for some of the names a place (row, column), marked with a cross.
    """
    columns = at_most(columns, len(pictures))
    width = min(2.5, 11 / columns)
    axes = new_grid(axes, len(pictures), columns, width, 0.9 * width + 0.2)
    for ax, (name, picture) in zip(axes, pictures.items(), strict=True):
        picture = np.asarray(picture)
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1 if picture.dtype == bool else 255)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{name}\n{picture.shape[0]} × {picture.shape[1]} pixels", fontsize=10)
        if marks and name in marks:
            row, column = marks[name]
            ax.plot(column, row, marker="+", color=SKY, markersize=16, markeredgewidth=3)
    return axes
