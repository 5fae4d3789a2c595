"""The app's models: half a training is never written."""

from dataclasses import replace

import pytest

from mnist_helpers import History
from mnist_helpers.app import recipe


def test_an_interrupted_training_writes_no_model(tmp_path, tiny_data, monkeypatch):
    stump = History(*[(0.5,) * 3] * 4)
    monkeypatch.setattr(recipe, "train", lambda model, splits, **how: replace(stump, interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        recipe.train_models(tiny_data, tmp_path)
    assert list(tmp_path.iterdir()) == []
