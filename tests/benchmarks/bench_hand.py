"""What each source of training images buys, and how well a kind of digit is read that was kept out.

    python tests/benchmarks/bench_hand.py [SECONDS] [PROCESSES] [RESULTS.csv]

writes experiments/stored/your_own_digit.csv, which the page "Your own digit" shows: one row per training.
Nothing new begins after SECONDS. On one H100 and 6 processes it takes about 5 minutes, on a core some hours.

Columns: `question` (sources, kinds or scrawls), `network`, `name` of the source or of the kind kept out, `seed`,
`fold` of the kinds that were kept out; shares of right answers on MNIST's test set (`mnist`), on scikit-learn's bundled
digits (`bundled`), on the app tests' drawings (`drawings`), on generated digits of the kinds kept out (`kept_out`) and of
all kinds (`by_kind`, in the order of KINDS); `scrawls` and `letters` refused where one digit in a hundred is.
"""  # noqa: E501

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
import pandas as pd
import torch

from mnist_helpers import flatten, load_embedded_digits, load_mnist, normalise, predict_logits, preprocess
from mnist_helpers.app.recipe import DIGITS, SCRAWLS, Sources, least_digit_probability, train_by_recipe
from mnist_helpers.digits import KINDS, draw_scrawls, prepare_drawing, random_drawing, write_digits
from mnist_helpers.digits import SCRAWLS as KINDS_OF_SCRAWLS
from mnist_helpers.experiments import STORED
from mnist_helpers.extensions.trusting_the_model.printed import NOT_LIKE_DIGITS, printed
from mnist_helpers.recipes import digit_probability
from mnist_helpers.recipes.generated import scrawled, written

EVERY = [(digit, kind) for digit, kinds in KINDS.items() for kind in kinds]
# Every second kind of each digit is kept out in one training, the others in another.
FOLDS = {
    "even": [(d, kind) for d, kinds in KINDS.items() for kind in list(kinds)[::2]],
    "odd": [(d, kind) for d, kinds in KINDS.items() for kind in list(kinds)[1::2]],
}
SOURCES = {
    "MNIST alone": Sources(0, 0, None),
    "+ other pens and places": Sources(0, 0),
    "+ generated digits": Sources(DIGITS, 0),
    "+ scrawls": Sources(),
}
EPOCHS = {"mlp": 12, "small_cnn": 8}
WORLD = {}


def prepare(tests_of_each: int = 80) -> None:
    """All pictures to learn from and to test with, made before the processes part."""
    rng = np.random.default_rng(99)
    written(DIGITS, 0)
    scrawled(SCRAWLS, 0)
    drawings = [prepare_drawing(random_drawing(index % 10, rng).render()) for index in range(500)]
    bundled = load_embedded_digits()
    scrawls, kinds = draw_scrawls(7 * tests_of_each, rng)
    WORLD.update(
        splits=preprocess(load_mnist()),
        kinds={kind: _pixels(write_digits(tests_of_each, rng, kind)[0]) for kind in EVERY},
        drawings=(_pixels(np.stack(drawings)), torch.arange(500) % 10),
        bundled=(
            _pixels(torch.cat([bundled.train_images, bundled.test_images])),
            torch.cat([bundled.train_labels, bundled.test_labels]).long(),
        ),
        scrawls=(_pixels(scrawls), kinds),
        letters=_pixels(printed(NOT_LIKE_DIGITS)),
    )


def _pixels(images):
    return flatten(normalise(torch.as_tensor(images)))


def jobs(seeds: int = 3) -> list[dict]:
    """Every training of the table, the first seed of all of them first."""
    both = ("mlp", "small_cnn")
    of_sources = [
        {"question": "sources", "network": network, "name": name, "seed": seed, "fold": fold}
        for seed in range(seeds) for name in SOURCES for network in both
        for fold in (FOLDS if SOURCES[name].digits else ("",))
    ]  # fmt: skip
    of_kinds = [
        {"question": "kinds", "network": network, "name": f"{digit} {kind}", "seed": 0, "fold": ""}
        for digit, kind in EVERY for network in both
    ]  # fmt: skip
    of_scrawls = [
        {"question": "scrawls", "network": network, "name": name, "seed": 0, "fold": ""}
        for name in KINDS_OF_SCRAWLS for network in both
    ]  # fmt: skip
    everything = [
        {"question": "kinds", "network": network, "name": "nothing", "seed": seed, "fold": ""}
        for seed in range(seeds) for network in both
    ]  # fmt: skip
    first = len(of_sources) // seeds
    return everything + of_kinds + of_sources[:first] + of_scrawls + of_sources[first:]


def measured(job: dict) -> dict:
    """One training, and what its model reads."""
    begin, splits = time.perf_counter(), WORLD["splits"]
    without = FOLDS.get(job["fold"], [kind for kind in EVERY if "{} {}".format(*kind) == job["name"]])
    model, _ = train_by_recipe(
        job["network"], splits, SOURCES.get(job["name"], Sources()), without,
        [job["name"]] if job["question"] == "scrawls" else [],
        EPOCHS[job["network"]], batch_size=1024, seed=job["seed"], progress=False,
    )  # fmt: skip

    def share(images, labels):
        return (predict_logits(model, images).argmax(dim=1) == labels).float().mean().item()

    def refused(images):
        return (digit_probability(predict_logits(model, images)) < limit).float()

    limit = least_digit_probability(model, splits.val.images)
    by_kind = {kind: share(images, kind[0]) for kind, images in WORLD["kinds"].items()}
    scrawls, kinds = WORLD["scrawls"]
    chosen = [job["question"] != "scrawls" or kind == job["name"] for kind in kinds]
    return job | {
        "mnist": share(splits.test.images, splits.test.labels),
        "bundled": share(*WORLD["bundled"]),
        "drawings": share(*WORLD["drawings"]),
        "kept_out": np.mean([by_kind[kind] for kind in without or EVERY]),
        "by_kind": json.dumps([round(value, 4) for value in by_kind.values()]),
        "limit": limit,
        "scrawls": refused(scrawls)[chosen].mean().item(),
        "letters": refused(WORLD["letters"]).mean().item(),
        "drawings_refused": refused(WORLD["drawings"][0]).mean().item(),
        "bundled_refused": refused(WORLD["bundled"][0]).mean().item(),
        "seconds": time.perf_counter() - begin,
    }


def main(seconds: float = 1e9, processes: int = 1, path=STORED / "your_own_digit.csv", todo=None) -> None:
    begin, rows = time.perf_counter(), []
    prepare()
    print(f"prepared after {time.perf_counter() - begin:.0f} s", flush=True)
    waiting = iter(jobs() if todo is None else todo)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        running = {pool.submit(measured, job) for job, _ in zip(waiting, range(processes), strict=False)}
        while running:
            done = next(as_completed(running))
            running.discard(done)
            rows.append(done.result())
            pd.DataFrame(rows).round(4).to_csv(path, index=False)
            if time.perf_counter() - begin < seconds and (job := next(waiting, None)):
                running.add(pool.submit(measured, job))
    print(f"{len(rows)} trainings in {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*(kind(text) for kind, text in zip((float, int, str), sys.argv[1:], strict=False)))
