"""What each source of training images buys, and how well a kind of digit is read that was kept out.

    python tests/benchmarks/bench_hand.py [SECONDS] [PROCESSES]

adds to experiments/stored/your_own_digit.csv, which the page "Your own digit" shows, the trainings that are not
in it yet, a row for each. Nothing new begins after SECONDS. A core takes one to six minutes for each; those of
sources, and of kinds up to "6 loop last", ran on one H200.

`question` "sources": MNIST, and one more source; with generated digits, every second kind of each digit is kept out
(`fold`). "kinds": all sources, and the kind `name` kept out, or every kind, or nothing; with scrawls of seven kinds,
before there were turned digits and strokes. "scrawls": all sources, and the scrawls of `fold` kept out.
Columns: shares of right answers on MNIST's test set (`mnist`), scikit-learn's bundled digits (`bundled`), the app
tests' drawings (`drawings`), generated digits of the kinds kept out (`kept_out`) and of each kind (`by_kind`, in the
order of KINDS); what is refused of `scrawls` (of each kind: `by_scrawl`) and printed `letters` below `limit`.
"""  # noqa: E501

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice

import numpy as np
import pandas as pd
import torch
from bench_gpu import bent

from mnist_helpers import flatten, load_embedded_digits, load_mnist, normalise, predict_logits, preprocess
from mnist_helpers.app.recipe import (
    DIGITS,
    MODELS,
    Recipe,
    Sources,
    least_digit_probability,
    train_by_recipe,
)
from mnist_helpers.digits import KINDS, SCRAWLS, draw_scrawls, prepare_drawing, random_drawing, write_digits
from mnist_helpers.experiments import STORED
from mnist_helpers.extensions.trusting_the_model.printed import NOT_LIKE_DIGITS, printed
from mnist_helpers.extensions.your_own_digit.strangers import EVERY, SCRAWLS_OUT
from mnist_helpers.preprocessing import Split, Splits
from mnist_helpers.recipes import digit_probability, redraw
from mnist_helpers.recipes.generated import scrawled, written

# Every second kind of each digit is kept out in one training, the others in another.
FOLDS = {
    "even": [(d, kind) for d, kinds in KINDS.items() for kind in list(kinds)[::2]],
    "odd": [(d, kind) for d, kinds in KINDS.items() for kind in list(kinds)[1::2]],
}
SOURCES = {
    "MNIST alone": Sources(0, 0, None),
    "+ other pens and places": Sources(0, 0),
    "+ elastic bends": Sources(0, 0, lambda images, generator: redraw(bent(images, generator), generator)),
    "+ bundled digits": Sources(0, 0),
    "+ generated digits": Sources(DIGITS, 0),
}
# Epochs and batch size; one by one there are many kinds, so those are trained faster.
LONG, SHORT = {"mlp": 14, "small_cnn": 9}, {"mlp": 12, "small_cnn": 8}
BUDGETS = {"sources": (LONG, 256), "scrawls": (LONG, 256), "kinds": (SHORT, 1024)}
RATES = {"mlp": 4e-3, "small_cnn": 1e-2}
KEYS = ["question", "network", "name", "seed", "fold"]
WORLD = {}


def prepare(tests_of_each: int = 80) -> None:
    """All pictures to learn from and to test with, made before the processes part."""
    rng = np.random.default_rng(99)
    written(DIGITS, 0)
    scrawled(Sources().scrawls, 0)
    drawings = [prepare_drawing(random_drawing(index % 10, rng).render()) for index in range(500)]
    bundled = load_embedded_digits()
    scrawls, kinds = draw_scrawls(len(SCRAWLS) * tests_of_each, rng)
    splits = preprocess(load_mnist())
    together = Split(
        torch.cat([splits.train.images, *[_pixels(bundled.train_images)] * 3]),
        torch.cat([splits.train.labels, *[bundled.train_labels.long()] * 3]),
    )
    WORLD.update(
        splits=splits,
        **{"with bundled": Splits(together, splits.val, splits.test)},
        kinds={kind: _pixels(write_digits(tests_of_each, rng, kind)[0]) for kind in EVERY},
        drawings=(_pixels(np.stack(drawings)), torch.arange(500) % 10),
        bundled=(_pixels(bundled.test_images), bundled.test_labels.long()),
        scrawls=(_pixels(scrawls), kinds),
        letters=_pixels(printed(NOT_LIKE_DIGITS)),
    )


