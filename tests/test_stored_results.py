"""What the pages say of stored results: the tables are fixed, so the prose may name their numbers.

Each test names the page and quotes what it says, word for word; " … " leaves words out. The notebooks'
contract holds the quotes against the pages.
"""

from functools import cache

import pandas as pd

from mnist_helpers.experiments import STORED
from mnist_helpers.extensions.framework_comparison.registry import (
    DATALOADER,
    JAX,
    KERAS_JAX,
    OURS,
    SKLEARN,
    TENSORFLOW,
)
from mnist_helpers.extensions.framework_comparison.summary import summarise
from mnist_helpers.networks import compare_models, pareto_front

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


CONTEST = (
    "linear", "MLP 32", "MLP 128-64", "MLP 512-256",
    "LeNet", "CNN 8", "CNN 16", "ResNet 8", "ResNet 16",
)  # fmt: skip


@cache
def architectures():
    """Test accuracies, one column per model, one row per seed."""
    measured = stored("architectures").dropna(subset="test_accuracy")
    return measured.pivot(index="seed", columns="trial", values="test_accuracy")


@cache
def costs():
    """Of each model in the contest what it costs and what it is worth, in the page's order."""
    return compare_models(stored("architectures")).loc[list(CONTEST)]


def every_seed_of(table, better, worse):
    """Whether the worst seed of the one beats the best seed of the other."""
    return table[better].min() > table[worse].max()


@says(
    "architectures",
    "All that the last layer learns about an image is 8 numbers, and that is no better than no hidden layer",
    "more than three points from 8 to 32, a good point to 128, less than half a point to 512",
    "Width pays less and less … A hidden layer of 8 units is a bottleneck",
)
def test_width_pays_less_and_less():
    mean = architectures().mean()
    assert mean["1 × 8"] < mean["no hidden layer"] + 0.002
    assert mean["1 × 32"] - mean["1 × 8"] > 0.03
    assert 0.01 < mean["1 × 128"] - mean["1 × 32"] < 0.015
    assert 0.002 < mean["1 × 512"] - mean["1 × 128"] < 0.005
    assert every_seed_of(architectures(), "1 × 512", "1 × 128")


@says(
    "architectures",
    "A second layer helps a little. Four layers do as well as two, and eight do worse",
    "depth of plain layers pays once",
)
def test_depth_pays_once():
    mean = architectures().mean()
    assert 0.001 < mean["2 × 128"] - mean["1 × 128"] < 0.003
    assert abs(mean["4 × 128"] - mean["2 × 128"]) < 0.001
    assert mean["8 × 128"] < mean["4 × 128"] - 0.001
    assert every_seed_of(architectures(), "4 × 128", "8 × 128")


@says(
    "architectures",
    "all five are within three points after five epochs",
    'the sigmoid network has learnt *nothing*, with any seed: it answers "1" to everything',
    "The other four learn, but none is better than with two layers",
)
def test_ten_layers_are_no_better_than_two_and_with_sigmoids_nothing_is_learnt():
    accuracies = architectures()
    shallow = [name for name in accuracies if name.endswith(", 2 layers")]
    assert len(shallow) == 5
    assert accuracies[shallow].max(axis=None) - accuracies[shallow].min(axis=None) < 0.03
    assert (accuracies["sigmoid, 10 layers"] == 0.1135).all()  # the share of ones in the test set
    for name in set(shallow) - {"sigmoid, 2 layers"}:
        assert accuracies[name.replace("2", "10")].min() > 0.9
        assert every_seed_of(accuracies, name, name.replace("2", "10"))


@says(
    "architectures",
    "a linear classifier (7,850 parameters), your MLP (109,386), a fat MLP (535,818), or … of 19,714",
    "With 19,714 parameters it beats the fat MLP, which has 27 times as many",
    "Even the smallest CNN, *smaller than the linear classifier*, beats the MLP of step 3",
    "A residual network of 80 kB beats an MLP of 2 MB here",
)
def test_small_convolutional_networks_beat_large_mlps():
    sizes = costs().parameters
    assert sizes[["linear", "MLP 128-64", "MLP 512-256"]].tolist() == [7_850, 109_386, 535_818]
    assert sizes["ResNet 8"] == 19_714
    assert round(sizes["MLP 512-256"] / sizes["ResNet 8"]) == 27
    assert sizes["CNN 8"] == sizes.min() < sizes["linear"]
    assert costs().kilobytes[["ResNet 8", "MLP 512-256"]].round(-1).tolist() == [80, 2140]
    assert every_seed_of(architectures(), "ResNet 8", "MLP 512-256")
    assert every_seed_of(architectures(), "CNN 8", "MLP 128-64")


@says("architectures", "Augmentation did it harm: nearly three points")
def test_augmentation_harms_the_linear_classifier():
    assert every_seed_of(architectures(), "no hidden layer", "linear")
    assert 0.025 < architectures()["no hidden layer"].mean() - architectures()["linear"].mean() < 0.03


