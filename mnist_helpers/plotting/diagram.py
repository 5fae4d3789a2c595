"""The diagram of a fully connected network: layers, connections, dimensions."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from mnist_helpers.plotting.style import BLUE, FAINT, INK, ORANGE, new_axes

SHOWN = 11  # circles drawn per layer at most; a gap of dots stands for the rest


def plot_architecture(
    sizes: Sequence[int] = (784, 128, 64, 10),
    names: Sequence[str] = ("input\n28 × 28 pixels", "hidden 1\nReLU", "hidden 2\nReLU", "output\nsoftmax"),
    ax: Axes | None = None,
) -> Axes:
    """Draw the layers of `sizes` units with their connections, and the parameters between them."""
    ax = new_axes(ax, 9, 5.2)
    colours = (FAINT, *[BLUE] * (len(sizes) - 2), ORANGE)
    heights = [_unit_heights(size) for size in sizes]
    for layer in range(len(sizes) - 1):
        lines = [[(layer, a), (layer + 1, b)] for a in heights[layer] for b in heights[layer + 1]]
        ax.add_collection(LineCollection(lines, colors=FAINT, linewidths=0.35, alpha=0.7, zorder=1))
        weights, biases = sizes[layer] * sizes[layer + 1], sizes[layer + 1]
        parameters = f"{sizes[layer]} × {biases} weights\n+ {biases} biases\n= {weights + biases:,}"
        ax.text(layer + 0.5, -1.2, parameters, ha="center", va="top", fontsize=10, color=INK)
    for layer, (size, name, colour, ys) in enumerate(zip(sizes, names, colours, heights, strict=True)):
        ax.scatter(np.full(len(ys), layer), ys, s=130, color=colour, edgecolor="white", zorder=3)
        if len(ys) < size:
            ax.scatter(np.full(3, layer), (-0.06, 0, 0.06), s=6, color=INK, zorder=4)
        ax.text(layer, 1.12, f"{size}", ha="center", va="bottom", fontsize=15, fontweight="bold", color=INK)
        ax.text(layer, 1.45, name, ha="center", va="bottom", fontsize=11, color=INK)
    for digit, y in enumerate(heights[-1][::-1] if sizes[-1] == 10 else ()):
        ax.text(len(sizes) - 1 + 0.1, y, f"{digit}", va="center", fontsize=10, color=INK)
    total = sum((inputs + 1) * units for inputs, units in pairwise(sizes))
    ax.text((len(sizes) - 1) / 2, -2.15, f"{total:,} parameters", ha="center", fontsize=13, color=INK)
    ax.set(xlim=(-0.4, len(sizes) - 0.6), ylim=(-2.3, 2.0))
    ax.set_axis_off()
    layers = ", then ".join(
        f"{' '.join(name.split())}: {size}" for size, name in zip(sizes, names, strict=True)
    )
    ax.set_label(f"Diagram of a network, from left to right: {layers}; {total:,} parameters between them.")
    return ax


def _unit_heights(size: int) -> np.ndarray:
    """Heights of one layer's circles between -1 and 1; where some are left out, the middle is a gap."""
    heights = np.linspace(-1, 1, min(size, SHOWN))
    return heights if size <= SHOWN else np.delete(heights, SHOWN // 2)
