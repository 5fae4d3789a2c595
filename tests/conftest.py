"""Fixtures of the unit tests. None of them needs the network, a GPU, or the real MNIST."""

import contextlib
import dataclasses
import gzip
import hashlib
import os
import shutil
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch
from ipywidgets.widgets import widget

from mnist_helpers import (
    MLP,
    Evaluation,
    History,
    MnistData,
    Splits,
    evaluate,
    load_embedded_digits,
    load_mnist,
    preprocess,
    train,
)
from mnist_helpers.storage import OFFICIAL_FILES, download

mpl.use("Agg")
torch.set_num_threads(1)  # several threads wait for each other when anything else runs on the machine

os.environ.setdefault("MNIST_BUDGET", "short")  # notebooks under test run their experiments small

ROOT = Path(__file__).parents[1]  # of the clone
# A cell that presses Ctrl-C in the terminal of whoever runs its kernel, and works on.
CTRL_C = "import os, signal, time\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)"
REAL_MNIST = os.environ.get("MNIST_DATA_DIR")  # read before any test hides it


def free_port() -> int:
    """A port of this machine that nothing listens on at the moment."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No test sees the user's data and cache, the internet, or the figures of another test."""
    monkeypatch.setenv("MNIST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("MNIST_DATA_DIR", raising=False)
    monkeypatch.setattr(download, "mirrors", lambda: ["http://127.0.0.1:9/"])  # nobody listens there
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def mnist() -> MnistData:
    """The real MNIST, for the few tests that state facts about it."""
    if not REAL_MNIST:
        pytest.skip("needs the real MNIST: set MNIST_DATA_DIR to a folder with its four files")
    return load_mnist(REAL_MNIST)


@pytest.fixture
def bundle_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[widget.Widget], dict]:
    """What a widget hands to the notebook, by kind; ipywidgets 7 displays it without being asked for it."""

    def bundle_of(shown: widget.Widget) -> dict:
        if hasattr(shown, "_repr_mimebundle_"):
            return shown._repr_mimebundle_()
        bundles = []
        monkeypatch.setattr(widget, "display", lambda bundle, raw: bundles.append(bundle))
        shown._ipython_display_()
        return bundles[0]

    return bundle_of


