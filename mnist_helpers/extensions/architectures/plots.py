"""What networks are made of and what they see: activations, gradients, convolutions, feature maps."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import BLUE, light_frame, new_axes, new_grid, new_table, series_styles


def plot_activation_functions(
    inputs: ArrayLike, values: Mapping[str, ArrayLike], slopes: Mapping[str, ArrayLike]
) -> NDArray:
    """Activation functions on the left, their slopes on the right, over the same `inputs`; two Axes."""
    axes = new_grid(None, 2, 2, 5.5, 3.8)
    for ax, curves, title in ((axes[0], values, "Activation"), (axes[1], slopes, "Slope of the activation")):
        for curve, style in zip(curves.values(), series_styles(curves), strict=True):
            ax.plot(inputs, curve, linewidth=2, **style | {"marker": ""})
        ax.set(xlabel="sum that goes in", ylabel=title.lower(), title=title)
        light_frame(ax)
    axes[0].legend(frameon=False)
    return axes


def plot_gradient_sizes(sizes: Mapping[str, ArrayLike], ax: Axes | None = None) -> Axes:
    """Size of the gradient of every layer's weights on a logarithmic axis; one line per network."""
    ax = new_axes(ax, 8, 4.2)
    for values, style in zip(sizes.values(), series_styles(sizes), strict=True):
        layers = range(1, len(np.asarray(values)) + 1)
        ax.plot(layers, values, markersize=5, **style)
    ax.set(
        yscale="log", xlabel="layer (1 = next to the pixels)", xticks=list(layers),
        ylabel="gradient per weight (root mean square)",
    )  # fmt: skip
    light_frame(ax)
    ax.legend(frameon=False)
    return ax


def plot_window(image: ArrayLike, kernel: ArrayLike, result: ArrayLike, place: tuple[int, int]) -> NDArray:
    """One place of a convolution: the window on the image, times the kernel, the products; five Axes.

    Parameters
    ----------
    image, result : shape (h, w) each: the kernel moves over the image, its frame of zeros included.
    kernel : shape (k, k), k odd.
    place : row and column of the window's middle in the image, and of its sum in the result.
    """
    image, kernel, result = map(np.asarray, (image, kernel, result))
    (row, column), reach = place, len(kernel) // 2
    window = np.pad(image, reach)[row : row + len(kernel), column : column + len(kernel)]
    products = window * kernel + 0.0  # so that no zero is written as -0
    axes = new_grid(None, 5, 5, 2.2, 2.5)
    for ax, values, title, signed in (
        (axes[0], image, "image", False), (axes[1], window, "the window", False),
        (axes[2], kernel, "× the kernel", True), (axes[3], products, "= products", True),
        (axes[4], result, "their sum: one pixel", True),
    ):  # fmt: skip
        limit = np.abs(image if not signed else values).max() or 1
        ax.imshow(values, cmap="PuOr_r" if signed else "gray", vmin=-limit if signed else 0, vmax=limit)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=11)
        if len(values) == len(kernel):
            for (y, x), value in np.ndenumerate(values):
                dark = abs(value) > 0.7 * limit if signed else value < limit / 2
                ax.text(x, y, f"{value:.2g}", ha="center", va="center", color="white" if dark else "black")
    axes[3].set_xlabel(f"sum: {products.sum():.2g}")
    for ax, half in ((axes[0], reach + 0.5), (axes[4], 0.5)):
        corner = (column - half, row - half)
        ax.add_patch(plt.Rectangle(corner, 2 * half, 2 * half, fill=False, edgecolor=BLUE, linewidth=2.5))
    return axes


def plot_kernels(kernels: ArrayLike) -> NDArray:
    """Kernels of shape (n, h, w) in a row: orange above zero, purple below, white at zero; n Axes."""
    kernels = np.asarray(kernels)
    axes = new_grid(None, len(kernels), len(kernels), 1.3, 2.1)
    top = np.abs(kernels).max()
    for ax, kernel in zip(axes, kernels, strict=True):
        picture = ax.imshow(kernel, cmap=plt.get_cmap("PuOr_r", 21), vmin=-top, vmax=top)
        ax.set(xticks=[], yticks=[])
    axes[0].figure.colorbar(
        picture, ax=list(axes), label="weight: below 0 purple, above 0 orange", location="bottom", aspect=40
    )
    return axes


def plot_feature_maps(image: ArrayLike, maps: Mapping[str, ArrayLike], columns: int = 8) -> NDArray:
    """One image (h, w), and what each channel of some layers makes of it: layer name -> maps (c, h, w).

    The first `columns` channels of each layer are drawn, each with a scale of its own, black where it is
    lowest. Returns Axes of shape (layers, 1 + columns); the image stands at the left of the first row.
    """
    axes = new_table(None, len(maps), 1 + columns, 1.15, 1.3)
    axes[0, 0].figure.get_layout_engine().set(h_pad=0.13)
    for ax in axes.flat:
        ax.set_axis_off()
    axes[0, 0].imshow(np.asarray(image), cmap="gray")
    axes[0, 0].set_title("image", fontsize=10)
    for row, (name, channels) in zip(axes, maps.items(), strict=True):
        heading = row[1].text(0, 1.08, name, fontsize=10, transform=row[1].transAxes)
        heading.set_in_layout(False)  # it may be wider than its map
        for ax, channel in zip(row[1:], np.asarray(channels), strict=False):
            ax.imshow(channel, cmap="gray")
    return axes
