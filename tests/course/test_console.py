"""What the commands say, on terminals and in files of every encoding, and where the course is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mnist_helpers.course import cli, console, runner

PROBE = """
import sys
from mnist_helpers.course.console import Commands
app = Commands()
@app.command()
def say() -> None:
    print("✓ data → “MNIST” … ✗ \u4e00")
    print("✓", file=sys.stderr)
app()
"""


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "✓ data → “MNIST” … ✗ \u4e00"),
        ("cp1252", "ok data -> “MNIST” … NO ?"),
        ("ascii", 'ok data -> "MNIST" ... NO ?'),
        ("cp932", "ok data → “MNIST” … NO \u4e00"),
    ],
)
def test_output_of_any_encoding_is_no_error(encoding, said):
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, check=True)
    assert done.stdout.decode(encoding).strip() == said
    assert done.stderr.decode(encoding).strip() in ("✓", "ok")


def test_the_course_speaks_so():
    assert isinstance(cli.app, console.Commands)


@pytest.mark.parametrize("command", [["run"], ["copies", "student"], ["notebooks"], ["figures"], ["claims"]])
def test_a_package_without_notebooks_says_so_in_one_sentence(monkeypatch, tmp_path, command):
    monkeypatch.setattr(runner, "__file__", str(tmp_path / "lib" / "mnist_helpers" / "course" / "runner.py"))
    monkeypatch.setattr(cli, "require_mnist", lambda why: None)
    result = CliRunner().invoke(cli.app, command)
    assert result.exit_code == 1
    assert "there is no folder notebooks in" in result.output
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "a file or folder cannot be used (No space left on device)"),
        (OSError(28, "No space left on device", "a.js", None, "app/a.js"), "app/a.js cannot be used"),
    ],
)
def test_a_full_disk_is_one_sentence_also_where_the_system_names_no_file(monkeypatch, error, said):
    def full(*_):
        raise error

    monkeypatch.setattr("mnist_helpers.course.slides.write_decks", full)
    result = CliRunner().invoke(cli.app, ["slides"])
    assert result.exit_code == 1
    assert result.output.startswith(said)
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [["read", "~/none"], ["app", "--export=~/file"], ["app", "--export", "~/file"]]
)
def test_a_tilde_is_the_home_folder_also_where_a_shell_leaves_it(monkeypatch, tmp_path, words):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 1
    assert str(tmp_path) in result.output


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that somebody is in")
@pytest.mark.parametrize(
    "words", [["doctor"], ["progress"], ["export", "--onnx", "x.onnx"], ["copies", "student"]]
)
def test_a_folder_that_was_deleted_under_ones_feet_is_one_sentence(monkeypatch, tmp_path, words):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 1
    assert result.output == f"{console.NO_FOLDER}\n"


def test_a_user_without_a_home_folder_is_told_to_set_one(monkeypatch):
    def homeless(*_):
        Path("~nobody-of-that-name").expanduser()

    monkeypatch.setattr("mnist_helpers.course.doctor.check_kernel", homeless)
    result = CliRunner().invoke(cli.app, ["doctor"])
    assert result.exit_code == 1
    assert f"{console.NO_HOME}\n" in result.output