@contextlib.contextmanager
def full_disk():
    """Within the block no file can grow beyond 10,000 bytes; writing more fails as on a full disk.

    Not within a whole test: what pytest says of it may go to a file, too.
    """
    resource = pytest.importorskip("resource", reason="Windows cannot limit the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="session")
def tiny_data() -> MnistData:
    """Real handwriting, 1,437 and 360 images: enough to learn from in a second."""
    return load_embedded_digits()


@pytest.fixture(scope="session")
def tiny_splits(tiny_data: MnistData) -> Splits:
    return preprocess(tiny_data)


@pytest.fixture(scope="session")
def trained(tiny_splits: Splits) -> tuple[MLP, History]:
    """A model that has learnt the tiny data by the course's recipe, and its history. Do not change it."""
    model = new_model()
    return model, train(model, tiny_splits, progress=False)


@pytest.fixture(scope="session")
def evaluation(trained: tuple[MLP, History], tiny_splits: Splits) -> Evaluation:
    return evaluate(trained[0], tiny_splits.test)


def new_model() -> MLP:
    return MLP(generator=torch.Generator().manual_seed(0))


def idx_bytes(values: torch.Tensor) -> bytes:
    """An IDX file, written from the format's description rather than with the package."""
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.numpy().tobytes()


@pytest.fixture
def synthetic(monkeypatch: pytest.MonkeyPatch) -> MnistData:
    """A made-up MNIST of 60 and 20 images, whose files pass for the official ones in this test."""
    generator = torch.Generator().manual_seed(0)
    parts = {}
    for part, count in (("train", 60), ("test", 20)):
        parts[f"{part}_images"] = torch.randint(
            0, 256, (count, 28, 28), dtype=torch.uint8, generator=generator
        )
        parts[f"{part}_labels"] = torch.arange(count, dtype=torch.uint8) % 10
    for part, official in list(OFFICIAL_FILES.items()):
        content = idx_bytes(parts[part])
        packed = gzip.compress(content, mtime=0)
        changed = dataclasses.replace(
            official, size=len(content), md5=_md5(content), gz_size=len(packed), gz_md5=_md5(packed)
        )
        monkeypatch.setitem(OFFICIAL_FILES, part, changed)
    return MnistData(**parts, source=None)


@pytest.fixture
def packed_files(synthetic: MnistData) -> dict[str, bytes]:
    """The four gzipped files of the made-up MNIST by name."""
    return {
        official.gz_name: gzip.compress(idx_bytes(getattr(synthetic, part)), mtime=0)
        for part, official in OFFICIAL_FILES.items()
    }


@pytest.fixture
def idx_folder(tmp_path: Path, packed_files: dict[str, bytes]) -> Path:
    """A folder with the four gzipped files of the made-up MNIST."""
    folder = tmp_path / "named"
    folder.mkdir()
    for name, content in packed_files.items():
        (folder / name).write_bytes(content)
    return folder


def assert_same_data(data: MnistData, expected: MnistData) -> None:
    for part in OFFICIAL_FILES:
        assert torch.equal(getattr(data, part), getattr(expected, part)), part


def truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


def alter(content: bytes) -> bytes:
    """The same length, one bit flipped near the end."""
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


@pytest.fixture
def accepted(capsys: pytest.CaptureFixture) -> Callable[..., bool]:
    """Whether a checker accepts an answer."""

    def accepted(check: Callable[..., None], *answers: object) -> bool:
        check(*answers)
        return capsys.readouterr().out.startswith("✓")

    return accepted


class FileServer:
    """Serves files by path on this machine, and can misbehave in the ways that servers do."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.manners: dict[str, dict] = {}  # by folder: what `serve` was told of them
        self.requests: list[str] = []
        self.before_answer: Callable[[str], None] = lambda path: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                server.before_answer(self.path)
                content = server.files.get(self.path)
                manners = server.manners.get(self.path.split("/")[1], {})
                with contextlib.suppress(OSError):  # whoever asked may have given up
                    if "answer" in manners:
                        return manners["answer"](self, content or b"")
                    self.send_response(manners.get("status", 200 if content is not None else 404))
                    for name, value in manners.get("headers", {}).items():
                        self.send_header(name, value)
                    length = manners.get("length", len(content or b""))
                    if length is not None:
                        self.send_header("Content-Length", str(length))
                    self.end_headers()
                    send = manners.get("send", lambda handler, content: handler.wfile.write(content))
                    send(self, content or b"")

            def log_message(self, *arguments: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, folder: str, files: dict[str, bytes], **manners: object) -> str:
        """Serve `files` under /folder/, and return the address of a mirror there.

        `manners` depart from good ones: `status`, `headers`, `length` (None: no such header), `send`, called
        with the handler and the content in place of sending it, or `answer`, in place of the whole answer.
        """
        self.files |= {f"/{folder}/{name}": content for name, content in files.items()}
        self.manners[folder] = manners
        return f"{self.address}/{folder}/"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server():
    server = FileServer()
    yield server
    server.close()


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


# The app's tests run in Debian's Chromium or another one on the path; Playwright brings none of its own.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def playwright():
    """Playwright, for one module at a time: its event loop would get in the way of the notebooks' tests."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if CHROMIUM is None or sync_playwright is None:
        missing = "Chromium" if CHROMIUM is None else "playwright"
        if os.environ.get("MNIST_REQUIRE_BROWSER"):
            pytest.fail(f"the app must be tested in a browser here, but {missing} is not installed")
        pytest.skip(f"needs a browser: {missing} is not installed")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which judges whether a page keeps people out."""
    from mnist_helpers.course.npm import NpmError, library

    try:
        return (library("axe-core") / "axe.min.js").read_text(encoding="utf-8")
    except NpmError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def serve_folder():
    """Serves folders with the app's own server; returns each one's address."""
    from mnist_helpers.app.server import serve

    servers = []

    def start(folder: Path) -> str:
        servers.append(serve(folder, port=0))
        threading.Thread(target=servers[-1].serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def app_address(serve_folder, tmp_path_factory) -> str:
    """The address of the app as it comes with the package."""
    from mnist_helpers.app.site import write_site

    return serve_folder(write_site(tmp_path_factory.mktemp("app") / "site"))