def _pixels(images):
    return flatten(normalise(torch.as_tensor(images)))


def jobs(seeds: int = 3) -> list[dict]:
    """Every training of the table, as a dictionary with the keys `KEYS`."""
    names = [("sources", name, fold) for name, source in SOURCES.items() for fold in _folds(source.digits)]
    names += [("scrawls", "all", fold) for fold in SCRAWLS_OUT]
    names += [
        ("kinds", name, "") for name in ["nothing", "every kind", *("{} {}".format(*kind) for kind in EVERY)]
    ]
    return [
        dict(zip(KEYS, (question, network, name, seed, fold), strict=True))
        for question, name, fold in names for network in RATES
        for seed in range(seeds if name == "nothing" else 1)
    ]  # fmt: skip


def _folds(digits: int) -> list[str]:
    return [*FOLDS] if digits else [""]


def measured(job: dict) -> dict:
    """One training, and what its model reads."""
    question, network, name, seed, fold = (job[key] for key in KEYS)
    epochs, batch_size = BUDGETS[question]
    kinds_out = [kind for kind in EVERY if name in ("every kind", "{} {}".format(*kind))]
    without = FOLDS.get(fold, []) if question == "sources" else kinds_out
    recipe = Recipe(epochs[network], RATES[network], SOURCES.get(name, Sources()))
    torch.manual_seed(seed)
    model = MODELS[network][1]()
    train_by_recipe(
        model, WORLD["with bundled" if name == "+ bundled digits" else "splits"], recipe, without,
        SCRAWLS_OUT[fold] if question == "scrawls" else [], batch_size, seed, progress=False,
    )  # fmt: skip

    def share(images, labels):
        return (predict_logits(model, images).argmax(dim=1) == labels).float().mean().item()

    def refused(images):
        return (digit_probability(predict_logits(model, images)) < limit).float()

    splits = WORLD["splits"]
    limit = least_digit_probability(model, splits.val.images)
    by_kind = {kind: share(images, kind[0]) for kind, images in WORLD["kinds"].items()}
    images, kinds = WORLD["scrawls"]
    by_scrawl = pd.Series(refused(images).double().numpy()).groupby(kinds).mean()
    out = SCRAWLS_OUT[fold] if question == "scrawls" else [*by_scrawl.index]
    return job | {
        "mnist": share(splits.test.images, splits.test.labels),
        "bundled": share(*WORLD["bundled"]),
        "drawings": share(*WORLD["drawings"]),
        "kept_out": np.mean([by_kind[kind] for kind in without or EVERY]),
        "by_kind": json.dumps([round(value, 4) for value in by_kind.values()]),
        "limit": limit,
        "scrawls": by_scrawl[out].mean(),
        "letters": refused(WORLD["letters"]).mean().item(),
        "by_scrawl": by_scrawl.round(3).to_json(),
    }


def main(seconds: float = 1e9, processes: int = 1, todo=None, path=STORED / "your_own_digit.csv") -> None:
    begin = time.perf_counter()
    table = pd.read_csv(path).fillna({"fold": ""}) if path.exists() else pd.DataFrame(columns=KEYS)
    known = set(map(tuple, table[KEYS].astype(str).to_numpy().tolist()))
    waiting = (job for job in todo or jobs() if tuple(map(str, job.values())) not in known)
    prepare()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        running = {pool.submit(measured, job) for job in islice(waiting, processes)}
        while running:
            done = next(as_completed(running))
            running.discard(done)
            table = pd.concat([table, pd.DataFrame([done.result()]).round(4)])
            table.to_csv(path, index=False)
            if time.perf_counter() - begin < seconds and (job := next(waiting, None)):
                running.add(pool.submit(measured, job))
    print(f"{len(table)} trainings are stored, after {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*(kind(text) for kind, text in zip((float, int), sys.argv[1:], strict=False)))
