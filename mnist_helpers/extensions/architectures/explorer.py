"""The chart to play with: a budget chooses the model."""

import ipywidgets
import numpy as np
import pandas as pd

from mnist_helpers.extensions.architectures.complexity_plots import COST_LABELS, plot_budget
from mnist_helpers.plotting.style import png_of


class BudgetSlider(ipywidgets.VBox):
    """Which model for which budget? Buttons for the kind of cost, a slider for how much of it you have.

    The best by *validation* accuracy of those that cost no more has a ring, and a sentence names it. Where
    there are no widgets, as on a web page, a sentence stands in their place.

    Parameters
    ----------
    table : as `compare_models` returns it, with a column for each cost of `COST_LABELS`.
    """

    def __init__(self, table: pd.DataFrame):
        names = {label.removesuffix(" (logarithmic)"): cost for cost, label in COST_LABELS.items()}
        cost = ipywidgets.ToggleButtons(options=names, description="cost")
        budget = ipywidgets.FloatLogSlider(
            min=-3, max=9, step=0.05, description="budget", readout_format=".3s"
        )
        answer, picture = ipywidgets.HTML(), ipywidgets.Image(format="png")

        def rescale(change: object = None) -> None:
            lowest, highest = np.log10([table[cost.value].min(), table[cost.value].max()])
            budget.min, budget.max = -9, 12  # never a minimum above the old maximum
            budget.value = 10 ** ((lowest + highest) / 2)
            budget.min, budget.max = lowest - 0.1, highest + 0.1
            redraw()

        def redraw(change: object = None) -> None:
            chosen = best_within(table, cost.value, budget.value)
            answer.value = _sentence(table, cost.label, cost.value, chosen)
            picture.value = png_of(plot_budget(table, cost.value, budget.value, chosen))

        rescale()
        cost.observe(rescale, "value")
        budget.observe(redraw, "value")
        super().__init__([cost, budget, answer, picture])

    def __repr__(self) -> str:  # ipywidgets 7, which Colab has, and 8 hand it on as the text of the output
        return "Run this cell in JupyterLab, and buttons and a slider appear here."


def best_within(table: pd.DataFrame, cost: str, budget: float) -> str | None:
    """Name of the model with the best validation accuracy that costs at most `budget`; None if none does."""
    affordable = table[table[cost] <= budget]
    return affordable["val_accuracy"].idxmax() if len(affordable) else None


def _sentence(table: pd.DataFrame, label: str, cost: str, chosen: str | None) -> str:
    if chosen is None:
        return "None of them is as cheap as that."
    row = table.loc[chosen]
    return (
        f"Take <b>{chosen}</b>: {row[cost]:,.4g} {label}, validation accuracy {row['val_accuracy']:.2%}, "
        f"test accuracy {row['accuracy']:.2%}"
    )
