"""Libraries from npm: fetched once, only what is wanted, and one sentence when they cannot be had."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from mnist_helpers.course import npm


def fake_npm(monkeypatch, files=()):
    """npm packs these files, or fails if there are none; returns the calls."""
    calls = []

    def run(command, **_):
        calls.append(command)
        if files:
            folder = Path(command[command.index("--pack-destination") + 1])
            with tarfile.open(folder / "packed.tgz", "w:gz") as archive:
                for name in files:
                    member = tarfile.TarInfo(f"package/{name}")
                    member.size = 4
                    archive.addfile(member, io.BytesIO(b"text"))
        return subprocess.CompletedProcess(command, 0 if files else 1, "", "")

    monkeypatch.setattr(npm.shutil, "which", lambda name: "npm")
    monkeypatch.setattr(npm.subprocess, "run", run)
    return calls


def test_a_library_is_fetched_once_and_only_the_wanted_files_are_kept(monkeypatch):
    wanted = npm.LIBRARIES["mermaid"]
    calls = fake_npm(monkeypatch, [*wanted.files, "dist/large.js"])
    folder = npm.library("mermaid")
    assert npm.library("mermaid") == folder
    assert [command[-1] for command in calls] == [f"mermaid@{wanted.version}"]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == set(wanted.files)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_what_is_in_the_cache_needs_no_npm(monkeypatch):
    fake_npm(monkeypatch, npm.LIBRARIES["mathjax"].files)
    folder = npm.library("mathjax")
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    assert npm.library("mathjax") == folder


def test_without_npm_or_its_registry_there_is_one_sentence(monkeypatch):
    fake_npm(monkeypatch)
    with pytest.raises(npm.NpmError, match=r"^npm cannot fetch mermaid@[\d.]+; connect to the internet once"):
        npm.library("mermaid")
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    with pytest.raises(npm.NpmError, match=r"not installed; it comes with Node\.js$"):
        npm.library("mermaid")
