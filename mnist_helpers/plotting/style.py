"""Colours that stay apart for colour-blind readers, and the Axes every figure starts from.

Source of the colours: Okabe and Ito (2008), Color Universal Design, https://jfly.uni-koeln.de/color/.
"""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, VERMILION, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
INK, FAINT = "#222222", "#8A8A8A"


def new_axes(ax: Axes | None, width: float = 7, height: float = 4) -> Axes:
    """The Axes given, or those of a new figure of `width` x `height` inches."""
    if ax is None:
        ax = plt.figure(figsize=(width, height), layout="constrained").add_subplot()
    return ax


def light_frame(ax: Axes) -> None:
    """Leave only the left and lower edges, and a faint horizontal grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    ax.set_axisbelow(True)


def percent(share: float) -> str:
    """A confidence in per cent, never 100%: a softmax does not reach it, and rounding should not say so."""
    return f"{share:.1%}" if share < 0.9995 else ">99.9%"
