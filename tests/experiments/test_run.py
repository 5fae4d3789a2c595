"""Trials are what `train` gives, side by side, and none is computed twice."""

from functools import partial

import pandas as pd
import pytest
import torch

from mnist_helpers import Extras, Split, Splits, evaluate, train
from mnist_helpers.devices import cpu_threads
from mnist_helpers.experiments import Budget, Experiments, Trial, chosen_budget
from mnist_helpers.experiments import run as experiments
from mnist_helpers.networks import linear, mlp
from mnist_helpers.recipes import RandomAffine
from mnist_helpers.storage import cache_dir

SHORT = {"num_epochs": 2, "batch_size": 128, "device": "cpu"}
TRIALS = [
    *(Trial("narrow", partial(mlp, (8,)), SHORT, seed=seed) for seed in (0, 1)),
    Trial("dropout, few images", partial(mlp, (8,), dropout=0.5), SHORT, num_images=300),
    Trial("wild", mlp, {**SHORT, "learning_rate": 1e30}),
]


def accuracy(model, test):
    return {"test_accuracy": evaluate(model, test).accuracy}


@pytest.fixture(autouse=True)
def stored(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "STORED", tmp_path / "figures")
    monkeypatch.delenv("MNIST_RECOMPUTE", raising=False)
    monkeypatch.delenv("MNIST_BUDGET", raising=False)
    return tmp_path / "figures" / "demo.csv"


@pytest.fixture(scope="module")
def results(tiny_splits, tmp_path_factory):
    """Computed once: at the short budget nothing is kept."""
    return Experiments("demo", tiny_splits, Budget.SHORT, accuracy).run(TRIALS)


def test_a_trial_is_the_training_it_describes(results, tiny_splits):
    torch.manual_seed(1)
    model = mlp((8,))
    with cpu_threads(1):
        expected = train(model, tiny_splits, seed=1, progress=False, **SHORT)
    rows = results[(results.trial == "narrow") & (results.seed == 1)]
    assert rows.epoch.tolist() == [1, 2]
    for curve in ("train_loss", "train_accuracy", "val_loss", "val_accuracy"):
        assert rows[curve].tolist() == pytest.approx(getattr(expected, curve), rel=1e-6)
    assert rows.test_accuracy.iloc[-1] == pytest.approx(evaluate(model, tiny_splits.test).accuracy)
    assert rows.test_accuracy.isna().iloc[0]


def test_the_same_seed_gives_the_same_numbers_twice_and_another_seed_others(results, tiny_splits, capsys):
    dropout = next(trial for trial in TRIALS if "dropout" in trial.name)
    again = Experiments("demo", tiny_splits, Budget.SHORT).run([dropout])
    first = results[results.trial == dropout.name]
    assert again.val_loss.tolist() == first.val_loss.tolist()
    narrow = results[results.trial == "narrow"].pivot(index="epoch", columns="seed", values="val_loss")
    assert (narrow[0] != narrow[1]).all()
    assert "1 training at the short budget: 0 read from stored results, 1 computed now." in (
        capsys.readouterr().out
    )


def test_a_diverged_training_ends_in_an_infinite_loss(results):
    wild = results[results.trial == "wild"]
    assert wild.epoch.tolist() == [1]
    assert wild.val_loss.tolist() == [float("inf")]
    assert wild.test_accuracy.isna().all()


def test_nothing_is_computed_twice_and_new_trials_join(tiny_splits, stored, capsys):
    first = Experiments("demo", tiny_splits, Budget.FULL, accuracy).run(TRIALS[:1])
    later = Experiments("demo", tiny_splits, Budget.FULL, accuracy).run(TRIALS[:2])
    assert "2 trainings at the full budget: 1 read from stored results, 1 computed now." in (
        capsys.readouterr().out
    )
    assert later[later.seed == 0].val_loss.tolist() == pytest.approx(first.val_loss.tolist(), rel=1e-5)
    assert not stored.exists()  # what a learner computes goes to the cache folder


@pytest.mark.parametrize("change", ["model", "settings", "num_images", "seed", "measure", "data"])
def test_whatever_goes_into_a_trial_is_part_of_its_key(tiny_splits, change):
    def key(**changed):
        parts = {"model": mlp, "settings": SHORT, "num_images": None, "seed": 0, **changed}
        measure, splits = parts.pop("measure", None), parts.pop("data", tiny_splits)
        return Experiments("demo", splits, Budget.SHORT, measure)._key(Trial("any", **parts))

    other = {
        "model": partial(mlp, (128, 65)), "settings": {**SHORT, "num_epochs": 3}, "num_images": 10,
        "seed": 1, "measure": accuracy, "data": type(tiny_splits)(*[tiny_splits.val] * 3),
    }  # fmt: skip
    assert key() == key() != key(**{change: other[change]})


def test_the_name_is_only_a_name(tiny_splits):
    first, second = (Trial(name, mlp, SHORT) for name in ("one", "other"))
    results = Experiments("demo", tiny_splits, Budget.SHORT).run([first, second])
    assert results.trial.tolist() == ["one", "one", "other", "other"]


def test_recomputing_stores_beside_the_figures(tiny_splits, stored, monkeypatch):
    monkeypatch.setenv("MNIST_RECOMPUTE", "1")
    Experiments("demo", tiny_splits, Budget.FULL).run(TRIALS[:1])
    monkeypatch.delenv("MNIST_RECOMPUTE")
    assert stored.read_text(encoding="utf-8").count("narrow") == 2
    monkeypatch.setattr(experiments, "run_trial", None)
    assert len(Experiments("demo", tiny_splits, Budget.FULL).run(TRIALS[:1])) == 2


