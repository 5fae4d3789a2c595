"""Downloads: mirrors, checksums, repairs and locks, tried on a server on this machine."""

import gzip
import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict

import pytest
import requests
import torchvision
from conftest import alter, assert_same_data, truncate

from mnist_helpers import Source, load_mnist
from mnist_helpers.storage import OFFICIAL_FILES, DataError, download, fetch_missing, receiving

NAMES = sorted(official.gz_name for official in OFFICIAL_FILES.values())
REAL_MIRRORS = download.mirrors  # before conftest hides it
DOWN = "http://127.0.0.1:9/"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "MNIST" / "raw"


@pytest.fixture
def use_mirrors(monkeypatch):
    return lambda *addresses: monkeypatch.setattr(download, "mirrors", lambda: list(addresses))


def data_files(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "download.lock")


def test_the_mirrors_are_torchvisions():
    assert REAL_MIRRORS() == torchvision.datasets.MNIST.mirrors
    assert all(address.endswith("/") for address in REAL_MIRRORS())


def test_missing_files_are_downloaded_once(synthetic, packed_files, server, use_mirrors, folder, capfd):
    use_mirrors(server.serve("good", packed_files))
    first = load_mnist()
    assert first.source is Source.DOWNLOAD
    assert_same_data(first, synthetic)
    second = load_mnist()
    assert second.source is Source.CACHE
    assert_same_data(second, synthetic)
    assert sorted(server.requests) == [f"/good/{name}" for name in NAMES]
    assert data_files(folder) == NAMES
    assert capfd.readouterr().err == ""


def test_nothing_is_asked_for_when_downloads_are_not_wanted(packed_files, server, use_mirrors, capfd):
    use_mirrors(server.serve("good", packed_files))
    assert load_mnist(download=False).source is Source.EMBEDDED
    assert server.requests == []


@pytest.mark.parametrize("progress", [True, False])
def test_a_slow_download_shows_its_progress_if_wanted(packed_files, server, use_mirrors, capfd, progress):
    server.before_answer = lambda path: time.sleep(1.1 if len(server.requests) == 1 else 0)  # the bar's delay
    use_mirrors(server.serve("good", packed_files))
    load_mnist(progress=progress)
    printed, errors = capfd.readouterr()
    assert ("train-images" in printed) == progress
    assert errors == ""


def page(*_: object) -> bytes:
    return b"<!DOCTYPE html><p>Welcome to our Wi-Fi"


def bomb(content: bytes) -> bytes:
    return gzip.compress(bytes(1_000_000))


