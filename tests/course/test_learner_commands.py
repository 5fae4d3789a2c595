"""Commands for learners: JupyterLab, and where the course opens on the web."""

import sys

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from mnist_helpers.course import doctor
from mnist_helpers.course.cli import app


@pytest.fixture
def call(monkeypatch):
    for name in ("GITHUB_REPOSITORY",):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("mnist_helpers.course.address._origin", lambda root: "")
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("user", [0, 1000])
def test_lab_opens_the_first_notebook_with_this_python_for_root_too(call, monkeypatch, user):
    monkeypatch.setattr("mnist_helpers.course.learner_commands.os.geteuid", lambda: user, raising=False)
    commands = []

    def run(command, check):
        commands.append(command)
        return type("Done", (), {"returncode": 3})

    monkeypatch.setattr("mnist_helpers.course.learner_commands.subprocess.run", run)
    assert call("lab").exit_code == 3
    assert commands[0][:3] == [sys.executable, "-m", "jupyterlab"]
    assert commands[0][3] == f"--ServerApp.root_dir={ROOT}"  # the README is in it
    assert commands[0][4] == str(ROOT / "notebooks" / "01_data_loading_and_exploration.ipynb")
    assert ("--allow-root" in commands[0]) == (user == 0)


def test_without_jupyterlab_lab_and_the_doctor_say_so_in_one_sentence(call, monkeypatch):
    monkeypatch.setattr("mnist_helpers.course.learner_commands.find_spec", lambda name: None)
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    result = call("lab")
    assert result.exit_code == 1
    assert result.output.startswith("JupyterLab is not installed")
    assert len(result.output.splitlines()) == 1
    finding = doctor.check_lab()
    assert not finding.stops_the_course
    assert finding.mend in result.output


def test_addresses_follow_the_one_source_of_the_repository(call):
    output = call("addresses", "--repository", "ada/digits").output
    assert "Site    https://ada.github.io/digits/" in output
    assert output.count("ada/digits") == 3
    assert [line.split()[0] for line in output.splitlines()] == ["Site", "Colab", "Kaggle", "Binder"]
    page = call("addresses", "--badges", "--repository", "ada/digits").output
    assert page.startswith("# Open a notebook with one click\n")
    assert (
        "](https://mybinder.org/v2/gh/ada/digits/main?labpath=notebooks/02_data_preprocessing.ipynb)" in page
    )


@pytest.mark.parametrize("arguments", [("addresses",), ("copies", "colab"), ("copies", "kaggle")])
def test_an_unknown_address_is_one_sentence(call, arguments):
    result = call(*arguments)
    assert result.exit_code == 1
    assert result.output == "Where the course lies on GitHub is not known; add --repository OWNER/NAME.\n"


def test_a_wrong_address_is_one_sentence(call):
    result = call("copies", "colab", "--repository", "https://github.com/o/n")
    assert result.exit_code == 1
    assert "name a repository on GitHub as OWNER/NAME" in result.output
