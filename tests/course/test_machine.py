"""The memory that is left, in containers and jobs of every kind."""

import psutil
import pytest

from mnist_helpers.course import machine

GIGABYTE = 10**9


@pytest.fixture
def group(tmp_path):
    """Writes a control group with 2 GB, of which 1.5 GB are taken, 0.25 GB of them by the cache of files."""

    def write(folder: str, version: int, limit: object = 2 * GIGABYTE) -> None:
        place = tmp_path / "cgroup" / folder
        place.mkdir(parents=True, exist_ok=True)
        names = {
            1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
            2: ("memory.max", "memory.current", "inactive_file"),
        }[version]
        (place / names[0]).write_text(f"{limit}\n")
        (place / names[1]).write_text(f"{GIGABYTE * 3 // 2}\n")
        (place / "memory.stat").write_text(f"anon 7\n{names[2]} {GIGABYTE // 4}\n")

    return write


def left(tmp_path, groups: str) -> int:
    (tmp_path / "own").write_text(groups)
    return min(machine._left_in_groups(tmp_path / "cgroup", tmp_path / "own"))


@pytest.mark.parametrize(
    ("folder", "version", "groups"),
    [
        ("", 2, "0::/\n"),  # a container sees itself as the root
        ("user.slice/job-7", 2, "0::/user.slice/job-7\n"),
        ("user.slice", 2, "0::/user.slice/job-7\n"),  # the limit is set further up
        ("memory", 1, "4:memory:/\n0::/\n"),
        ("memory/docker/abc", 1, "9:name=systemd:/\n4:memory:/docker/abc\n"),
    ],
)
def test_a_containers_limit_counts(group, tmp_path, folder, version, groups):
    group(folder, version)
    assert left(tmp_path, groups) == GIGABYTE * 3 // 4


def test_no_limit_is_none(group, tmp_path):
    group("", 2, "max")
    assert left(tmp_path, "0::/\n") > 10**18
    assert left(tmp_path, "") > 10**18


def test_the_machine_itself_counts_too(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CONTROL_GROUPS", tmp_path)
    assert 0 < machine.available_memory() <= psutil.virtual_memory().total
