"""A JupyterLab of its own, with a drawing pad in a notebook, for the pad's tests and measurements."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import requests
from conftest import free_port
from nbformat.v4 import new_code_cell, new_notebook

from mnist_helpers.course import runner

CELLS = [
    """from mnist_helpers.app.teaching_pad import TeachingPad
from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.site import MODELS
model, _ = read_model(MODELS / "mlp.json")""",
    "pad = TeachingPad(model)\npad",
    "print('the kernel is free')",
]


def write_pad_notebook(folder: Path) -> Path:
    cells = [new_code_cell(source) for source in CELLS]
    path = folder / "pad.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": runner.KERNEL}), path)
    return path


@contextlib.contextmanager
def jupyterlab(notebook: Path) -> Iterator[str]:
    """The address of the notebook in a JupyterLab that stops afterwards."""
    port = free_port()
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=", "--ServerApp.port_retries=0"]
    places = [f"--port={port}", f"--notebook-dir={notebook.parent}"]
    folders = {name: str(notebook.parent / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, *places], env=os.environ | folders, **quiet
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"{address}/api", timeout=1).raise_for_status()
                break
            except requests.RequestException:
                assert time.monotonic() < deadline, "JupyterLab did not start"
                time.sleep(0.2)
        yield f"{address}/lab/tree/{notebook.name}?reset"
    finally:
        server.terminate()
        server.wait(timeout=30)


def open_notebook(page, address: str) -> None:
    """Open the notebook and wait until its kernel is there."""
    page.goto(address)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)


def run_all(page, restart: bool = False) -> None:
    """Run all cells, and wait until the last one has run; `restart` begins with a new kernel."""
    menu, item = ("Kernel", "Restart Kernel and Run All Cells") if restart else ("Run", "Run All Cells")
    done = page.locator(".jp-OutputArea-output", has_text="the kernel is free")
    page.locator(".lm-MenuBar-itemLabel", has_text=menu).click(timeout=60_000)
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}")).click()
    if restart:
        page.locator(".jp-Dialog .jp-mod-accept").click()
        done.wait_for(state="detached")
    done.wait_for(timeout=120_000)


def draw(page, points) -> None:
    """One stroke with the real mouse, in units of the pad's canvas."""
    place = page.locator(".drawing-pad [data-part=canvas]").bounding_box()
    (x, y), *rest = [(place["x"] + x, place["y"] + y) for x, y in points]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()
