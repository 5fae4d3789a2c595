"""Other people's digits: every kind of them, and what was measured of models that had some kinds kept out.

`tests/benchmarks/bench_hand.py` made the stored results, one training per row.
"""

import json

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mnist_helpers.digits import KINDS, write_digits
from mnist_helpers.experiments import STORED

# Of the kinds of scrawls, which were kept out of one stored training and which of the other.
SCRAWLS_OUT = {
    "odd": ["letter", "written letter", "scribble", "strokes"],
    "even": ["two digits", "lines", "blob", "shape", "turned digit"],
}
EVERY = [(digit, kind) for digit, kinds in KINDS.items() for kind in kinds]


def write_kinds(count: int, seed: int) -> dict[tuple[int, str], Tensor]:
    """`count` digits of every kind, to test with: kind, such as (1, "upstroke") -> (count, 28, 28) uint8."""
    rng = np.random.default_rng(seed)
    return {kind: torch.from_numpy(write_digits(count, rng, kind)[0]) for kind in EVERY}


def typical(group: Tensor) -> Tensor:
    """The picture nearest to the mean of a group, (n, h, w) -> (h, w): none with a broken stroke, say."""
    pictures = group.float()
    return group[(pictures - pictures.mean(dim=0)).square().sum(dim=(1, 2)).argmin()]


def stored_trainings(question: str, network: str | None = None) -> pd.DataFrame:
    """A row per training, of one network or of both: what it learnt from, what it reads and refuses."""
    table = pd.read_csv(STORED / "your_own_digit.csv").fillna({"fold": ""})
    table = table[(table.question == question) & ((table.network == network) | (network is None))]
    return table.assign(by_kind=table.by_kind.map(json.loads))


def kept_out(network: str) -> pd.DataFrame:
    """How well each kind of digit is read: a row per kind, shares of right answers on new digits of it.

    Columns: "before", by a model that saw no generated digits; "kept out", by one that saw every kind but
    this one; "taught", by models that saw all of them.
    """
    by_kind = stored_trainings("kinds", network).set_index("name").by_kind
    names = [f"{digit} {kind}" for digit, kind in EVERY]
    unseen = [by_kind[name][place] for place, name in enumerate(names)]
    taught = np.mean([*by_kind["nothing"]], axis=0)
    return pd.DataFrame({"before": by_kind["every kind"], "kept out": unseen, "taught": taught}, names)


def bought_by_sources() -> pd.DataFrame:
    """What each source of training images buys: a row per source, means over both networks.

    Columns: shares of right answers on MNIST's test set ("mnist"), on scikit-learn's digits ("bundled"), and
    on generated digits of kinds that were not learnt ("kept_out").
    """
    return stored_trainings("sources").groupby("name", sort=False)[["mnist", "bundled", "kept_out"]].mean()


def refused_scrawls(network: str) -> pd.DataFrame:
    """The shares of scrawls that are refused, a row per kind: by a model that learnt it, by one that did not.

    The limit refuses one digit in a hundred.
    """
    shares = stored_trainings("scrawls", network).set_index("fold").by_scrawl.map(json.loads)
    folds = {kind: fold for fold, kinds in SCRAWLS_OUT.items() for kind in kinds}
    other = dict(zip(SCRAWLS_OUT, reversed(SCRAWLS_OUT), strict=True))
    rows = {kind: (shares[other[fold]][kind], shares[fold][kind]) for kind, fold in folds.items()}
    return pd.DataFrame.from_dict(rows, "index", columns=["learnt", "kept out"])
