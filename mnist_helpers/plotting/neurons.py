"""What neurons do: evidence from a picture, lines that bend, borders between two classes of points."""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.plotting.style import BLUE, FAINT, INK, ORANGE, SKY, VERMILION, light_frame, new_grid

FOR_AND_AGAINST = LinearSegmentedColormap.from_list("for and against", (BLUE, "white", VERMILION))
SIGN_FROM = 0.3  # of the largest weight: from there on a plus or a minus stands in the pixel


def plot_evidence(images: ArrayLike, weights: ArrayLike, bias: float, axes: NDArray | None = None) -> NDArray:
    """Each picture, one neuron's weights, and their product, pixel by pixel; three Axes per picture.

    Parameters
    ----------
    images : (n, 784) in [0, 1]. The sum of each product, the bias and the total stand above it.
    weights, bias : (784,) and one number. A plus or a minus marks what is strongly for or against.
    """
    images, weights = (np.asarray(values).reshape(-1, 28, 28) for values in (images, weights))
    strongest = abs(weights).max()
    axes = new_grid(axes, 3 * len(images), 3, 3, 3.1)
    for (left, middle, right), image in zip(axes.reshape(-1, 3), images, strict=True):
        evidence = image * weights[0]
        left.imshow(image, cmap="gray", vmin=0, vmax=1)
        left.set_title("picture")
        middle.set_title("× weights")
        parts = evidence.sum(), float(bias), evidence.sum() + float(bias)
        right.set_title("= evidence\nsum {:+.1f}, bias {:+.1f}: {:+.1f}".format(*parts).replace("-", "−"))
        for ax, values in ((middle, weights[0]), (right, evidence)):
            shown = ax.imshow(values, cmap=FOR_AND_AGAINST, vmin=-strongest, vmax=strongest)
            for marker, sign in (("+", 1), ("_", -1)):
                rows, columns = np.nonzero(sign * values > SIGN_FROM * strongest)
                ax.scatter(columns, rows, s=9, color=INK, marker=marker, linewidth=0.7)
        right.figure.colorbar(shown, ax=right, shrink=0.8, label="against (−)      for (+)")
        for ax in (left, middle, right):
            ax.set(xticks=[], yticks=[])
    return axes


def plot_sums(x: ArrayLike, sums: Mapping[str, ArrayLike], axes: NDArray | None = None) -> NDArray:
    """Functions of x that are added up: the parts dashed, their sum as a thick line; one Axes per sum.

    Parameters
    ----------
    x : (n,) numbers.
    sums : by name, the values of the parts at these places, (n, parts).
    """
    axes = new_grid(axes, len(sums), len(sums), 3.6, 3.4, sharey=True)
    for ax, (name, parts) in zip(axes, sums.items(), strict=True):
        parts = np.asarray(parts)
        total = parts.sum(axis=1)
        lines = ax.plot(x, parts, color=VERMILION, linestyle="--", linewidth=1.2)
        lines[0].set_label("each neuron's part")
        ax.plot(x, total, color=BLUE, linewidth=3, label="their sum")
        ax.set(title=name, xlabel="input x", ylabel="output", ylim=(-2.2, 3.2))
        light_frame(ax)
    axes[-1].legend(loc="upper left", frameon=False)
    return axes


def plot_borders(
    points: ArrayLike, inside: ArrayLike, side: ArrayLike, scores: Mapping[str, ArrayLike],
    bends: Mapping[str, ArrayLike], axes: NDArray | None = None,
) -> NDArray:  # fmt: skip
    """Two classes of points in the plane, and where networks draw the border; one Axes per network.

    Parameters
    ----------
    points, inside : (n, 2) coordinates, and the (n,) truth values of their classes.
    side, scores : (k,) coordinates, and by name the (k, k) scores at (side[i], side[j]): positive where the
        network says "inside", which is shaded.
    bends : by name, the (m, 3) weights and biases of the network's first neurons. The neuron (a, b, c) bends
        at a x + b y + c = 0, which is dashed.
    """
    points, inside, side = map(np.asarray, (points, inside, side))
    axes = new_grid(axes, len(scores), len(scores), 2.9, 3.7, sharey=True)
    for ax, (name, score) in zip(axes, scores.items(), strict=True):
        score = np.asarray(score).T
        ax.contourf(side, side, score, levels=(0, np.inf), colors=[SKY], alpha=0.35)
        ax.contour(side, side, score, levels=(0,), colors=[INK], linewidths=2)
        for a, b, c in np.asarray(bends[name]):
            foot = -c / (a**2 + b**2) * np.array([a, b])  # the line's nearest point to the origin
            ax.axline(foot, foot + np.array([-b, a]), color=FAINT, linestyle="--", linewidth=0.9)
        ax.scatter(*points[inside].T, s=9, color=BLUE, marker="o", label="inside")
        ax.scatter(*points[~inside].T, s=12, color=ORANGE, marker="^", label="outside")
        ax.set(title=name, xlabel="x", ylabel="y", aspect="equal")
        ax.set(xlim=(side[0], side[-1]), ylim=(side[0], side[-1]))
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return axes
