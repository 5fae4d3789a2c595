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

EVERY = [(digit, kind) for digit, kinds in KINDS.items() for kind in kinds]


def write_kinds(count: int, seed: int) -> dict[tuple[int, str], Tensor]:
    """`count` digits of every kind, to test with: kind, such as (1, "upstroke") -> (count, 28, 28) uint8."""
    rng = np.random.default_rng(seed)
    return {kind: torch.from_numpy(write_digits(count, rng, kind)[0]) for kind in EVERY}


def stored_trainings() -> pd.DataFrame:
    """A row per training: what was asked, the network, what it learnt from, what it reads and refuses."""
    table = pd.read_csv(STORED / "your_own_digit.csv", keep_default_na=False)
    return table.assign(by_kind=table.by_kind.map(json.loads))


def kept_out(network: str) -> pd.DataFrame:
    """Leave one kind of digit out: a row per kind, the shares of right answers on digits of that kind.

    Columns: "before", by models that saw no generated digits; "kept out", by one that saw all other kinds;
    "taught", by models that saw all of them.
    """
    trainings = stored_trainings().query("network == @network")
    before = trainings.query("question == 'sources' and name == '+ other pens and places'")
    taught = trainings.query("question == 'kinds' and name == 'nothing'")
    alone = trainings.query("question == 'kinds'").set_index("name").kept_out
    names = [f"{digit} {kind}" for digit, kind in EVERY]
    columns = {
        "before": np.mean([*before.by_kind], axis=0),
        "kept out": alone[names].to_numpy(),
        "taught": np.mean([*taught.by_kind], axis=0),
    }
    return pd.DataFrame(columns, index=names)


def bought_by_sources() -> pd.DataFrame:
    """What each source of training images buys: means over both networks and all seeds, a row per source."""
    table = stored_trainings().query("question == 'sources'")
    measured = ["mnist", "bundled", "drawings", "kept_out", "scrawls", "letters"]
    return table.groupby("name", sort=False)[measured].mean()