SENT = {
    "altered": alter,
    "short": truncate,
    "a web page": page,
    "bomb": bomb,
}
BEHAVED = {
    "breaks off": {"send": lambda h, content: h.wfile.write(truncate(content))},
    "drips": {"send": lambda h, content: drip(h, content)},
    "drips headers": {"answer": lambda handler, content: drip(handler, b"HTTP/1.1 200 OK\r\nX: " + content)},
    "sends without end": {"send": lambda handler, content: pour(handler), "length": None},
    "hangs before the answer": {"answer": lambda handler, content: time.sleep(1)},
    "hangs in the body": {"send": lambda h, content: (h.wfile.write(truncate(content)), time.sleep(1))},
    "lies of a longer file": {"length": 10**9, "send": lambda h, content: h.wfile.write(truncate(content))},
    "lies of a shorter file": {"length": 7},
    "names an encoding": {"headers": {"Content-Encoding": "br"}, "send": lambda h, _: h.wfile.write(page())},
    "redirects for ever": {"status": 302, "headers": {"Location": "/bad/again"}},
    "redirects to a file": {"status": 302, "headers": {"Location": "file:///etc/hostname"}},
    "says no HTTP": {"answer": lambda handler, content: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")},
    **{f"answers {status}": {"status": status} for status in (403, 404, 429, 500, 503)},
}  # fmt: skip


def drip(handler, content: bytes) -> None:
    for byte in content:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def pour(handler) -> None:
    for _ in range(10_000):  # 600 MB, if somebody takes them
        handler.wfile.write(bytes(60_000))


def broken_mirrors() -> dict:
    sending = {
        name: lambda server, files, damage=damage: server.serve(
            "bad", {file: damage(content) for file, content in files.items()}
        )
        for name, damage in SENT.items()
    }
    behaving = {
        name: lambda server, files, how=how: server.serve("bad", files, **how)
        for name, how in BEHAVED.items()
    }
    addresses = {
        "down": lambda server, files: DOWN,
        "unknown": lambda server, files: "http://no-such-host.invalid/",
        "no address": lambda server, files: "http://[/",
        "empty": lambda server, files: server.serve("empty", {}),
    }
    return addresses | sending | behaving


@pytest.fixture
def impatient(monkeypatch):
    """Short deadlines; a good mirror on this machine needs a hundredth of a second, if nothing else runs."""
    monkeypatch.setattr(receiving, "TIMEOUT", (0.3, 0.3))
    monkeypatch.setattr(download, "PATIENCE", 1.5)


@pytest.mark.parametrize("broken", broken_mirrors().values(), ids=broken_mirrors().keys())
def test_the_next_mirror_helps_when_the_first_is_broken_and_without_one_it_ends_in_time(
    synthetic, packed_files, server, use_mirrors, folder, impatient, broken
):
    bad = broken(server, packed_files)
    use_mirrors(bad)
    start = time.monotonic()
    with pytest.raises(DataError, match=r"^[^\n]*\.gz could not be downloaded: [^\n]*$"):
        fetch_missing(folder, progress=False)
    assert time.monotonic() - start < 30  # none takes 3 seconds, and none goes on for ever
    assert data_files(folder) == []
    use_mirrors(bad, server.serve("good", packed_files))
    assert_same_data(load_mnist(), synthetic)
    assert data_files(folder) == NAMES  # nothing half-finished is left


def test_what_comes_after_the_file_is_left(synthetic, packed_files, server, use_mirrors):
    use_mirrors(server.serve("longer", {name: content + b"more" for name, content in packed_files.items()}))
    assert_same_data(load_mnist(), synthetic)


def test_not_one_byte_more_than_the_file_has_is_taken(packed_files, server, use_mirrors, impatient):
    sent = []

    def pour_and_count(handler, content):
        for _ in range(1000):
            sent.append(handler.wfile.write(bytes(60_000)))

    bad = server.serve("bad", packed_files, send=pour_and_count, length=None)
    official = OFFICIAL_FILES["train_images"]
    with download.tqdm(disable=True) as bar, pytest.raises(DataError, match="is not the official file"):
        receiving.received(bad, official, 5, bar)
    assert sum(sent) < official.gz_size + 20_000_000  # what fits into the machine's buffers, and no more


def test_a_correct_file_that_is_called_an_encoding_is_taken_as_it_is(
    synthetic, packed_files, server, use_mirrors, folder
):
    use_mirrors(server.serve("apache", packed_files, headers={"Content-Encoding": "x-gzip"}))
    assert_same_data(load_mnist(), synthetic)
    assert data_files(folder) == NAMES


def test_the_whole_download_has_a_deadline_too(packed_files, server, use_mirrors, folder, monkeypatch):
    monkeypatch.setattr(download, "DEADLINE", 0)
    use_mirrors(server.serve("good", packed_files))
    with pytest.raises(DataError, match="could not be downloaded: the 0 seconds for all files are over"):
        fetch_missing(folder)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "set REQUESTS_CA_BUNDLE"),
        (requests.exceptions.SSLError("EOF occurred"), r"cannot be reached \(SSLError\)"),
        (requests.exceptions.ProxyError("refused"), "HTTPS_PROXY or HTTP_PROXY"),
        (requests.exceptions.InvalidProxyURL("Please check proxy URL"), "check proxy URL"),
        (OSError("Could not find a suitable TLS CA certificate bundle"), "TLS CA certificate bundle"),
    ],
)  # fmt: skip
def test_what_this_machines_own_settings_spoil_is_told(use_mirrors, monkeypatch, folder, error, said):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(requests.Session, "get", fail)
    use_mirrors("https://example.org/")
    with pytest.raises(DataError, match=said):
        fetch_missing(folder)


def test_a_left_over_proxy_variable_is_named(use_mirrors, monkeypatch, folder):
    monkeypatch.setenv("HTTP_PROXY", DOWN)
    use_mirrors("http://example.org/")
    with pytest.raises(DataError, match="HTTPS_PROXY or HTTP_PROXY names"):
        fetch_missing(folder)


def test_a_disk_without_locks_is_no_obstacle(synthetic, packed_files, server, use_mirrors, monkeypatch):
    def refuse(lock):
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(download.FileLock, "acquire", refuse)
    use_mirrors(server.serve("good", packed_files))
    assert_same_data(load_mnist(), synthetic)


def test_what_a_killed_download_left_is_removed(packed_files, server, use_mirrors, folder):
    folder.mkdir(parents=True)
    (folder / f"{NAMES[0]}.123.part").write_bytes(b"half")
    use_mirrors(server.serve("good", packed_files))
    load_mnist()
    assert data_files(folder) == NAMES


def test_a_mirror_that_says_nothing_is_given_up_for_all_files(
    synthetic, packed_files, server, use_mirrors, impatient
):
    silent = server.serve("silent", packed_files, answer=lambda handler, content: time.sleep(1))
    use_mirrors(silent, server.serve("good", packed_files))
    assert_same_data(load_mnist(), synthetic)
    assert len([path for path in server.requests if path.startswith("/silent/")]) == 1


