"""Every framework answers alike, learns alike, and a missing one is a row that says how to get it."""

import dataclasses
import importlib
import io
import json
import math
import os
import pickle
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import new_model
from scipy.special import log_softmax

from mnist_helpers import History, Split, Splits, evaluate, model, predict_logits, train
from mnist_helpers.extensions.framework_comparison import (
    compare,
    costs,
    ladder,
    registry,
    torch_train,
    worker,
)
from mnist_helpers.extensions.framework_comparison.compare import compare_frameworks, environment, new_task
from mnist_helpers.extensions.framework_comparison.registry import (
    BY_HAND,
    DATALOADER,
    FRAMEWORKS,
    JAX,
    LADDER,
    LOOPS,
    OURS,
    SKLEARN,
    TENSORFLOW,
    Framework,
)
from mnist_helpers.extensions.framework_comparison.sources import SideBySide, source_of
from mnist_helpers.extensions.framework_comparison.summary import as_text, summarise, times_as_long
from mnist_helpers.extensions.framework_comparison.task import (
    MEASURE_BATCH,
    exact_log_probabilities,
    loss_and_accuracy,
)

CHANCE = 0.1


@pytest.fixture(scope="module")
def few(tiny_splits) -> Splits:
    """Not a whole number of batches: 40 images."""
    return Splits(
        Split(tiny_splits.train.images[:40], tiny_splits.train.labels[:40]), tiny_splits.val, tiny_splits.test
    )


IN_ONE_PROCESS = """
import json, sys
from pathlib import Path
from mnist_helpers.extensions.framework_comparison.worker import run
for recipe, path, loop in json.loads(sys.argv[1]):
    print(json.dumps(run(recipe, Path(path), loop)))
"""


