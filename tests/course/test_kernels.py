"""Whose Python executes the notebooks."""

import asyncio
import json
import os
import sys
import threading
from pathlib import Path

import nbformat
import pytest
import zmq
from conftest import CTRL_C
from nbformat.v4 import new_code_cell, new_notebook

from mnist_helpers.course import doctor, kernels
from mnist_helpers.course.runner import execute


@pytest.fixture
def register(tmp_path, monkeypatch):
    """Registers a kernel "python3" for this user, as another Python's `ipykernel install --user` does."""

    def register(python: str) -> Path:
        folder = tmp_path / "jupyter" / "kernels" / "python3"
        folder.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
        monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        return folder

    return register


def test_the_runner_uses_its_own_python_whatever_is_registered(register, tmp_path):
    register("/no/such/python")
    path = tmp_path / "which.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("import sys; print(sys.prefix)")]), path)
    assert execute(path).cells[0].outputs[0].text.strip() == sys.prefix


def test_the_doctor_names_a_kernel_of_another_python_and_the_cure(register):
    folder = register("/no/such/python")
    finding = doctor.check_kernel()
    assert finding.stops_the_course
    assert "JupyterLab would start" in finding.seen
    assert str(Path("/no/such/python")) in finding.seen
    assert f"remove {folder}" in finding.mend


@pytest.mark.parametrize("python", [sys.executable, "python"])  # which jupyter_client takes for its own
def test_a_kernel_of_this_python_is_ours(register, python):
    register(python)
    assert kernels.foreign_kernel() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_ctrl_c_is_no_finding_of_the_doctors(monkeypatch, tmp_path):
    (tmp_path / "mnist_helpers.py").write_text(CTRL_C)  # which the kernel imports
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        doctor.check_kernel()


def test_a_kernel_that_ends_does_not_wait_for_its_heartbeat():
    manager = kernels.SafeKernel()
    late = zmq.Context(manager.context).socket(zmq.REQ)  # the heartbeat opens one when it had no answer
    ending = threading.Thread(target=lambda: asyncio.run(manager.cleanup_resources()), daemon=True)
    ending.start()
    ending.join(20)
    try:
        assert not ending.is_alive()
    finally:
        late.close()
