"""What to believe of a model: its confidence, its weights, what it looks at."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import ArrayLike, NDArray

from mnist_helpers.extensions.trusting_the_model.calibration import ReliabilityBins
from mnist_helpers.plotting.style import BLUE, INK, VERMILION, light_frame, new_axes, new_grid

DOUBT_AXIS = 5e-7, 1.0  # what is below is drawn at the edge


def plot_reliability(bins: ReliabilityBins, title: str = "", ax: Axes | None = None) -> Axes:
    """Wrong answers against admitted doubt, both on logarithmic axes; a point per bin, a 95% interval.

    Bins without a mistake are marked by a triangle at the upper end of their interval.
    """
    own_figure = ax is None
    ax = new_axes(ax, 6.4, 4.6)
    ax.plot((DOUBT_AXIS[0], 1), (DOUBT_AXIS[0], 1), color=INK, linewidth=1, linestyle="--",
            label="as often wrong as it doubts")  # fmt: skip
    made, none = bins.wrong > 0, bins.wrong == 0
    spread = np.maximum([(bins.wrong - bins.low)[made], (bins.high - bins.wrong)[made]], 0)
    ax.errorbar(bins.doubt[made], bins.wrong[made], yerr=spread, color=BLUE, marker="o", linestyle="",
                markersize=5, capsize=2, label="the model, with 95% intervals")  # fmt: skip
    if none.any():
        ax.plot(np.maximum(bins.doubt[none], DOUBT_AXIS[0]), bins.high[none], color=VERMILION, marker="v",
                linestyle="", label="no mistake: at most so many")  # fmt: skip
    ax.set(xscale="log", yscale="log", xlim=DOUBT_AXIS, ylim=DOUBT_AXIS, title=title,
           xlabel="doubt: 1 − confidence", ylabel="share wrong")  # fmt: skip
    for axis, few in ((ax.xaxis, (-4, -2)), (ax.yaxis, (-6, -4, -2, 0))):
        # In small panels side by side, the ends of the x axes would touch.
        powers = range(-6, 1) if own_figure else few
        axis.set_major_locator(FixedLocator([10.0**power for power in powers]))
        axis.set_major_formatter(lambda share, _: f"{100 * share:.4f}".rstrip("0").rstrip(".") + "%")
        axis.set_minor_locator(NullLocator())
    light_frame(ax, "both")
    if own_figure:
        ax.legend(loc="upper left", frameon=False)
    else:
        ax.tick_params(labelsize=8)
    return ax


def plot_weights(weights: ArrayLike) -> NDArray:
    """Weights of shape (n, h, w) as n pictures: orange above zero, purple below, white at zero; n Axes.

    All share one scale, so that strong and weak ones can be told apart; it stands beside them, in steps,
    because smooth colours would make a picture of a megabyte.
    """
    weights = np.asarray(weights)
    axes = new_grid(None, len(weights), 16, 0.6425, 0.6)
    top = np.quantile(np.abs(weights), 0.999)  # a few outliers would make all the rest pale
    for ax, image in zip(axes, weights, strict=True):
        picture = ax.imshow(
            image, cmap=plt.get_cmap("PuOr_r", 11), vmin=-top, vmax=top, interpolation="nearest"
        )
        ax.set(xticks=[], yticks=[])
    axes[0].figure.colorbar(
        picture, ax=list(axes), label="weight: below 0 purple, above 0 orange", extend="both", pad=0.01,
        aspect=40,
    )  # fmt: skip
    return axes


def plot_saliency(
    images: ArrayLike, slopes: ArrayLike, captions: Sequence[str], axes: NDArray | None = None
) -> NDArray:
    """Images (n, 28, 28) above what each of their pixels does to a score: slopes (n, 28, 28); 2n Axes.

    Orange where more ink raises the score, purple where it lowers it; each image has a scale of its own.
    """
    images, slopes = np.asarray(images), np.asarray(slopes)
    count = len(images)
    axes = new_grid(axes, 2 * count, count, 1.75, 1.95)
    for above, below, image, slope, caption in zip(
        axes[:count], axes[count:], images, slopes, captions, strict=True
    ):
        above.imshow(image, cmap="gray")
        above.set_title(caption, fontsize=10)
        top = np.abs(slope).max()
        below.imshow(slope, cmap="PuOr_r", vmin=-top, vmax=top)
        below.contour(image, levels=(image.max() / 2,), colors=INK, linewidths=0.8)
        for ax in (above, below):
            ax.set(xticks=[], yticks=[])
    return axes
