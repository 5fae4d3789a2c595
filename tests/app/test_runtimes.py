"""The model in other programs: equal answers where nothing is rounded, and fewer bytes where it is."""

import logging
import math
import os
import re
import warnings

import numpy as np
import pytest
from conftest import new_model

from mnist_helpers import Split
from mnist_helpers.app import programs, runtimes
from mnist_helpers.app.exporting import ExportError
from mnist_helpers.app.onnx_export import quiet
from mnist_helpers.app.programs import PROGRAMS
from mnist_helpers.app.runtimes import as_text, compare_runtimes
from mnist_helpers.networks import small_cnn

FLOAT_BYTES = 437_544  # of the model's weights


def in_numpy(pixels, layers):
    x = pixels.reshape(len(pixels), -1) / 255
    for number, layer in enumerate(layers):
        x = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        x = x.clip(0) if number < 2 else x
    return x


@pytest.fixture
def compare(tiny_splits, tmp_path, monkeypatch):
    """The table of PyTorch, NumPy and the programs named."""
    model, few = new_model(), Split(tiny_splits.val.images[:50], tiny_splits.val.labels[:50])
    layers = list(model.children())

    def compare(*programs):
        monkeypatch.setattr(runtimes, "PROGRAMS", {name: PROGRAMS[name] for name in programs})
        return compare_runtimes(model, few, tmp_path, lambda pixels: in_numpy(pixels, layers), singles=2)

    return compare


@pytest.mark.parametrize(
    ("program", "numbers"),
    [("ONNX Runtime", ["float32", "int8"]), ("ExecuTorch", ["float32"]), ("LiteRT", ["float32", "int8"])],
)
def test_programs_agree_and_int8_takes_a_quarter_of_the_bytes(compare, capfd, program, numbers):
    for package in PROGRAMS[program][1]:
        pytest.importorskip(package.replace("-", "_"), exc_type=ImportError)
    capfd.readouterr()
    table = compare(program)
    assert table.index.tolist() == ["PyTorch", "NumPy", *(f"{program}, {number}" for number in numbers)]
    assert capfd.readouterr() == ("", "")
    exact = table.iloc[:3]
    assert exact["largest difference"].max() < 1e-4
    assert exact["accuracy"].nunique() == 1
    assert math.isnan(table["model bytes"]["NumPy"])
    assert FLOAT_BYTES < table["model bytes"].iloc[2] < 1.1 * FLOAT_BYTES
    assert (table["µs per image"] > 0).all()
    assert as_text(table).loc["NumPy", ["model bytes", "accuracy"]].tolist() == [
        "",
        f"{exact['accuracy'].iloc[0]:.2%}",
    ]
    assert table.loc["PyTorch", "installed MB"] > table["installed MB"].iloc[2] > 1
    if "int8" in numbers:
        assert 1e-4 < table["largest difference"].iloc[3] < 0.1
        assert table["model bytes"].iloc[3] < table["model bytes"].iloc[2] / 3


def test_a_missing_program_is_a_row_and_to_people_a_line_that_says_what_to_install(
    compare, monkeypatch, capsys
):
    prepare, (runs, *writes) = PROGRAMS["LiteRT"]
    monkeypatch.setitem(PROGRAMS, "LiteRT", (prepare, (runs.replace("ai", "surely-no"), *writes)))
    table = compare("LiteRT")
    assert table.index.tolist() == ["PyTorch", "NumPy", "LiteRT"]
    assert re.match(r"surely-no-edge-litert.* not installed: python -m pip", table["missing"]["LiteRT"])
    assert table.loc["LiteRT"].drop("missing").isna().all()
    assert table["missing"].drop("LiteRT").isna().all()
    capsys.readouterr()
    assert as_text(table).index.tolist() == ["PyTorch", "NumPy"]
    assert capsys.readouterr().out == f"LiteRT: {table['missing']['LiteRT']}\n"


def test_a_program_that_cannot_be_loaded_is_a_row_that_says_why(compare, monkeypatch):
    def prepare(model, folder):
        raise ImportError("undefined symbol: _ZN5torch\nand more")

    monkeypatch.setitem(PROGRAMS, "ExecuTorch", (prepare, ("torch",)))
    table = compare("ExecuTorch")
    assert table["missing"]["ExecuTorch"] == "does not run here: undefined symbol: _ZN5torch"


def test_litert_gets_no_layer_that_is_not_written_for_it(tmp_path):
    pytest.importorskip("tensorflow")
    pytest.importorskip("ai_edge_litert")
    with pytest.raises(ExportError, match="for LiteRT the course does not write conv2d"):
        programs.in_litert(small_cnn(8), tmp_path)


def test_images_one_by_one_are_answered_in_their_order():
    pixels = np.arange(5 * 784, dtype=np.uint16).reshape(5, 28, 28)
    seen = []
    answer = programs.one_by_one(lambda image: seen.append(image.shape) or image.reshape(1, -1)[:, :10])
    np.testing.assert_array_equal(answer(pixels), pixels.reshape(5, -1)[:, :10])
    assert seen == [(1, 28, 28)] * 5


def test_what_is_quiet_says_nothing_in_python_or_below_and_still_fails(capfd):
    @quiet()
    def talk():
        print("a remark")
        warnings.warn("a warning", stacklevel=1)
        logging.getLogger("x").error("an error that is logged")
        os.write(2, b"from C++")
        raise KeyError("an error that is raised")

    with pytest.raises(KeyError):
        talk()
    assert capfd.readouterr() == ("", "")
    os.write(2, b"heard again")
    assert capfd.readouterr().err == "heard again"
    assert logging.getLogger("x").isEnabledFor(logging.ERROR)
