"""The model in other programs: equal answers where nothing is rounded, and fewer bytes where it is."""

import math
import sys

import pytest
from conftest import new_model

from mnist_helpers import Split
from mnist_helpers.app.layers import ExportError
from mnist_helpers.app.runtimes import compare_runtimes


def test_runtimes_agree_and_int8_takes_a_quarter_of_the_bytes(tiny_splits, tmp_path):
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    model, few = new_model(), Split(tiny_splits.val.images[:50], tiny_splits.val.labels[:50])

    def in_numpy(pixels):
        x = pixels.reshape(len(pixels), -1) / 255
        for number, layer in enumerate(model.children()):
            x = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
            x = x.clip(0) if number < 2 else x
        return x

    table = compare_runtimes(model, few, tmp_path, in_numpy, singles=2)
    assert table.index.tolist() == ["PyTorch", "NumPy", "ONNX Runtime, float32", "ONNX Runtime, int8"]
    assert table["largest difference"].iloc[:3].max() < 1e-4
    assert 1e-4 < table["largest difference"].iloc[3] < 0.1
    assert table["accuracy"].iloc[:3].nunique() == 1
    size = table["model bytes"]
    assert math.isnan(size["PyTorch"])
    assert 437_544 < size["ONNX Runtime, float32"] < 470_000
    assert size["ONNX Runtime, int8"] < size["ONNX Runtime, float32"] / 3
    assert (table["µs per image"] >= 0).all()
    assert table.loc["PyTorch", "installed MB"] > table.loc["ONNX Runtime, int8", "installed MB"] > 1


def test_a_missing_runtime_is_told_in_one_sentence(tiny_splits, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ExportError, match="needs the package onnxruntime; install it"):
        compare_runtimes(new_model(), tiny_splits.val, tmp_path, lambda pixels: None)
