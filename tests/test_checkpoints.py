"""Checkpoints: a round trip, and every way in which a file can be bad."""

import os
import pickle
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from conftest import new_model, truncate
from torch import nn

from mnist_helpers import (
    MLP,
    History,
    Source,
    checkpoints,
    load_checkpoint,
    load_or_train,
    preprocess,
    save_checkpoint,
)
from mnist_helpers.checkpoints import CheckpointError, course_checkpoint

HISTORY = History((1.5, 0.5), (0.6, 0.9), (1.6, 0.7), (0.5, 0.8), seconds=3.5)


@pytest.fixture
def path(tmp_path) -> Path:
    return save_checkpoint(tmp_path / "model.pt", new_model(), HISTORY)


def weights(model: nn.Module) -> torch.Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach()


def test_what_is_saved_is_loaded(path):
    model = MLP()
    assert load_checkpoint(path, model) == HISTORY
    assert torch.equal(weights(model), weights(new_model()))


def test_folders_are_made_and_nothing_else_is_left(tmp_path):
    path = save_checkpoint(str(tmp_path / "new" / "folder" / "model.pt"), MLP(), HISTORY)
    assert list(path.parent.iterdir()) == [path]


def flip_a_weight(content: bytes) -> bytes:
    """One bit of the largest layer, which plain torch.load does not notice."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [truncate, flip_a_weight, lambda _: b"", lambda content: content[:3]])
def test_a_damaged_file_is_told_and_the_model_stays_as_it_is(path, damage):
    path.write_bytes(damage(path.read_bytes()))
    model = new_model()
    expected = r"^model\.pt in .* is damaged .*; delete it and train again$"
    with pytest.raises(CheckpointError, match=expected) as caught:
        load_checkpoint(path, model)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert torch.equal(weights(model), weights(new_model()))


@pytest.mark.parametrize("text", [b"no zip", b"\x80\x02}.", b"<html>"])
def test_a_file_of_another_kind_is_told_and_never_to_be_deleted(path, text):
    path.write_bytes(text)
    with pytest.raises(CheckpointError, match=r"is no checkpoint; save_checkpoint.* writes one") as caught:
        load_checkpoint(path, MLP())
    assert "delete" not in str(caught.value)


TUTORIALS = {"model_state_dict": MLP().state_dict(), "optimizer_state_dict": {}, "epoch": 5}
OTHER_CONTENTS = [None, [1, 2], {}, {"weights": {}}, {"weights": 5, "history": {}}, TUTORIALS, torch.zeros(3)]


@pytest.mark.parametrize("content", OTHER_CONTENTS)
def test_a_file_of_something_else_is_told(path, content):
    torch.save(content, path)
    with pytest.raises(CheckpointError, match="holds no weights by name; save_checkpoint") as caught:
        load_checkpoint(path, MLP())
    assert "delete" not in str(caught.value)


def test_weights_alone_as_step_4_saves_them_are_loaded_without_a_history(path):
    torch.save(new_model().state_dict(), path)
    model = MLP()
    assert load_checkpoint(path, model) == History()
    assert torch.equal(weights(model), weights(new_model()))


def test_a_whole_pickled_model_is_told_and_never_to_be_deleted(path):
    torch.save(new_model(), path)
    said = r"holds more than weights \(mnist_helpers.model.MLP\).* write the weights alone: save_checkpoint"
    with pytest.raises(CheckpointError, match=said) as caught:
        load_checkpoint(path, MLP())
    assert "delete" not in str(caught.value)


def test_a_checkpoint_of_a_later_version_says_so(path):
    torch.save({"weights": new_model().state_dict(), "history": {"mood": (1.0,)}}, path)
    with pytest.raises(CheckpointError, match="is of another version of the course"):
        load_checkpoint(path, MLP())


def test_the_course_trains_anew_where_its_cache_holds_weights_alone(
    tiny_data, tiny_splits, monkeypatch, capsys
):
    path = save_checkpoint(course_checkpoint(tiny_data, tiny_splits), MLP(), History())
    ten_epochs = History(*[(0.1,) * 10] * 4)
    monkeypatch.setattr(checkpoints, "train", lambda model, splits, seed: ten_epochs)
    model, history = load_or_train(tiny_data, tiny_splits)
    assert history == ten_epochs
    assert torch.equal(weights(model), weights(new_model()))  # not what had been in the cache
    assert load_checkpoint(path, MLP()) == ten_epochs
    assert "has no history: training one now" in capsys.readouterr().out


def test_another_models_checkpoint_is_told_and_changes_nothing(path):
    class Wider(MLP):
        def __init__(self):
            super().__init__()
            self.output = nn.Linear(64, 26)  # the first two layers would fit

    model = Wider()
    before = weights(model)
    shapes = r"its output\.weight has shape \(10, 64\), the model's \(26, 64\)"
    with pytest.raises(CheckpointError, match=f"is of another model: {shapes}; build"):
        load_checkpoint(path, model)
    assert torch.equal(weights(model), before)


@pytest.mark.parametrize("name", ["absent.pt", "."])
def test_a_missing_file_is_told(tmp_path, name):
    with pytest.raises(CheckpointError, match=r"^there is no checkpoint"):
        load_checkpoint(tmp_path / name, MLP())


def test_an_interrupted_write_leaves_the_old_file(path, monkeypatch):
    def stop_halfway(content, file):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", stop_halfway)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, MLP(), History())
    monkeypatch.undo()
    assert load_checkpoint(path, MLP()) == HISTORY


class Malicious:
    """Makes a folder as soon as it is unpickled; anything else could stand here."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("plain_pickle", [True, False])
