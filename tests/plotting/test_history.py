"""Curves of trainings: from epoch 0, while they grow, and beside those of other settings."""

import matplotlib.pyplot as plt

from mnist_helpers import History, plotting

HISTORY = History(
    (1.5, 0.5, 0.2), (0.6, 0.9, 0.95), (1.6, 0.6, 0.7), (0.5, 0.8, 0.85), 6.0, step_loss=(2.4, 1, 1, 1, 1, 1)
)
START = (2.3, 0.1, 2.31, 0.11)


def lines(ax):
    return {line.get_label(): line.get_xydata().tolist() for line in ax.lines}


def test_the_lowest_validation_loss_is_marked():
    loss, accuracy = plotting.plot_history(HISTORY)
    assert lines(loss)["lowest validation loss (epoch 2)"] == [[2, 0.6]]
    assert lines(accuracy).keys() == {"training", "validation"}
    assert lines(loss)["training"] == [[1, 1.5], [2, 0.5], [3, 0.2]]


def test_with_a_start_the_curves_begin_at_epoch_0_and_the_steps_stand_behind():
    loss, accuracy = plotting.plot_history(HISTORY, START)
    assert lines(loss)["training"][0] == [0, 2.3]
    assert lines(loss)["validation"][0] == [0, 2.31]
    assert lines(accuracy)["training"][0] == [0, 0.1]
    assert lines(accuracy)["validation"][:2] == [[0, 0.11], [1, 0.5]]
    assert lines(loss)["each step's batch"] == [[0, 2.4], [0.5, 1], [1, 1], [1.5, 1], [2, 1], [2.5, 1]]


def test_a_training_without_a_finished_epoch_can_be_drawn():
    loss, _ = plotting.plot_history(History(), START)
    assert lines(loss)["training"] == [[0, 2.3]]


def test_live_curves_are_one_picture_that_is_drawn_anew(monkeypatch):
    shown, updates = [], []

    class Handle:
        def update(self, figure):
            updates.append(len(lines(figure.axes[0])["training"]))

    def display(figure, display_id):
        shown.append(len(lines(figure.axes[0])["training"]))
        return Handle()

    monkeypatch.setattr("mnist_helpers.plotting.history.display", display)
    watch = plotting.live_history(3, START)
    history = History()
    for epoch in range(3):
        history = history.extended([curve[epoch] for curve in ((1, 2, 3),) * 4], [1.0], 1.0)
        watch(history)
    assert shown == [1]  # epoch 0 is there before the training begins
    assert updates == [2, 3, 4]
    assert not plt.get_fignums()  # or the notebook would show the last figure once more


def test_settings_stand_on_a_logarithmic_axis_with_their_seconds_beside_them():
    loss, seconds = plotting.plot_settings({0.00001: HISTORY, 0.001: HISTORY}, "learning rate")
    assert lines(loss)["validation"] == [[0.00001, 0.7], [0.001, 0.7]]
    assert loss.get_xscale() == "log"
    assert [label.get_text() for label in loss.get_xticklabels()] == ["0.00001", "0.001"]
    assert seconds.lines[0].get_ydata().tolist() == [6, 6]


def test_a_race_is_drawn_by_epochs_and_by_seconds():
    epochs, seconds = plotting.plot_races({"small": HISTORY, "large": HISTORY})
    assert lines(epochs)["small"] == [[1, 1.6], [2, 0.6], [3, 0.7]]
    assert lines(seconds)["large"] == [[2, 1.6], [4, 0.6], [6, 0.7]]
    assert len({line.get_linestyle() for line in epochs.lines}) == 2
