"""The doctor: what it sees on a sound machine, and what it says on others."""

import sys
from collections import namedtuple

import pytest
import torch

from mnist_helpers.course import doctor
from mnist_helpers.course.doctor import Finding, report
from mnist_helpers.course.runner import NotebookError
from mnist_helpers.data import load_embedded_digits


def test_a_sound_machine_passes_every_check():
    findings = list(doctor.examine())
    assert not any(finding.stops_the_course for finding in findings)
    assert "after one epoch" in findings[-1].seen  # the training step is real


def test_an_old_python_stops_the_course(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    finding = doctor.check_python()
    assert finding.stops_the_course
    assert "install Python 3.11" in finding.mend


@pytest.mark.parametrize(
    ("requirement", "seen"),
    [("no-such-package>=1", "no-such-package is missing"), ("numpy>=99", "does not satisfy >=99")],
)
def test_a_missing_or_outdated_package_is_named(monkeypatch, requirement, seen):
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: [requirement, 'ruff>=99; extra == "dev"'])
    finding = doctor.check_packages()
    assert finding.stops_the_course
    assert seen in finding.seen
    assert "ruff" not in finding.seen


def test_a_full_disk_and_little_memory_are_warnings(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(10**8))
    monkeypatch.setattr(doctor, "available_memory", lambda: 10**8)
    for finding in (doctor.check_disk(), doctor.check_memory()):
        assert "0.1 GB" in finding.seen
        assert finding.mend
        assert not finding.stops_the_course


def test_a_bad_file_in_the_named_folder_stops_the_course(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DATA_DIR", str(tmp_path))
    finding, data = doctor.check_data()
    assert finding.stops_the_course
    assert "is missing in" in finding.seen
    assert data is None


@pytest.mark.parametrize(
    ("kind", "cure"), [("cuda", "set CUDA_VISIBLE_DEVICES to -1"), ("mps", "device='cpu'")]
)
def test_a_device_that_is_there_and_does_not_work_stops_the_course(monkeypatch, capsys, kind, cure):
    monkeypatch.setattr(doctor, "pick_device", lambda: torch.device(kind))

    ones = torch.ones

    def fail_there(*shape, device=None, **options):
        if device is not None:
            raise RuntimeError("CUDA error: no kernel image is available\nmore")
        return ones(*shape, **options)

    monkeypatch.setattr(doctor.torch, "ones", fail_there)
    monkeypatch.setattr(doctor, "check_kernel", lambda: Finding("Jupyter kernel", "not asked for here"))
    assert not report(doctor.examine())
    said = capsys.readouterr().out
    assert (
        f"✗ device          {kind} is there, but does not work (CUDA error: no kernel image is available)"
        in said
    )
    assert "use the CPU" in said
    assert cure in said
    assert "training" not in said.partition("device")[2].partition("data")[2]


def test_a_package_without_notebooks_cannot_run_the_course(monkeypatch):
    def fail():
        raise NotebookError("there is no folder notebooks in /lib; clone the course")

    monkeypatch.setattr(doctor, "course_root", fail)
    finding = doctor.check_notebooks()
    assert finding.stops_the_course
    assert "clone the course" in finding.mend


def test_a_cache_that_cannot_be_meant_stops_the_course(monkeypatch):
    monkeypatch.setenv("MNIST_CACHE_DIR", "cache")
    finding = doctor.check_disk()
    assert finding.stops_the_course
    assert "MNIST_CACHE_DIR" in finding.mend


def test_arithmetic_that_does_not_learn_stops_the_course(monkeypatch):
    untrained = doctor.train
    monkeypatch.setattr(doctor, "train", lambda *a, **kw: untrained(*a, **{**kw, "learning_rate": 1e-9}))
    assert doctor.check_training_step(load_embedded_digits()).stops_the_course


@pytest.mark.parametrize(
    ("finding", "mark", "runs"),
    [
        (Finding("disk", "80 GB"), "✓ disk", True),
        (Finding("disk", "0.1 GB", "free some"), "! disk", True),
        (Finding("data", "bad", "replace it", stops_the_course=True), "✗ data", False),
    ],
)
def test_report_marks_each_finding_and_says_whether_the_course_runs(finding, mark, runs, capsys):
    assert report(iter([finding])) is runs
    said = capsys.readouterr().out
    assert said.startswith(mark)
    assert finding.mend in said
    assert ("would not run" in said) is not runs