@says(
    "architectures",
    "Left, the convolutional networks own the front: no MLP is worth its memory",
    "the linear classifier and the small MLPs are on the front",
)
def test_the_mlps_are_on_one_front_and_not_on_the_other():
    table = costs()
    by_memory = table.index[pareto_front(table.parameters, table.accuracy)]
    by_work = table.index[pareto_front(table.multiply_adds, table.accuracy)]
    assert set(by_memory) <= {"LeNet", "CNN 8", "CNN 16", "ResNet 8", "ResNet 16"}
    assert {"linear", "MLP 32", "MLP 128-64"} <= set(by_work)


@says(
    "architectures",
    "ResNet 16 is smaller than the network you built in step 3 (438 kB), and makes less than half as many",
)
def test_the_best_model_under_half_a_megabyte():
    table = costs()
    assert table[table.kilobytes < 500].val_accuracy.idxmax() == "ResNet 16"
    assert table.kilobytes["ResNet 16"] < table.kilobytes["MLP 128-64"]
    assert round(table.kilobytes["MLP 128-64"]) == 438
    errors = 1 - architectures()
    assert errors["ResNet 16"].max() < errors["MLP 128-64"].min() / 2


@says(
    "architectures",
    "channels last helped",
    "Batches of 128 beat those of 32",
    "and was faster here",
    "torch.compile paid nothing",
)
def test_what_was_tried_for_speed():
    faster = stored("architectures").dropna(subset="tried").set_index("tried").times_faster
    assert faster["channels first"] < 0.95
    assert faster["batches of 32"] < 0.95
    assert faster["mixed precision: bfloat16 autocast"] > 1.05
    assert faster["torch.compile"] < 1


@says(
    "architectures",
    "Both help",
    "The committee wins more than the five looks do",
    "the last two rows differ by a handful of images",
    "past ResNet 16, which gets as far with a quarter of their work",
)
def test_a_committee_gets_as_far_as_a_network_that_works_less():
    table = costs()
    accuracy = stored("architectures").dropna(subset="who").set_index("who").accuracy
    assert accuracy["one network"] < accuracy["one network, five looks"] < accuracy["committee"]
    assert round(10_000 * abs(accuracy["committee"] - accuracy["committee, five looks"])) <= 5
    assert abs(accuracy["committee, five looks"] - table.accuracy["ResNet 16"]) < 0.001
    assert 3.5 < 15 * table.multiply_adds["ResNet 8"] / table.multiply_adds["ResNet 16"] < 4.5


@cache
def frameworks():
    """The summaries of both measurements, with two cores and with one, and the rounds of the first."""
    runs = stored("framework_comparison")
    one_core = runs.groupby("key").cpu_seconds.transform("sum") < runs.groupby("key").seconds.transform("sum")
    assert one_core.sum() == len(runs) / 2
    return summarise(runs[~one_core]), summarise(runs[one_core]), runs[~one_core]


@says("framework_comparison", "After one step Keras is a little further off than the others")
def test_keras_is_a_little_further_off():
    difference = frameworks()[0].step_difference
    keras = difference[[TENSORFLOW, KERAS_JAX]]
    assert keras.max() < 1e-3
    assert keras.min() > 10 * difference.drop(keras.index).max()


@says(
    "framework_comparison",
    "Python per image costs the most time",
    "Python per step comes next",
    "It runs the step fastest",
    "the same PyTorch is more than twice as fast here",
)
def test_the_less_python_acts_the_shorter_is_a_step():
    for table in frameworks()[:2]:
        running = table.running_seconds
        assert running.idxmax() == DATALOADER
        assert running[DATALOADER] > 2 * running[OURS]
        assert running[DATALOADER] > running[TENSORFLOW] > running[OURS] > running[KERAS_JAX] > running[JAX]
        assert running.idxmin() == JAX


@says(
    "framework_comparison",
    "needs the least disk and memory, and the fewest lines",
    "Ours takes almost a second",
    "The row with the DataLoader pays for that at its import. Ours takes as long to import",
)
def test_what_a_framework_takes_before_it_runs():
    table = frameworks()[0]
    assert table.peak_mb.idxmin() == table.install_mb.idxmin() == table.lines.idxmin() == SKLEARN
    assert 0.7 < table.first_step_seconds[OURS] < 1
    assert table.first_step_seconds[DATALOADER] < 0.1
    assert abs(table.import_seconds[OURS] - table.import_seconds[DATALOADER]) < 0.3


@says(
    "framework_comparison",
    "JAX loses most",
    "one of its three rounds before was as slow as with one",
    "The others lose little",
    "Keras on TensorFlow is even faster with one core than with two",
    "JAX still needs only about 60% of our time",
)
def test_with_one_core_each():
    two, one, rounds = frameworks()
    longer = one.seconds / two.seconds
    assert longer.idxmax() == JAX
    assert longer.drop(JAX).max() < 1.15
    assert longer[TENSORFLOW] < 1
    assert (rounds[rounds.framework == JAX].seconds > one.fastest[JAX]).sum() == 1
    assert 0.55 < one.seconds[JAX] / one.seconds[OURS] < 0.65


@says("framework_comparison", "The seeds of one framework differ as much as the frameworks do")
def test_no_framework_reads_digits_better():
    table, _, rounds = frameworks()
    accuracies = rounds.groupby("framework").test_accuracy
    assert (accuracies.max() - accuracies.min()).max() > table.accuracy.max() - table.accuracy.min()
    assert table.accuracy.min() > 0.97