@pytest.fixture(scope="module")
def measured(tiny_splits, few) -> tuple[pd.DataFrame, dict[str, list[dict]]]:
    """All that is installed, for real, in few processes, since most of the time they import and compile.

    The rows: 310 images, two epochs. Then the loops that run in the processes of TensorFlow and JAX, too, on
    40 images, and JAX's recipe on 20.
    """
    alone, more = compare.run_recipe, {}
    twenty = Splits(Split(few.train.images[:20], few.train.labels[:20]), few.val, few.test)

    def run(name, framework, paths, threads, bar):
        jobs = [(framework.recipe, str(path), "") for path in paths]
        if name in (DATALOADER, BY_HAND, SKLEARN):  # they are loaded here already
            return [worker.run(recipe, Path(path)) for recipe, path, _ in jobs]
        if name not in (TENSORFLOW, JAX):
            return alone(name, framework, paths, threads, bar)
        with compare.written(new_task(few, 0, 2)) as forty, compare.written(new_task(twenty, 0, 1)) as batch:
            jobs += [(LADDER[name.split()[-1]].recipe, str(forty), loop) for loop in LOOPS]
            jobs += [(framework.recipe, str(batch), "")]
            result = subprocess.run(
                [sys.executable, "-c", IN_ONE_PROCESS, json.dumps(jobs)],
                env=environment(framework, threads), stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
        results = [json.loads(line) for line in result.stdout.splitlines()[-len(jobs) :]]
        more[name] = results[len(paths) :]
        return results[: len(paths)]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(compare, "run_recipe", run)
        return compare_frameworks(tiny_splits, rounds=1, num_epochs=2, num_images=310, fresh=False), more


@pytest.fixture(scope="module")
def runs(measured) -> pd.DataFrame:
    return measured[0]


def row(runs, name):
    found = runs.set_index("framework").loc[name]
    if isinstance(found.get("missing"), str):
        assert "MNIST_REQUIRE_FRAMEWORKS" not in os.environ, f"{found['missing']} must be installed here"
        pytest.skip(f"{found['missing']} not installed: {registry.INSTALL}")
    return found


every_framework = pytest.mark.parametrize("name", FRAMEWORKS)


@every_framework
def test_frameworks_agree_on_the_log_probabilities_of_given_weights(runs, name):
    assert row(runs, name).error <= 1e-4


@every_framework
def test_frameworks_agree_after_one_step(runs, name):
    """Loss, gradient and Adam are the same. Keras adds epsilon elsewhere: the last digits differ."""
    if not FRAMEWORKS[name].takes_weights:
        assert math.isnan(row(runs, name).step_difference)
    else:
        assert row(runs, name).step_difference <= 1e-3


@every_framework
def test_frameworks_learn_and_are_measured(runs, name):
    found = row(runs, name)
    assert found.train_accuracy > 4 * CHANCE
    assert found.val_accuracy > 4 * CHANCE
    assert found.test_accuracy > 4 * CHANCE
    assert 0 < found.train_loss < math.log(10)
    assert 0 < found.val_loss < math.log(10)
    assert found.seconds > 0
    assert found.import_seconds > 0
    assert found.first_step_seconds > 0
    assert 50 < found.peak_mb < 50_000
    assert (found.compile_seconds == 0) == (not FRAMEWORKS[name].compiles)


def test_our_row_is_the_packages_training(runs, tiny_splits):
    model = new_model()
    part = Split(tiny_splits.train.images[:310], tiny_splits.train.labels[:310])
    splits = Splits(part, tiny_splits.val, tiny_splits.test)
    history = train(model, splits, num_epochs=2, device="cpu", progress=False)
    found = row(runs, OURS)
    assert found.val_loss == pytest.approx(history.val_loss[-1], rel=1e-4)
    assert found.train_accuracy == pytest.approx(history.train_accuracy[-1], abs=1e-6)
    assert found.test_accuracy == pytest.approx(evaluate(model, tiny_splits.test).accuracy, abs=1e-6)


@pytest.mark.parametrize("recipe", ["torch_train", "torch_dataloader", "torch_by_hand", "sklearn_recipe"])
def test_what_is_measured_is_the_trained_models_loss_and_accuracy(recipe, few):
    module = importlib.import_module(f"mnist_helpers.extensions.framework_comparison.{recipe}")
    task = new_task(few, seed=0, num_epochs=1)
    built = module.build(task)
    (measured,) = module.fit(built, task)
    learnt = log_softmax(module.logits(built, task.train[0]), axis=1)
    assert measured[:2] == pytest.approx(loss_and_accuracy(learnt, task.train[1]), rel=1e-4)
    learnt = log_softmax(module.logits(built, task.val[0]), axis=1)
    assert measured[2:] == pytest.approx(loss_and_accuracy(learnt, task.val[1]), rel=1e-4)


def test_half_a_training_is_not_compared(few, monkeypatch):
    monkeypatch.setattr(torch_train, "train", lambda *_, **settings: History(interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        list(torch_train.fit(new_model(), new_task(few, seed=0)))


@pytest.mark.parametrize("name", [TENSORFLOW, JAX])
def test_loops_take_the_same_steps_with_programs_and_without(measured, few, name):
    row(measured[0], name)
    with compare.written(new_task(few, seed=0, num_epochs=2)) as path:
        expected = worker.run("torch_loops", path, "eager step")["curves"]
    tolerance = 1e-2 if name == TENSORFLOW else 1e-4  # Keras adds Adam's epsilon elsewhere
    for found in measured[1][name][: len(LOOPS)]:
        assert found["error"] < 1e-4
        np.testing.assert_allclose(found["curves"], expected, rtol=tolerance)


def test_jax_learns_from_the_uneven_last_batch_too(measured, few):
    """Twenty images are one batch that is not full: after one step JAX and PyTorch must say the same."""
    row(measured[0], JAX)
    twenty = Splits(Split(few.train.images[:20], few.train.labels[:20]), few.val, few.test)
    with compare.written(new_task(twenty, seed=0, num_epochs=1)) as path:
        ours, jax = worker.run("torch_train", path), measured[1][JAX][-1]
    np.testing.assert_allclose(jax["learnt"], ours["learnt"], atol=1e-4)
    assert jax["curves"][0] == pytest.approx(ours["curves"][0], rel=1e-4)


def test_the_batches_of_an_epoch_are_full_and_shuffled_anew(few):
    task = new_task(few, seed=0)
    (images, labels), (again, _), (later, _) = task.batches(0), task.batches(0), task.batches(1)
    assert images.shape == (1, 32, 784)
    assert labels.shape == (1, 32)
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images, later)


def test_the_ladder_is_one_row_per_framework_loop_and_round_of_what_can_run(few, monkeypatch):
    calls = []

    def run(name, framework, paths, threads, bar, loop):
        calls.append((name, threads, loop))
        return [{"epoch_seconds": [5.0, 1.0, 2.0, 1.0], "curves": [(0.5, 0, 0, 0)] * 4}]

    monkeypatch.setattr(ladder, "run_recipe", run)
    monkeypatch.setattr(ladder.shutil, "which", lambda name: None)
    monkeypatch.setattr(Framework, "missing", [])
    table = ladder.compare_loops(few, rounds=2, num_images=64, names=("PyTorch", "JAX"))
    ways = ["PyTorch, eager step", *(f"JAX, {loop}" for loop in LOOPS)]  # no compiler for C++, no PyTorch's
    assert [name for name, _, _ in calls] == ways * 2
    assert {threads for _, threads, _ in calls} == {1}
    assert table["step_ms"].tolist() == [500] * 8
    assert table["compile_seconds"].tolist() == [0, 0, 4, 4] * 2
    monkeypatch.setattr(ladder.shutil, "which", {"clang++": "/usr/bin/clang++"}.get)
    assert ladder.compare_loops(few, rounds=1, names=["PyTorch"])["loop"].tolist() == list(LOOPS[:2])


def test_the_data_loader_hands_out_the_very_same_images(few):
    from mnist_helpers.extensions.framework_comparison.torch_dataloader import Digits

    images, labels = new_task(few, seed=0).train
    dataset = Digits(images, labels)
    found = torch.stack([dataset[i][0].flatten() for i in range(len(dataset))])
    np.testing.assert_array_equal(found, images)
    assert [dataset[i][1] for i in range(len(dataset))] == labels.tolist()


def test_the_task_holds_the_course_recipe(few):
    task = new_task(few, seed=0)
    assert (task.num_epochs, task.batch_size, task.learning_rate, task.seed) == (10, 32, 1e-3, 0)
    assert MEASURE_BATCH == model.EVAL_BATCH


def test_the_exact_answers_are_those_of_the_course_model(few):
    task = new_task(few, seed=0)
    expected = predict_logits(new_model(), few.test.images).log_softmax(dim=1)
    np.testing.assert_allclose(exact_log_probabilities(task.weights, task.test[0]), expected, atol=1e-5)


def test_loss_and_accuracy_are_torchs():
    """Also for logits whose exponentials float32 cannot hold."""
    logits, labels = torch.randn(50, 10) * 200, torch.randint(10, (50,))
    loss, accuracy = loss_and_accuracy(log_softmax(logits.numpy(), axis=1), labels.numpy())
    assert loss == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item(), rel=1e-4)
    assert accuracy == pytest.approx((logits.argmax(1) == labels).double().mean().item())


def pretend(calls):
    """Nothing is run: what a worker would return, and who was called with what."""

    def run(name, framework, paths, threads, bar):
        found = []
        for path in paths:
            task = pickle.loads(path.read_bytes())
            calls.append((name, task.seed, len(task.train[1]), threads))
            epochs = [9.0] + [2.0] * (task.num_epochs - 1)
            found.append({
                "import_seconds": 1.0, "seconds": sum(epochs), "cpu_seconds": 0.5, "epoch_seconds": epochs,
                "test_accuracy": 0.9 + task.seed / 100, "error": 0.0, "peak_bytes": 5e6,
                "curves": [(1, 2, 3, 4)] * task.num_epochs, "learnt": [[task.weights[0][0][0, 0]]],
            })  # fmt: skip
        return found

    return run


def test_a_missing_framework_is_a_row_that_says_how_to_get_it(few, monkeypatch):
    absent = Framework("jax_recipe", ("surely_not_there", "torch"), compiles=True)
    monkeypatch.setitem(FRAMEWORKS, JAX, absent)
    monkeypatch.setattr(compare, "run_recipe", pretend([]))
    runs = compare_frameworks(few, rounds=1, num_epochs=1, names=(SKLEARN, JAX, OURS))
    assert runs.framework.tolist() == [SKLEARN, JAX, OURS]
    table = summarise(runs)
    assert table.missing[JAX] == "surely_not_there"
    assert table.missing.drop(JAX).isna().all()
    assert math.isnan(table.seconds[JAX])
    text = as_text(table)
    assert text.loc[JAX, "recipe, s"] == f"surely_not_there not installed: {registry.INSTALL}"
    assert text.loc[JAX, "peak memory, MB"] == ""
    assert text.loc[JAX, "lines of code"] == f"{costs.lines_of_code(absent.source)}"


def test_a_framework_that_breaks_is_an_error_with_its_last_words(few, monkeypatch):
    broken = Framework("torch_train", ("torch",), settings={"PYTHONPATH": "", "OMP_NUM_THREADS": "1"})
    monkeypatch.setitem(FRAMEWORKS, OURS, dataclasses.replace(broken, recipe="no_such_recipe"))
    monkeypatch.setattr(Framework, "source", "")
    with pytest.raises(RuntimeError, match=r"(?s)PyTorch, this course.*stopped.*no_such_recipe"):
        compare_frameworks(few, rounds=1, names=[OURS])


def test_frameworks_take_turns_in_rounds_with_seeds_of_their_own(few, monkeypatch):
    calls = []
    monkeypatch.setattr(compare, "run_recipe", pretend(calls))
    monkeypatch.setattr(Framework, "missing", [])
    monkeypatch.setattr(Framework, "versions", "")
    runs = compare_frameworks(few, rounds=2, num_epochs=3, threads=5, names=(OURS, JAX))
    expected = [(name, seed, size, 5) for seed in (0, 1) for size in (32, 40) for name in (OURS, JAX)]
    assert calls == expected
    table = summarise(runs)
    assert table.seconds.tolist() == [13, 13]
    assert table.compile_seconds.tolist() == [0, 7]
    assert table.running_seconds.tolist() == [13, 6]
    assert table.first_step_seconds.tolist() == [9, 9]
    assert table.accuracy.tolist() == pytest.approx([0.905] * 2)
    assert table.spread.tolist() == pytest.approx([np.std([0.90, 0.91], ddof=1)] * 2)
    assert table.step_difference.tolist() == [0, 0]
    assert times_as_long(table).loc[JAX].tolist() == pytest.approx([1, 6 / 13])


def test_processes_get_their_threads_and_settings_and_no_graphics_card():
    variables = environment(FRAMEWORKS["Keras on JAX"], threads=3)
    assert variables["OMP_NUM_THREADS"] == variables["TF_NUM_INTRAOP_THREADS"] == "3"
    assert variables["KERAS_BACKEND"] == "jax"
    assert variables["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "KERAS_BACKEND" not in environment(FRAMEWORKS[OURS], threads=3)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs a system that lets cores be chosen")
def test_a_process_keeps_to_its_cores():
    program = f"from {worker.__name__} import use_cores; use_cores(1); import os"
    program += "; print(len(os.sched_getaffinity(0)))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "1\n"


def test_memory_is_that_of_the_process_alone():
    """A child is not charged with what its parent holds, and what it has given back still counts."""
    program = f"from {worker.__name__} import peak_bytes; before = peak_bytes(); "
    program += "bytearray(200_000_000); print(before, peak_bytes())"
    held = bytearray(os.urandom(1) * 400_000_000)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after = map(int, result.stdout.split())
    assert before < 0.5 * len(held)
    assert 190e6 < after - before < 250e6


SOURCE = '''"""A docstring
of two lines."""

import os  # one


class A:  # two
    """Not counted."""

    x = """three
four"""

    def f(self):  # five
        # not counted
        return (  # six
            1  # seven

        )  # eight
'''


def test_lines_of_code_leave_out_empty_lines_comments_and_docstrings():
    assert costs.lines_of_code(SOURCE) == 8


def test_install_size_counts_every_file_of_a_distribution_and_its_requirements_once():
    def size(*names):
        files = {
            os.path.realpath(file.locate()): file.locate().stat().st_size
            for name in names
            for file in metadata.files(name)
            if file.locate().is_file()
        }
        return sum(files.values())

    known = size("scipy", "numpy")
    assert costs.install_bytes(["scipy"]) == costs.install_bytes(["scipy", "numpy"]) == known
    assert costs.install_bytes(["surely-not-there"]) == 0
    assert costs.install_bytes(["scikit-learn"]) > costs.install_bytes(["scipy"])


def test_the_functions_shown_are_those_of_the_recipes():
    shown = SideBySide({JAX: ("forward", "measure"), SKLEARN: ("measure",)})
    for text in (repr(shown), shown._repr_html_()):
        assert text.index("def forward") < text.index("def measure")
    assert source_of(JAX, "measure").startswith("@jax.jit\ndef measure(params, images, labels):\n")
    assert "&lt;" not in repr(shown)
    assert ">@jax.jit\ndef forward" in shown._repr_html_()
    with pytest.raises(KeyError, match="no function nothing"):
        source_of(JAX, "nothing")


def test_epochs_add_up_to_the_seconds_of_the_recipe(few):
    with compare.written(new_task(few, seed=0, num_epochs=1)) as path:
        found = worker.run("sklearn_recipe", path)
    assert len(found["epoch_seconds"]) == len(found["curves"]) == 1
    assert sum(found["epoch_seconds"]) == pytest.approx(found["seconds"])


def test_results_may_lie_in_a_csv_file_meanwhile(runs):
    buffer = io.StringIO(runs.dropna(axis="columns", how="all").to_csv(index=False))
    pd.testing.assert_frame_equal(
        as_text(summarise(pd.read_csv(buffer))).astype(str), as_text(summarise(runs)).astype(str)
    )