def test_a_checkpoint_cannot_run_code(tmp_path, plain_pickle):
    path, target = tmp_path / "stranger.pt", tmp_path / "harm"
    content = {"weights": new_model().state_dict(), "history": Malicious(target)}
    if plain_pickle:
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path)
    with pytest.raises(CheckpointError, match=r"is no checkpoint|holds more than weights \(\w+\.mkdir\)"):
        load_checkpoint(path, MLP())
    assert not target.exists()


def test_the_malicious_file_is_one(tmp_path):
    torch.save(Malicious(tmp_path / "harm"), tmp_path / "stranger.pt")
    torch.load(tmp_path / "stranger.pt", weights_only=False)
    assert (tmp_path / "harm").exists()


def test_the_course_trains_once_and_loads_afterwards(tiny_data, tiny_splits, trained, monkeypatch, capsys):
    first, history = load_or_train(tiny_data, tiny_splits)
    assert "training one now" in capsys.readouterr().out
    monkeypatch.delattr(checkpoints, "train")
    second, loaded = load_or_train(tiny_data, tiny_splits)
    assert capsys.readouterr().out == ""
    assert loaded == history
    assert torch.equal(weights(first), weights(second))
    assert history.val_loss == trained[1].val_loss  # the recipe, from the same start


def test_a_damaged_checkpoint_of_the_course_is_told_and_trained_anew(
    tiny_data, tiny_splits, monkeypatch, capsys
):
    path = save_checkpoint(course_checkpoint(tiny_data, tiny_splits), MLP(), HISTORY)
    path.write_bytes(truncate(path.read_bytes()))
    ten_epochs = History(*[(0.1,) * 10] * 4)
    monkeypatch.setattr(checkpoints, "train", lambda model, splits, seed: ten_epochs)
    assert load_or_train(tiny_data, tiny_splits)[1] == ten_epochs
    assert capsys.readouterr().out.startswith("The model in the cache is damaged: training one now")
    assert load_checkpoint(path, MLP()) == ten_epochs


def test_an_interrupted_training_is_not_kept(tiny_data, tiny_splits, monkeypatch):
    stopped = replace(HISTORY, interrupted=True)
    monkeypatch.setattr(checkpoints, "train", lambda model, splits, seed: stopped)
    assert load_or_train(tiny_data, tiny_splits)[1] == stopped
    assert not course_checkpoint(tiny_data, tiny_splits).exists()


def test_a_checkpoint_from_before_histories_knew_of_interruptions_is_loaded(tmp_path):
    history = asdict(HISTORY)
    del history["interrupted"]
    torch.save({"weights": new_model().state_dict(), "history": history}, tmp_path / "old.pt")
    assert load_checkpoint(tmp_path / "old.pt", MLP()) == HISTORY


def test_other_data_and_seeds_have_another_checkpoint(tiny_data, tiny_splits):
    paths = {
        course_checkpoint(tiny_data, tiny_splits),
        course_checkpoint(tiny_data, tiny_splits, seed=1),
        course_checkpoint(replace(tiny_data, source=Source.CACHE), tiny_splits),
        course_checkpoint(tiny_data, preprocess(tiny_data, seed=1)),  # or its validation images were learnt
    }
    assert len(paths) == 4


def test_a_tilde_in_a_path_is_the_home_folder(tmp_path, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert save_checkpoint("~/model.pt", model := MLP(), History()) == tmp_path / "model.pt"
    assert load_checkpoint("~/model.pt", model) == History()


def test_a_checkpoint_is_written_through_a_link(tmp_path):
    link = tmp_path / "latest.pt"
    try:
        link.symlink_to(tmp_path / "model.pt")
    except OSError as error:
        pytest.skip(f"this user may make no links: {error}")
    save_checkpoint(link, model := MLP(), History())
    assert link.is_symlink()
    assert load_checkpoint(tmp_path / "model.pt", model) == History()
