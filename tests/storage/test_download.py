"""Downloads: mirrors, checksums, repairs and locks, tried on a server on this machine."""

import json
import logging
import subprocess
import sys
import time
from dataclasses import asdict

import pytest
import torchvision
from conftest import alter, assert_same_data, truncate

from mnist_helpers import Source, load_mnist
from mnist_helpers.storage import OFFICIAL_FILES, DataError, download, fetch_missing

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


def broken_mirrors() -> dict:
    return {
        "down": lambda server, files: DOWN,
        "empty": lambda server, files: server.serve("empty", {}),
        "altered": lambda server, files: server.serve(
            "altered", {name: alter(content) for name, content in files.items()}
        ),
        "short": lambda server, files: server.serve(
            "short", {name: truncate(content) for name, content in files.items()}
        ),
        "breaks off": lambda server, files: server.serve("breaks-off", files),
    }


@pytest.mark.parametrize("broken", broken_mirrors().values(), ids=broken_mirrors().keys())
def test_the_next_mirror_helps_when_the_first_is_broken(
    synthetic, packed_files, server, use_mirrors, folder, broken
):
    use_mirrors(broken(server, packed_files), server.serve("good", packed_files))
    assert_same_data(load_mnist(), synthetic)
    assert data_files(folder) == NAMES  # nothing half-finished is left


def test_a_mirror_that_says_nothing_is_given_up(synthetic, packed_files, server, use_mirrors, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (0.3, 0.3))
    server.before_answer = lambda path: time.sleep(1.0 if path == f"/silent/{NAMES[0]}" else 0)
    use_mirrors(server.serve("silent", packed_files), server.serve("good", packed_files))
    assert_same_data(load_mnist(), synthetic)
    assert [path for path in server.requests if path.startswith("/good/")] == [f"/good/{NAMES[0]}"]


def test_a_transfer_that_breaks_off_once_is_tried_again(synthetic, packed_files, server, use_mirrors):
    def behave_from_the_second_request_on(path):
        if server.requests.count(path) > 1:
            server.breaks_off_under = "/never/"

    server.before_answer = behave_from_the_second_request_on
    use_mirrors(server.serve("breaks-off", packed_files))
    assert_same_data(load_mnist(), synthetic)


def test_no_good_mirror_is_one_error_that_names_them_all(packed_files, server, use_mirrors, folder):
    bad = server.serve("altered", {name: alter(content) for name, content in packed_files.items()})
    use_mirrors(DOWN, bad)
    with pytest.raises(DataError, match=r"\.gz could not be downloaded: ") as caught:
        fetch_missing(folder, progress=False)
    assert f"{DOWN} cannot be reached" in str(caught.value)
    assert bad in str(caught.value)
    assert data_files(folder) == []


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
    assert server.requests == []


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


def test_pooch_does_not_log_into_the_notebook(packed_files, server, use_mirrors, caplog):
    use_mirrors(server.serve("good", packed_files))
    with caplog.at_level(logging.INFO):
        load_mnist(progress=False)
    assert caplog.records == []
