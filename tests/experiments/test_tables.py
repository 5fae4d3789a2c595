"""What is read from a table of results: the ends of the trainings, and means with their spread."""

import pandas as pd

from mnist_helpers.experiments import last_epochs, mean_and_spread

RESULTS = pd.DataFrame(
    {
        "trial": ["b"] * 5 + ["a"],
        "seed": [0, 0, 0, 1, 1, 0],
        "epoch": [1, 2, 3, 1, 2, 1],
        "val_accuracy": [0.1, 0.2, 0.5, 0.3, 0.7, 0.25],
        "val_loss": [3, 2, 1.0, 3, 2.0, 4],
    }
)


def test_the_last_epoch_of_every_training_is_its_own_even_if_it_stopped_early():
    rows = last_epochs(RESULTS)
    assert rows.val_accuracy.tolist() == [0.5, 0.7, 0.25]
    assert rows.epoch.tolist() == [3, 2, 1]


def test_mean_and_standard_deviation_are_written_in_the_order_and_form_given():
    table = mean_and_spread(last_epochs(RESULTS), {"val_loss": ".2f", "val_accuracy": ".1%"})
    assert table.columns.tolist() == ["val_loss", "val_accuracy"]
    assert table.loc["b"].tolist() == ["1.50 ± 0.71", "60.0% ± 14.1%"]  # divided by n - 1


def test_one_seed_has_no_spread():
    table = mean_and_spread(last_epochs(RESULTS), {"val_accuracy": ".0%"})
    assert table.index.tolist() == ["b", "a"]
    assert table.val_accuracy["a"] == "25%"
