"""The app's models: half a training is never written, and few digits are said to be none."""

from dataclasses import replace

import pytest
import torch
from conftest import new_model
from torch import nn

from mnist_helpers import History, predict_logits
from mnist_helpers.app import recipe

STUMP = History(*[(0.5,) * 3] * 4)


def test_an_interrupted_training_writes_no_model(tmp_path, tiny_data, monkeypatch):
    monkeypatch.setattr(recipe, "add_generated", lambda splits, *counts, **left_out: splits)
    monkeypatch.setattr(recipe, "train", lambda model, splits, **how: replace(STUMP, interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        recipe.train_models(tiny_data, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_out_is_not_learnt(tiny_splits, monkeypatch):
    seen = {}

    def train(model, splits, **how):
        seen.update(how, splits=splits)
        return STUMP

    monkeypatch.setattr(recipe, "train", train)
    once = recipe.Recipe(3, 1e-3, recipe.Sources(digits=40, scrawls=14, augment=None))
    recipe.train_by_recipe(new_model(), tiny_splits, once, [(7, "barred")], ["blob"], progress=False)
    extra = len(seen["splits"].train) - len(tiny_splits.train)
    barred = recipe.add_generated(tiny_splits, 40, 0, without=[(7, "barred")])
    assert extra == len(barred.train) - len(tiny_splits.train) + 12
    assert (seen["num_epochs"], seen["progress"], seen["extras"].augment) == (3, False, None)


def test_after_a_second_training_weights_and_running_means_go_a_share_of_the_way(tiny_splits, monkeypatch):
    model = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10))

    def train(model, splits, **how):
        with torch.no_grad():
            for value in model.state_dict().values():
                value += how["num_epochs"]
        return STUMP

    monkeypatch.setattr(recipe, "train", train)
    plain = recipe.Sources(0, 0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    twice = recipe.Recipe(2, 1e-3, plain, then=recipe.Recipe(4, 1e-3, plain, share=0.25))
    recipe.train_by_recipe(model, tiny_splits, twice)
    after = model.state_dict()
    assert after.pop("1.num_batches_tracked") == 2 + 4  # a count has no share
    for name, value in after.items():
        torch.testing.assert_close(value, before[name] + 2 + 0.25 * 4)


def test_one_digit_in_a_hundred_lies_below_the_limit(tiny_splits):
    model, images = recipe.MODELS["mlp"][1](), tiny_splits.train.images
    digits, _, _ = recipe.write_digits(len(images) // 2, recipe.np.random.default_rng(1))
    both = torch.cat([images, torch.from_numpy(digits).flatten(1) / 255])
    sure = recipe.digit_probability(predict_logits(model, both))
    below = (sure < recipe.least_digit_probability(model, images)).float().mean()
    assert below == pytest.approx(0.01, abs=0.003)
