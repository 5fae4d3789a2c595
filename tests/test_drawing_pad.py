"""The drawing pad: the kernel's model answers, in a real JupyterLab page too."""

import os
import re
import socket
import subprocess
import sys
import time

import nbformat
import pytest
import requests
import torch
from nbformat.v4 import new_code_cell, new_notebook

from mnist_helpers import predict_proba, runner
from mnist_helpers.app.drawing_pad import DrawingPad
from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.site import MODELS

CELLS = [
    """from mnist_helpers.app.drawing_pad import DrawingPad
from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.site import MODELS
model, _ = read_model(MODELS / "mlp.json")""",
    "pad = DrawingPad(model)\npad",
    "print('the kernel is free')",
]


@pytest.fixture
def model():
    return read_model(MODELS / "mlp.json")[0]


@pytest.fixture
def notebook(tmp_path):
    cells = [new_code_cell(source) for source in CELLS]
    path = tmp_path / "pad.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": runner.KERNEL}), path)
    return path


def test_the_answer_is_the_models(model):
    pad = DrawingPad(model)
    levels = torch.randint(0, 256, (784,), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    pad.image = levels.numpy().tobytes()
    assert torch.equal(pad.pixels, levels[None].float() / 255)
    assert pad.probabilities == pytest.approx(predict_proba(model, pad.pixels)[0].tolist())


def test_an_empty_canvas_has_no_answer(model):
    pad = DrawingPad(model)
    assert (pad.probabilities, pad.pixels) == ([], None)
    pad.image = bytes(783) + b"\xff"
    assert len(pad.probabilities) == 10
    pad.image = b""
    assert (pad.probabilities, pad.pixels) == ([], None)


def test_what_the_model_has_learnt_since_is_in_the_next_answer(model):
    pad = DrawingPad(model)
    pad.image = bytes(784)
    before = pad.probabilities
    with torch.no_grad():
        model[-1].bias[3] += 20
    pad.image = bytes(783) + b"\x01"
    assert pad.probabilities[3] > 0.99 > before[3]


def test_where_there_are_no_widgets_a_sentence_stands_in_its_place(notebook):
    (output,) = runner.execute(notebook).cells[1].outputs
    assert output["data"] == {
        "text/plain": "DrawingPad",
        "text/html": "<i>A drawing pad: run this cell in JupyterLab to draw a digit and watch the model "
        "read it.</i>",
    }


@pytest.fixture
def jupyterlab(notebook):
    """The address of the notebook in a JupyterLab of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
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
        yield f"{address}/lab/tree/pad.ipynb?reset"
    finally:
        server.terminate()
        server.wait(timeout=30)


def draw(page, points):
    """One stroke with the real mouse, in units of the canvas."""
    place = page.locator(".drawing-pad [data-part=canvas]").bounding_box()
    (x, y), *rest = [(place["x"] + x, place["y"] + y) for x, y in points]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


def reads(page, digit):
    from playwright.sync_api import expect

    expect(page.locator(".drawing-pad [data-part=digit]")).to_have_text(digit, timeout=15_000)


def test_drawing_in_jupyterlab_asks_the_kernels_model(jupyterlab, browser):
    errors = []
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(jupyterlab)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)
    done = page.locator(".jp-OutputArea-output", has_text="the kernel is free")
    seven = [(90, 70), (190, 70), (130, 220)]
    for menu, item in (("Run", "Run All Cells"), ("Kernel", "Restart Kernel and Run All Cells")):
        page.locator(".lm-MenuBar-itemLabel", has_text=menu).click(timeout=60_000)
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}")).click()
        if menu == "Kernel":
            page.locator(".jp-Dialog .jp-mod-accept").click()
            done.wait_for(state="detached")
        done.wait_for(timeout=120_000)
        reads(page, "?")
        draw(page, seven)
        reads(page, "7")
        page.locator(".drawing-pad [data-part=clear]").click()
        reads(page, "?")
    draw(page, [(140, 60), (140, 220)])
    reads(page, "1")
    page.keyboard.press("z")  # a shortcut of JupyterLab's: the pad keeps its keys to itself
    reads(page, "1")
    page.locator(".drawing-pad [data-part=undo]").click()
    reads(page, "?")
    assert errors == []
