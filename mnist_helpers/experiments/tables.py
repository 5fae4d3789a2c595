"""Read the tables that experiments give: how each training ended, and means with their spread."""

from collections.abc import Mapping

import pandas as pd


def last_epochs(results: pd.DataFrame) -> pd.DataFrame:
    """The last row of every training: `results` of `Experiments` have one for each epoch."""
    return results.groupby(["trial", "seed"], sort=False).tail(1)


def mean_and_spread(rows: pd.DataFrame, forms: Mapping[str, str]) -> pd.DataFrame:
    """Texts such as "97.4% ± 0.1%": mean and standard deviation over the rows of each trial.

    Parameters
    ----------
    rows : one for each training, with the columns trial and those of `forms`.
    forms : column -> how its numbers are written, such as ".1%".

    Returns a row per trial, in their order, and a column per form. One seed alone has no spread.
    """
    grouped = rows.groupby("trial", sort=False)
    means, spreads, counts = grouped.mean(numeric_only=True), grouped.std(numeric_only=True), grouped.size()
    return pd.DataFrame(
        {
            column: [
                f"{means[column][trial]:{form}}"
                + (f" ± {spreads[column][trial]:{form}}" if counts[trial] > 1 else "")
                for trial in means.index
            ]
            for column, form in forms.items()
        },
        index=means.index,
    )
