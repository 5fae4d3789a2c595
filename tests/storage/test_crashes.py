"""Killed, crowded, full, read-only: what is in the cache is sound, and what is said is one sentence."""

import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from conftest import assert_same_data, full_disk, new_model

from mnist_helpers import (
    MLP,
    History,
    Source,
    checkpoints,
    load_checkpoint,
    load_mnist,
    load_or_train,
    save_checkpoint,
    torchvision_root,
)
from mnist_helpers.storage import (
    OFFICIAL_FILES,
    DataError,
    cache_dir,
    download,
    named_file,
    whole_file,
    writing,
)

KILLS = 50
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a copy of this process is wanted in a moment")


def copies_of_this_process(count: int, work: Callable, *arguments: object) -> list:
    """Start `count` processes in which `work` is called: forked, so that none has to import torch again."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=work, args=arguments, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    return processes


def killed_at_random(work: Callable, after: float, then: Callable) -> None:
    """Kill -9 a process that works, at `KILLS` random moments, and look at what it left each time."""
    moments = random.Random(0)
    for _ in range(KILLS):
        (process,) = copies_of_this_process(1, work)
        time.sleep(moments.uniform(0, after))
        process.kill()
        process.join()
        then()


@pytest.fixture
def good(packed_files, server, monkeypatch):
    address = server.serve("good", packed_files)
    monkeypatch.setattr(download, "mirrors", lambda: [address])
    return server


def raw_files() -> list[Path]:
    return [path for path in (cache_dir() / "MNIST" / "raw").iterdir() if path.name != "download.lock"]


@on_linux
def test_a_download_that_is_killed_leaves_nothing_that_is_taken_for_a_file(synthetic, packed_files, good):
    def work():
        load_mnist(progress=False)
        torchvision_root()

    def look():
        for path in raw_files() if (cache_dir() / "MNIST" / "raw").is_dir() else []:
            if path.suffix != ".part":
                assert path.suffix != ".gz" or path.read_bytes() == packed_files[path.name]
                if random.Random(path.stat().st_ino).random() < 0.5:  # so that the next one has work again
                    path.unlink()

    killed_at_random(work, 0.08, look)
    assert_same_data(load_mnist(), synthetic)
    assert not [path for path in raw_files() if path.name.endswith(".part") and ".gz." in path.name]


@on_linux
def test_a_checkpoint_that_is_killed_while_it_is_written_is_the_old_or_the_new_one(tmp_path):
    path = save_checkpoint(tmp_path / "model.pt", new_model(), History((1.0,), (0.5,)))

    def work():
        model = new_model()
        for epoch in range(10_000):
            save_checkpoint(path, model, History((float(epoch),), (0.5,)))

    def look():
        model = MLP()
        load_checkpoint(path, model)
        assert torch.equal(model.hidden1.weight, new_model().hidden1.weight)

    killed_at_random(work, 0.06, look)


@on_linux
def test_eight_processes_on_an_empty_cache_make_one_download(synthetic, good):
    queue = multiprocessing.get_context("fork").Queue()
    for process in copies_of_this_process(8, lambda: queue.put(load_mnist(progress=False).source.name)):
        process.join(60)
        assert process.exitcode == 0
    sources = [queue.get(timeout=10) for _ in range(8)]
    assert set(sources) <= {"DOWNLOAD", "CACHE"}
    assert sorted(good.requests) == sorted(
        f"/good/{official.gz_name}" for official in OFFICIAL_FILES.values()
    )
    assert_same_data(load_mnist(), synthetic)


def test_a_full_disk_ends_at_the_embedded_digits_and_leaves_nothing(good, capfd, tiny_data):
    with full_disk():
        assert_same_data(load_mnist(progress=False), tiny_data)
    assert capfd.readouterr().out.count("\n") == 1
    assert [path.name for path in raw_files() if path.name.endswith(".part")] == []


def test_a_full_disk_has_no_room_for_torchvisions_files_either():
    message = r"cannot be written to \(File too large\); point MNIST_CACHE_DIR to"
    with full_disk(), pytest.raises(DataError, match=message):
        torchvision_root()
    assert [path for path in cache_dir().rglob("*") if path.is_file()] == []


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(tiny_data, tiny_splits, monkeypatch, capsys):
    ten_epochs = History(*[(0.1,) * 10] * 4)
    monkeypatch.setattr(checkpoints, "train", lambda model, splits, seed: ten_epochs)
    with full_disk():
        assert load_or_train(tiny_data, tiny_splits)[1] == ten_epochs
    assert "The model could not be kept in" in capsys.readouterr().out
    assert [path for path in cache_dir().rglob("*") if path.is_file()] == []


@contextmanager
def somebody_else():
    """Within the block the superuser, for whom no rights hold, is another user."""
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    try:
        yield
    finally:
        if superuser:
            os.seteuid(0)


@pytest.fixture
def shared(monkeypatch):
    """A folder that everybody can reach, and the cache would lie in."""
    if not hasattr(os, "geteuid"):
        pytest.skip("Windows has other rights")
    folder = Path(tempfile.mkdtemp(prefix="mnist-rights-"))
    monkeypatch.setenv("MNIST_CACHE_DIR", str(folder / "cache"))
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def set_rights(folder: Path, rights: int, of_files: int) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(of_files if path.is_file() else rights)


def test_a_cache_that_cannot_be_made_ends_at_the_embedded_digits(shared, good, capfd):
    shared.chmod(0o555)
    with somebody_else():
        assert load_mnist(progress=False).source is Source.EMBEDDED
    assert "cannot be written to (Permission denied); point MNIST_CACHE_DIR" in capfd.readouterr().out
    assert good.requests == []


def test_a_cache_that_is_only_read_is_enough(shared, idx_folder, synthetic):
    shutil.copytree(idx_folder, shared / "cache" / "MNIST" / "raw")
    set_rights(shared, 0o555, 0o444)
    with somebody_else():
        loaded = load_mnist()
    assert loaded.source is Source.CACHE
    assert_same_data(loaded, synthetic)


def test_files_that_somebody_else_keeps_to_himself_are_told(shared, idx_folder):
    shutil.copytree(idx_folder, shared / "theirs")
    set_rights(shared, 0o755, 0)
    with (
        somebody_else(),
        pytest.raises(ValueError, match=r"cannot be read \(Permission denied.*; put the official file there"),
    ):
        load_mnist(shared / "theirs")


def test_a_file_that_fails_in_the_middle_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("old")

    def fail() -> None:
        with whole_file(path) as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("results.csv", "old")]


def test_a_full_disk_names_the_file_and_leaves_nothing_of_it(tmp_path):
    path = tmp_path / "folder" / "app.html"
    full = pytest.raises(OSError, match="File too large")
    with full_disk(), full as caught, whole_file(path) as partial:
        partial.write_bytes(bytes(20_000))
    assert caught.value.filename == str(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among its files")
def test_a_named_file_is_written_through_a_link_and_a_device_stays_what_it_is(tmp_path):
    link, pipe = tmp_path / "link.html", tmp_path / "pipe"
    link.symlink_to("folder/app.html")
    os.mkfifo(pipe)
    with named_file(link) as partial:
        partial.write_text("whole")
    assert (tmp_path / "folder" / "app.html").read_text() == link.read_text() == "whole"
    assert link.is_symlink()
    with named_file(pipe) as itself:
        assert itself == pipe
    assert pipe.is_fifo()
    with pytest.raises(IsADirectoryError), named_file(tmp_path) as itself:
        itself.write_text("a folder is no file")


def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path):
    path, left, new = (tmp_path / name for name in ("a.pt", "a.pt.17.part", "a.pt.18.part"))
    others = [tmp_path / name for name in ("a.pt.txt", "b.pt.17.part")]  # not of this file, or not left by it
    long_ago = time.time() - writing.LEFT_BEHIND - 60
    for file in (left, new, *others):
        file.touch()
        if file != new:
            os.utime(file, (long_ago, long_ago))
    with whole_file(path) as partial:
        partial.write_text("whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pt", "a.pt.18.part", "a.pt.txt", "b.pt.17.part"]
