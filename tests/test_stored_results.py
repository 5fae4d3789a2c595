"""What the pages say of stored results: the tables are fixed, so the prose may name their numbers.

Each test names the page and quotes what it says, word for word; " … " leaves words out. The notebooks'
contract holds the quotes against the pages.
"""

from functools import cache

import pandas as pd

from mnist_helpers.experiments import STORED

SAID = []  # (page, quote) of every claim that is tested here


def says(page, *quotes):
    """The decorated test holds these sentences of a page to the stored results."""

    def remember(test):
        SAID.extend((page, quote) for quote in quotes)
        return test

    return remember


@cache
def stored(page):
    return pd.read_csv(STORED / f"{page}.csv")