def test_a_table_is_remembered_with_its_settings(tiny_splits):
    calls = []

    def compute():
        calls.append(1)
        return results_table

    results_table = pd.DataFrame({"way": ["a"], "seconds": [1.5]})
    for settings in ({}, {}, {"repeats": 3}):
        table = Experiments("demo", tiny_splits, Budget.FULL).remember("speed", compute, **settings)
        assert table.to_dict("records") == [{"way": "a", "seconds": 1.5}]
    assert len(calls) == 2


def stop(images, generator):
    raise KeyboardInterrupt  # as Ctrl-C does, in the middle of an epoch


def stop_later(images, generator, calls=[]):  # noqa: B006 -- it counts, in whatever process it runs
    calls.append(1)
    return stop(images, generator) if len(calls) > 13 else images


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_training_is_no_result(tiny_splits, monkeypatch, capsys, workers):
    monkeypatch.setattr(experiments.psutil, "cpu_count", lambda logical: workers)
    stopped = Trial("stopped", mlp, {**SHORT, "augment": stop_later})  # after one epoch of two
    demo = Experiments("demo", tiny_splits, Budget.FULL, accuracy)
    demo.run(TRIALS[:1])
    with pytest.raises(KeyboardInterrupt):
        demo.run([stopped])
    assert "Interrupted: 0 of 1 trainings are kept; run it again to go on." in capsys.readouterr().out
    stored = next(cache_dir().glob("experiments/demo.csv")).read_text(encoding="utf-8")
    assert "stopped" not in stored
    assert "narrow" in stored


def test_a_trial_is_trained_with_what_is_told_of_it_side_by_side(tiny_splits):
    settings = {**SHORT, "patience": 1, "augment": RandomAffine(), "learning_rate": 0.002}
    model, history = Trial("any", partial(mlp, (8,)), settings, num_images=200, seed=3).train(tiny_splits)
    torch.manual_seed(3)
    expected = mlp((8,))
    few = Split(tiny_splits.train.images[:200], tiny_splits.train.labels[:200])
    train(
        expected, Splits(few, tiny_splits.val, tiny_splits.test), seed=3, learning_rate=0.002, progress=False,
        extras=Extras(patience=1, augment=RandomAffine()), **SHORT,
    )  # fmt: skip
    assert torch.equal(model[1].weight, expected[1].weight)
    assert history.num_epochs == 2


@pytest.mark.parametrize("num_images", [0, 2.5])
def test_a_number_of_images_is_whole(num_images):
    with pytest.raises(ValueError, match="num_images must be a whole number above 0"):
        Trial("any", mlp, num_images=num_images)


def test_the_budget_is_full_unless_the_environment_says_short_which_is_said(monkeypatch, capsys):
    assert chosen_budget().pick(full=10, short=1) == 10
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("MNIST_BUDGET", "short")
    assert chosen_budget().pick(full=10, short=1) == 1
    assert "What the text says needs the full budget." in capsys.readouterr().out
    monkeypatch.setenv("MNIST_BUDGET", "endless")
    with pytest.raises(ValueError, match="must be 'full' or 'short', not 'endless'"):
        chosen_budget()


def test_compare_gives_every_recipe_what_all_share_and_every_seed(monkeypatch, tiny_splits):
    ran = []
    monkeypatch.setattr(Experiments, "run", lambda self, trials: ran.extend(trials))
    together = Experiments("demo", tiny_splits, Budget.SHORT, seeds=(3, 4))
    special = {"plain": {}, "own": {"model": mlp, "seeds": [7], "num_images": 5, "num_epochs": 9}}
    together.compare(special, model=linear, num_images=200, num_epochs=2, patience=1)
    shared = {"num_epochs": 2, "patience": 1}
    assert ran == [
        *(Trial("plain", linear, shared, 200, seed) for seed in (3, 4)),
        Trial("own", mlp, shared | {"num_epochs": 9}, 5, 7),
    ]


def test_a_recipe_without_a_model_or_with_a_setting_that_nobody_knows_is_refused(tiny_splits):
    together = Experiments("demo", tiny_splits, Budget.SHORT)
    with pytest.raises(ValueError, match=r"'b' has no model; give one to it or to all"):
        together.compare({"a": {"model": mlp}, "b": {}})
    with pytest.raises(ValueError, match=r"'a': train has no setting 'batchsize'; it has augment, "):
        together.compare({"a": {}}, model=mlp, batchsize=7)


@pytest.mark.parametrize("name", ["short", " SHORT ", '"short"', "'Short'\n"])
def test_a_budget_is_understood_however_a_shell_hands_it_over(monkeypatch, name):
    monkeypatch.setenv("MNIST_BUDGET", name)
    assert chosen_budget() is Budget.SHORT


@pytest.mark.parametrize("said", ["false", "no", "off", "true", "-1", "x" * 500])
def test_only_a_1_computes_again_and_writes_over_what_the_course_shows(monkeypatch, tiny_splits, said):
    monkeypatch.setenv("MNIST_RECOMPUTE", said)
    with pytest.raises(
        ValueError, match=r"^MNIST_RECOMPUTE must be '0' or '1', not .*; set it to one of them, or"
    ):
        Experiments("demo", tiny_splits, Budget.FULL)


@pytest.mark.parametrize("empty", ["", " ", "0"])
def test_empty_variables_are_as_good_as_none(monkeypatch, tiny_splits, stored, empty):
    """A shell's `export MNIST_RECOMPUTE=0` must not write over the results that the course shows."""
    monkeypatch.setenv("MNIST_BUDGET", empty.replace("0", ""))
    monkeypatch.setenv("MNIST_RECOMPUTE", empty)
    assert chosen_budget() is Budget.FULL
    experiment = Experiments("demo", tiny_splits, Budget.FULL)
    experiment.remember("table", lambda: pd.DataFrame({"a": [1]}))
    assert not stored.exists()