def test_a_thread_that_is_left_in_a_request_does_not_keep_python_from_ending(
    packed_files, server, use_mirrors, monkeypatch
):
    kinds = []

    class Noted(threading.Thread):
        def start(self):
            if "receive" in self.name:
                kinds.append(self.daemon)
            super().start()

    monkeypatch.setattr(receiving.threading, "Thread", Noted)
    use_mirrors(server.serve("good", packed_files))
    load_mnist()
    assert kinds == [True] * 4


def test_a_mirror_that_is_too_slow_is_told_with_what_came():
    error = TimeoutError("sent 5 of 9 bytes in 12 seconds")
    assert receiving.unreachable(error) == "sent 5 of 9 bytes in 12 seconds"


def test_a_transfer_that_breaks_off_once_is_tried_again(synthetic, packed_files, server, use_mirrors):
    def behave_from_the_second_request_on(handler, content):
        again = server.requests.count(handler.path) > 1
        handler.wfile.write(content if again else truncate(content))

    use_mirrors(server.serve("breaks-off", packed_files, send=behave_from_the_second_request_on))
    assert_same_data(load_mnist(), synthetic)


def test_no_good_mirror_is_one_error_that_names_them_all(packed_files, server, use_mirrors, folder):
    bad = server.serve("altered", {name: alter(content) for name, content in packed_files.items()})
    use_mirrors(DOWN, bad)
    with pytest.raises(DataError, match=r"\.gz could not be downloaded: ") as caught:
        fetch_missing(folder, progress=False)
    assert f"{DOWN} cannot be reached" in str(caught.value)
    assert bad in str(caught.value)
    assert data_files(folder) == []
    assert len(server.requests) == 2  # each is tried twice


@pytest.mark.parametrize("damage", [truncate, alter])
@pytest.mark.parametrize("name", [NAMES[0], NAMES[-1]])
def test_the_cache_repairs_a_damaged_file(
    synthetic, packed_files, server, use_mirrors, folder, capfd, damage, name
):
    use_mirrors(server.serve("good", packed_files))
    load_mnist()
    (folder / name).write_bytes(damage(packed_files[name]))
    server.requests.clear()
    capfd.readouterr()
    assert_same_data(load_mnist(), synthetic)
    assert server.requests == [f"/good/{name}"]
    assert (folder / name).read_bytes() == packed_files[name]
    assert f"Repairing the cache: {name}" in capfd.readouterr().out


def test_a_damaged_unpacked_copy_gives_way_to_the_sound_packed_one(
    synthetic, packed_files, server, use_mirrors, folder
):
    use_mirrors(server.serve("good", packed_files))
    load_mnist()
    (folder / OFFICIAL_FILES["train_images"].name).write_bytes(b"damaged")
    server.requests.clear()
    assert_same_data(load_mnist(), synthetic)
    assert fetch_missing(folder) == []
    assert server.requests == []
    assert data_files(folder) == NAMES  # and the damaged one is gone


def test_a_damaged_cache_without_network_ends_at_the_embedded_digits(packed_files, folder, capfd, tiny_data):
    folder.mkdir(parents=True)
    for name, content in packed_files.items():
        (folder / name).write_bytes(truncate(content))
    assert load_mnist(progress=False).source is Source.EMBEDDED
    assert "could not be downloaded" in capfd.readouterr().out


def test_an_unreachable_network_is_told_in_one_sentence(capfd):
    assert load_mnist().source is Source.EMBEDDED
    printed, errors = capfd.readouterr()
    announced = [line for line in printed.splitlines() if "embedded default" in line]
    assert len(announced) == 1
    assert "cannot be reached" in announced[0]
    assert errors == ""


def test_a_cache_that_cannot_be_written_ends_at_the_embedded_digits(tmp_path, capfd):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert load_mnist().source is Source.EMBEDDED
    assert "embedded default" in capfd.readouterr().out


PROCESS = """
import json, pathlib, sys
from mnist_helpers import load_mnist
from mnist_helpers.storage import OFFICIAL_FILES, OfficialFile, download
address, files, ready = json.loads(sys.argv[1])
OFFICIAL_FILES.update({part: OfficialFile(**fields) for part, fields in files.items()})
download.mirrors = lambda: [address]
pathlib.Path(ready).touch()
print(load_mnist(progress=False).source.name)
"""


def test_two_processes_at_once_download_each_file_once(packed_files, server, folder, tmp_path):
    ready = [tmp_path / f"ready-{number}" for number in range(2)]

    def wait_until_both_want_it(path):
        deadline = time.monotonic() + 60
        while not all(flag.exists() for flag in ready) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)

    server.before_answer = wait_until_both_want_it
    files = {part: asdict(official) for part, official in OFFICIAL_FILES.items()}
    address = server.serve("good", packed_files)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, json.dumps([address, files, str(flag)])],
            stdout=subprocess.PIPE,
            text=True,
        )
        for flag in ready
    ]
    answers = [process.communicate(timeout=100)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert set(answers) <= {"DOWNLOAD", "CACHE"}
    assert sorted(server.requests) == [f"/good/{name}" for name in NAMES]
    assert data_files(folder) == NAMES
