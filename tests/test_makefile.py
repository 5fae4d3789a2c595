"""The Makefile in folders and environments of every name; nothing is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.fixture
def make(tmp_path):
    """`make -n TARGET` in a copy of the Makefile in a folder with spaces and brackets; `run` does it."""
    folder = tmp_path / "My Course (1) [ü] & co"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)

    def make(target: str, environment: Path | None = None, run: bool = False) -> subprocess.CompletedProcess:
        # `make test` hands on what it was called with, and its variables may stand in the environment.
        inherited = ("CONDA", "MAKE", "MFLAGS", "EXTRAS", "WORKERS", "TORCH", "PYTHON", "REPOSITORY")
        variables = {name: value for name, value in os.environ.items() if not name.startswith(inherited)}
        variables["VIRTUAL_ENV"] = str(environment or "")
        return subprocess.run(
            ["make", *(() if run else ("-n",)), target],
            cwd=folder, env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip

    make.folder = folder
    return make


def environment_in(folder: Path) -> Path:
    """What looks like an active environment."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    return folder


@pytest.mark.parametrize("active", [False, True])
@pytest.mark.parametrize("target", ["run", "test", "lab"])
def test_a_path_with_spaces_and_brackets_is_no_obstacle(make, target, active):
    done = make(target, environment_in(make.folder / ".venv") if active else None)
    assert done.returncode == 0
    assert done.stderr == ""
    assert ".venv/bin/" in done.stdout
    assert "My Course" not in done.stdout


@pytest.mark.parametrize("name", ["my env", "env (1)", "env#1", "env;1"])
def test_an_environment_that_make_cannot_name_is_told_first(make, tmp_path, name):
    done = make("run", environment_in(tmp_path / name))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "The path of the active environment has a space or another character" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_lowest_versions_get_an_environment_of_their_own(make):
    commands = make("lowest").stdout.splitlines()[-3:]
    assert [line.count("build/lowest") for line in commands] == [1, 1, 1]
    assert "--resolution lowest-direct" in commands[1]
    assert "constraint" not in commands[1]
    assert commands[2].endswith("-m pytest -n 2 tests")


def test_an_environment_elsewhere_is_used(make, tmp_path):
    assert (
        f"{tmp_path}/env-ü_1/bin/mnist-helpers run"
        in make("run", environment_in(tmp_path / "env-ü_1")).stdout
    )


@pytest.mark.parametrize("answers", [True, False], ids=["torch's index answers", "it does not"])
def test_torchs_own_index_is_used_where_it_answers_and_asked_anew_each_time(make, answers):
    """The second time torch is installed: uv would say that all is well, and fail when it asks in earnest."""
    python = make.folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    unasked = "*dry-run*reinstall-package?torch*) exit 1;; " if not answers else ""
    python.write_text(f'#!/bin/sh\necho "$@" >> calls\ncase "$*" in {unasked}esac\n', encoding="utf-8")
    python.chmod(0o755)
    done = make("setup", run=True)
    assert done.returncode == 0, done.stderr
    install = (make.folder / "calls").read_text(encoding="utf-8").splitlines()[-1]
    assert install.endswith("--constraint constraints.txt --editable .[dev]")
    assert ("--torch-backend auto" in install) == answers
    assert ("taking PyPI's" in done.stdout) != answers
