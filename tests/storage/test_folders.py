"""Which folder is meant, whatever other programs and shells made of its name."""

import os
from pathlib import Path

import pytest

from mnist_helpers import (
    MLP,
    History,
    load_checkpoint,
    load_mnist,
    save_checkpoint,
    torchvision_root,
)
from mnist_helpers.app.bundle import write_single_file
from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.hand import read_hand
from mnist_helpers.app.onnx_export import export_onnx
from mnist_helpers.app.own_model import load_own_model
from mnist_helpers.app.reading import read_own
from mnist_helpers.app.site import SOURCE, write_site
from mnist_helpers.digits import read_folder
from mnist_helpers.storage import DataError, cache_dir, folders, mnist_folder, named_folder, with_home


@pytest.mark.parametrize("name", ["{}", " {} ", '"{}"', "'{}'", "{}/"])
def test_a_folder_is_found_however_a_shell_hands_it_over(tmp_path, monkeypatch, name):
    """Windows' `set MNIST_DATA_DIR="C:\\data"` keeps the quotes."""
    for variable, folder in (("MNIST_DATA_DIR", mnist_folder), ("MNIST_CACHE_DIR", cache_dir)):
        monkeypatch.setenv(variable, name.format(tmp_path))
        assert folder() == tmp_path


@pytest.mark.parametrize("variable", ["MNIST_DATA_DIR", "MNIST_CACHE_DIR"])
def test_a_tilde_is_the_home_folder(monkeypatch, variable):
    monkeypatch.setenv(variable, "~/digits")
    folder = cache_dir() if variable == "MNIST_CACHE_DIR" else named_folder()
    assert folder == Path.home() / "digits"


@pytest.mark.parametrize("empty", ["", " ", '""'])
def test_an_empty_variable_names_no_folder(monkeypatch, empty):
    monkeypatch.setenv("MNIST_DATA_DIR", empty)
    monkeypatch.setenv("MNIST_CACHE_DIR", empty)
    assert named_folder() is None
    assert cache_dir() == folders.user_cache_path("mnist-helpers")


@pytest.mark.parametrize("name", ["cache", "./cache", "~nobody-of-that-name/cache"])
def test_a_cache_that_would_lie_beside_every_notebook_is_refused(monkeypatch, name):
    monkeypatch.setenv("MNIST_CACHE_DIR", name)
    with pytest.raises(DataError, match=r"^MNIST_CACHE_DIR is .*; give the full path of a folder$"):
        cache_dir()


def test_the_usual_cache_is_made_where_it_can_be(monkeypatch, tmp_path):
    monkeypatch.delenv("MNIST_CACHE_DIR")
    usual = tmp_path / "home" / ".cache" / "mnist-helpers"
    monkeypatch.setattr(folders, "user_cache_path", lambda name: usual)
    assert cache_dir() == usual
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").touch()  # a file is no folder to make another one in
    assert cache_dir() != usual


@pytest.mark.parametrize("usual", ["~/.cache", "/proc/nothing/can/be/made/here"])
def test_without_a_home_the_cache_is_among_the_temporary_files(monkeypatch, tmp_path, usual):
    monkeypatch.delenv("MNIST_CACHE_DIR")
    monkeypatch.setattr(folders, "user_cache_path", lambda name: Path(usual) / name)
    monkeypatch.setattr(folders.os, "access", lambda *_: False)
    monkeypatch.setattr(folders.tempfile, "gettempdir", lambda: str(tmp_path))
    assert cache_dir().parent == tmp_path


def takers_of_a_path() -> dict:
    """What in the package a path is given to, from Python: each is called with it."""
    return {
        "read_folder": read_folder,
        "read_own": read_own,
        "read_hand": read_hand,
        "write_site": write_site,
        "write_single_file": lambda path: write_single_file(path, SOURCE),
        "export_onnx": lambda path: export_onnx(MLP(), path),
        "read_model": read_model,
        "load_own_model": load_own_model,
        "save_checkpoint": lambda path: save_checkpoint(path, MLP(), History()),
        "load_checkpoint": lambda path: load_checkpoint(path, MLP()),
        "load_mnist": load_mnist,
        "torchvision_root": torchvision_root,
    }


@pytest.mark.parametrize("name", takers_of_a_path())
def test_a_tilde_is_the_home_folder_wherever_a_path_is_given(monkeypatch, tmp_path, name):
    """A file lies in place of the folder, so that nothing can be read or written: the error names it."""
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "digits").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, OSError)) as caught:
        takers_of_a_path()[name]("~/digits/7")
    assert str(tmp_path / "home" / "digits") in f"{caught.value} {getattr(caught.value, 'filename', '')}"
    with pytest.raises((ValueError, OSError)):
        takers_of_a_path()[name]("/dev/null/~nobody-of-that-name/7")


@pytest.mark.skipif(os.name == "nt", reason="Windows guesses where others are at home")
def test_a_tilde_before_nobodys_name_stays_as_it_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert with_home("~nobody-of-that-name/7") == Path("~nobody-of-that-name/7")
    with pytest.raises(ValueError, match=r"^there is no folder ~nobody-of-that-name/7; "):
        read_folder("~nobody-of-that-name/7")
