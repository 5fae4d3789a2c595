"""The command line, called as a user calls it."""

import re
from dataclasses import replace

import pytest
from conftest import REAL_MNIST
from typer.testing import CliRunner

from mnist_helpers.course.cli import app
from mnist_helpers.course.figures import draw_figures
from mnist_helpers.course.runner import NotebookError
from mnist_helpers.extensions.framework_comparison import registry


@pytest.fixture
def call():
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_help_names_every_command_and_says_what_it_does(call):
    text = call("--help").output
    for command in ("run", "doctor", "data", "copies", "notebooks", "figures", "read"):
        assert command in text
        assert len(call(command, "--help").output.splitlines()) > 4


@pytest.mark.parametrize("command", ["run", "data", "notebooks", "figures"])
def test_a_named_folder_without_the_files_is_one_sentence_and_a_non_zero_status(
    call, monkeypatch, tmp_path, command
):
    monkeypatch.setenv("MNIST_DATA_DIR", str(tmp_path))
    result = call(command)
    assert result.exit_code == 1
    assert f"is missing in {tmp_path}" in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_figures_and_notebooks_are_never_redrawn_from_the_embedded_default(call, monkeypatch):
    monkeypatch.setattr("mnist_helpers.storage.fetch_missing", _no_network)
    for command in ("figures", "notebooks", "data"):
        result = call(command)
        assert result.exit_code == 1
        assert "set MNIST_DATA_DIR to a folder with its four files" in result.output


def test_half_a_training_is_neither_reported_nor_drawn(call, monkeypatch, tiny_data, trained, tmp_path):
    model, history = trained
    for module in ("mnist_helpers", "mnist_helpers.course.figures"):
        stump = replace(history, interrupted=True)
        monkeypatch.setattr(f"{module}.load_or_train", lambda *_, stump=stump: (model, stump))
    monkeypatch.setattr("mnist_helpers.course.cli.load_data", lambda: tiny_data)
    monkeypatch.setattr("mnist_helpers.course.runner.run_course", lambda *_: None)
    result = call("run")
    assert result.exit_code
    assert "Executed copies" not in result.output
    with pytest.raises(KeyboardInterrupt):
        next(draw_figures(tiny_data, tmp_path / "figures"))
    assert not (tmp_path / "figures").exists()


def test_data_says_where_the_verified_files_lie(call, mnist, monkeypatch):
    monkeypatch.setenv("MNIST_DATA_DIR", REAL_MNIST)
    output = call("data").output
    assert output.count("checksum verified") == 4
    assert f"The files lie in {REAL_MNIST}" in output


def test_an_unknown_kind_of_copy_is_refused(call):
    result = call("copies", "pirate")
    assert result.exit_code == 2
    assert "student" in result.output


def test_experiments_can_be_named_and_frameworks_that_are_missing_are_left_out(call, monkeypatch):
    refreshed = []
    monkeypatch.setattr("mnist_helpers.course.cli.require_mnist", lambda reason: None)
    monkeypatch.setattr("mnist_helpers.course.runner.refresh", lambda path, *_: refreshed.append(path.stem))
    for name in ("MNIST_BUDGET", "MNIST_RECOMPUTE"):  # the command sets them; this sets them back
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(registry, "missing_frameworks", lambda: ["jax"])
    output = call("experiments", "framework_comparison", "architectures").output
    assert refreshed == ["architectures"]
    assert f"left out, because jax is not installed: {registry.INSTALL}" in output
    monkeypatch.setattr(registry, "missing_frameworks", list)
    call("experiments", "framework_comparison")
    assert refreshed == ["architectures", "framework_comparison"]


@pytest.mark.parametrize(
    "words",
    [["read", ""], ["progress", " "], ["notebooks", ""], ["app", "--export", ""], ["run", "--output="]],
)
def test_an_argument_that_is_empty_is_not_taken_for_this_folder_or_for_all(call, words):
    result = call(*words)
    assert result.exit_code == 2
    assert "an argument is empty" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["app", "--port", "65536"], ["app", "--port", "-1"], ["copies", "reseeded", "--seed", "-1"],
        ["copies", "reseeded", "--seed", str(10**20)], ["claims", "--seeds", str(10**20)],
        ["progress", "--timeout", str(10**20)],
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_is_told_before_anything_is_done(call, words):
    result = call(*words)
    assert result.exit_code == 2
    assert "Invalid value for" in result.output


@pytest.mark.parametrize("words", [["slides", "--output"], ["app", "--export"], ["export", "--onnx"]])
def test_a_file_in_place_of_a_folder_and_the_reverse_are_one_sentence(call, tmp_path, words):
    place = tmp_path / "place"
    place.mkdir() if "--onnx" in words else place.touch()
    result = call(*words, str(place))
    assert result.exit_code == 1
    assert re.search(r"place.* cannot be used \(.+\); name another file or folder\n$", result.output)


def _no_network(*_):
    raise OSError("no network in this test")


@pytest.mark.parametrize("command", ["notebooks", "experiments", "claims"])
def test_a_notebook_that_does_not_exist_is_one_sentence_with_those_that_do(call, monkeypatch, command):
    monkeypatch.setattr("mnist_helpers.course.cli.require_mnist", lambda reason: None)
    for name in ("MNIST_BUDGET", "MNIST_RECOMPUTE"):
        monkeypatch.setenv(name, "")
    result = call(command, "zzz")
    assert result.exit_code == 1
    assert result.output.startswith("no notebook's name begins with 'zzz'; there are 01_data")
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["run", "copies student", "site", "slides", "addresses"])
def test_without_the_notebooks_a_command_ends_in_one_sentence(call, monkeypatch, command):
    def gone():
        raise NotebookError("there is no folder notebooks")

    monkeypatch.setattr("mnist_helpers.course.runner.course_root", gone)
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    result = call(*command.split())
    assert result.exit_code == 1
    assert result.output.splitlines() == ["there is no folder notebooks"]
