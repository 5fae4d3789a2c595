"""What this machine has to give, seen from inside a container as well."""

import sys
from pathlib import Path

import psutil

CONTROL_GROUPS = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes that a program can still take: of the machine, or of the container or job that we run in."""
    return min(psutil.virtual_memory().available, *_left_in_groups(CONTROL_GROUPS))


def _left_in_groups(root: Path, own: Path = Path("/proc/self/cgroup")) -> list[int]:
    """What each of Linux's control groups that we are in leaves, of both versions; plenty without one."""
    lines = own.read_text().splitlines() if own.is_file() else []
    paths = [line.split(":", 2)[2].strip("/") for line in lines if line.count(":") >= 2]
    places = {root / inner for path in paths for inner in (Path(path), *Path(path).parents)} | {root}
    left = [sys.maxsize]
    for place in places:
        for folder, limit, used, cached in (
            (place, "memory.max", "memory.current", "inactive_file"),
            (root / "memory" / place.relative_to(root), "memory.limit_in_bytes", "memory.usage_in_bytes",
             "total_inactive_file"),
        ):  # fmt: skip
            try:
                most, taken = (int((folder / name).read_text()) for name in (limit, used))
                rows = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                left.append(most - taken + int(rows.get(cached, 0)))  # the cache of files gives way
            except (OSError, ValueError):  # not there, or "max": no limit
                continue
    return left
