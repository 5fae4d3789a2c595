"""The table of targets and of what was measured."""

import dataclasses

import pytest

from mnist_helpers import MLP, History, Source, evaluate, load_embedded_digits, preprocess
from mnist_helpers.course.report import results_table


@pytest.fixture(scope="module")
def parts():
    data = load_embedded_digits()
    model = MLP()
    history = History((0.1,), (0.985,), (0.2,), (0.975,), seconds=12.4)
    evaluation = evaluate(model, preprocess(data).test)
    return data, model, history, dataclasses.replace(
        evaluation, accuracy=0.9772, macro_precision=0.9769, macro_recall=0.95, macro_f1=0.89
    )  # fmt: skip


def table(parts, **changes):
    data, model, history, evaluation = parts
    data = dataclasses.replace(data, source=changes.get("source", data.source))
    return results_table(data, model, history, evaluation).set_index("quantity")


def test_shows_what_was_measured(parts):
    measured = table(parts)["measured"]
    assert measured["parameters"] == "109,386"
    assert measured["model size"] == "0.44 MB"
    assert measured["training accuracy"] == "98.50%"
    assert measured["test accuracy"] == "97.72%"
    assert measured["training time"] == "12 seconds"


def test_each_source_is_held_to_its_own_targets(parts):
    on_mnist, embedded = table(parts, source=Source.FOLDER), table(parts, source=Source.EMBEDDED)
    assert on_mnist.loc["test accuracy", "target"] == "more than 97%"
    assert embedded.loc["test accuracy", "target"] == "more than 90%"
    recall = "test recall, mean of 10 digits"
    assert (on_mnist.loc[recall, "met"], embedded.loc[recall, "met"]) == ("not this time", "yes")
    assert embedded.loc["test F1, mean of 10 digits", "met"] == "not this time"
    assert on_mnist.loc["training time", "met"] == ""


def test_the_embedded_default_is_named_and_never_passed_off_as_mnist(parts):
    assert "not MNIST" in table(parts)["measured"]["data"]
    assert "not MNIST" not in table(parts, source=Source.CACHE)["measured"]["data"]
