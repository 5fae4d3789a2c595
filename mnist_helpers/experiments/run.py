"""Many trainings, compared: described one by one, run side by side, and remembered."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import psutil
from torch import nn
from tqdm import tqdm

from mnist_helpers.devices import pick_device
from mnist_helpers.experiments.keys import fingerprint, key_of
from mnist_helpers.experiments.results import ResultsFile
from mnist_helpers.experiments.trials import Measure, Trial, run_trial
from mnist_helpers.preprocessing import Splits
from mnist_helpers.storage import cache_dir

STORED = Path(__file__).parent / "stored"  # the results that the course shows
MAX_WORKERS = 8


class Budget(StrEnum):
    """How much to spend: "full" for the results the course shows, "short" to see everything run."""

    FULL = "full"
    SHORT = "short"

    def pick(self, full, short):
        """The one or the other."""
        return full if self is Budget.FULL else short


def chosen_budget() -> Budget:
    """ "full", unless the environment variable MNIST_BUDGET says "short", which is told.

    Raises
    ------
    ValueError
        The variable says something else.
    """
    budget = Budget(_told("MNIST_BUDGET", "full", "short"))
    if budget is Budget.SHORT:
        print("MNIST_BUDGET is short: you see everything run. What the text says needs the full budget.")
    return budget


def _told(variable: str, usual: str, other: str) -> str:
    """What the environment variable says, which is one of two; `usual` if it is empty or not set.

    Windows' `set` keeps the quotes around a value.
    """
    said = os.environ.get(variable, "").strip(" \t\n\"'").lower() or usual
    if said not in (usual, other):
        raise ValueError(
            f"{variable} must be {usual!r} or {other!r}, not {said!r:.60}; set it to one of them, or unset it"
        )
    return said


class Experiments:
    """Trainings on one set of data, and the memory of their results.

    What was computed once is only read the next time: from the CSV file that comes with the package, or
    from the cache folder what you computed yourself. With the variable MNIST_RECOMPUTE set to 1, as
    `make experiments` does, everything is computed again and stored there.

    Parameters
    ----------
    name : of the CSV file, without its ending.
    splits : what the trials learn from.
    budget : results of the full budget are remembered, those of the short one are not.
    measure : called as `measure(model, splits.test)` with every trained model; the numbers it returns
        join the results.
    seeds : with each of which `compare` does every training.
    """

    def __init__(
        self, name: str, splits: Splits, budget: Budget, measure: Measure | None = None,
        seeds: Sequence[int] = (0,),
    ):  # fmt: skip
        self.splits, self.budget, self.measure, self.seeds = splits, budget, measure, seeds
        self._data = fingerprint(splits)
        stored, own = STORED / f"{name}.csv", cache_dir() / "experiments" / f"{name}.csv"
        if budget is Budget.SHORT:
            self._results = ResultsFile(None)
        elif _told("MNIST_RECOMPUTE", "0", "1") == "1":
            self._results = ResultsFile(stored)
        else:
            self._results = ResultsFile(own, sources=(stored, own))

    def compare(
        self, recipes: Mapping[str, Mapping[str, Any]], *, model: Callable[[], nn.Module] | None = None,
        num_images: int | None = None, seeds: Sequence[int] | None = None, **shared: Any,
    ) -> pd.DataFrame:  # fmt: skip
        """The results of every recipe with every seed, as `run` gives them.

            experiments.compare({"plain": {}, "dropout": {"model": partial(mlp, dropout=0.5)}},
                                model=mlp, num_epochs=10)

        Parameters
        ----------
        recipes : name -> what is special about this recipe, any of the settings below.
        model, num_images, seeds, shared : what all recipes have in common: the fields of a `Trial`, and what
            `train` and `Extras` are given.

        Raises
        ------
        ValueError
            A recipe has no model, or `train` knows no setting of this name.
        """
        common = {"model": model, "num_images": num_images, "seeds": seeds or self.seeds} | shared
        trials = []
        for name, special in recipes.items():
            settings = {**common, **special}
            own_model, number, own_seeds = map(settings.pop, ("model", "num_images", "seeds"))
            if own_model is None:
                raise ValueError(f"{name!r} has no model; give one to it or to all, as model=mlp")
            trials += [Trial(name, own_model, settings, number, seed) for seed in own_seeds]
        return self.run(trials)

    def run(self, trials: Iterable[Trial]) -> pd.DataFrame:
        """The results of all trials: one row per epoch of each.

        Columns: trial, seed, epoch (from 1), train_loss, train_accuracy, val_loss, val_accuracy, seconds
        (of the whole training, on one processor core); and in each trial's last row what `measure`
        gave. A training that diverged has the rows of its sound epochs, and one row with an infinite
        loss.

        Raises
        ------
        KeyboardInterrupt
            It was interrupted. That loses the trainings under way, nothing else: run it again to go on.
        """
        keyed = [(self._key(trial), trial) for trial in trials]
        missing = {key: trial for key, trial in keyed if key not in self._results}
        done = 0
        try:
            for key, rows in self._compute(missing):
                self._results.add(key, rows)
                done += 1
        except KeyboardInterrupt:
            print(f"Interrupted: {done} of {len(missing)} trainings are kept; run it again to go on.")
            raise
        print(
            f"{len(keyed)} training{'s' * (len(keyed) != 1)} at the {self.budget} budget: "
            f"{len(keyed) - len(missing)} read from stored results, {len(missing)} computed now."
        )
        tables = [self._results.get(key).assign(trial=trial.name, seed=trial.seed) for key, trial in keyed]
        table = pd.concat(tables, ignore_index=True).astype({"epoch": int, "seed": int})
        return table[["trial", "seed", "epoch", *table.columns.drop(["trial", "seed", "epoch"])]]

    def remember(self, name: str, compute: Callable[[], pd.DataFrame], **settings: object) -> pd.DataFrame:
        """The table that `compute` makes, kept under its name, its settings and the data."""
        key = key_of(table=name, data=self._data, settings=settings)
        if key not in self._results:
            self._results.add(key, compute().assign(trial=name))
        return self._results.get(key).drop(columns="trial")

    def _key(self, trial: Trial) -> str:
        return key_of(
            data=self._data, model=trial.model, settings=trial.settings, num_images=trial.num_images,
            seed=trial.seed, measure=self.measure,
        )  # fmt: skip

    def _compute(self, trials: Mapping[str, Trial]) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield key and rows of each trial as it ends; each has one core, and all cores are busy."""
        if not trials:
            return
        # Short trainings take less time than it takes to start processes for them.
        one_at_a_time = pick_device().type != "cpu" or self.budget is Budget.SHORT
        workers = 1 if one_at_a_time else min(psutil.cpu_count(logical=False) or 1, MAX_WORKERS, len(trials))
        arrays = [  # joblib shares arrays between processes, not tensors
            tensor.numpy()
            for split in (self.splits.train, self.splits.val, self.splits.test)
            for tensor in (split.images, split.labels)
        ]
        with (
            joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=1),
            tqdm(total=len(trials), unit="training", file=sys.stdout, leave=False) as bar,
        ):
            parallel = joblib.Parallel(return_as="generator_unordered", mmap_mode="c")
            job = joblib.delayed(run_trial)
            jobs = (job(key, trial, arrays, self.measure) for key, trial in trials.items())
            for key, rows in parallel(jobs):
                yield key, rows
                bar.set_postfix_str(trials[key].name, refresh=False)
                bar.update()
