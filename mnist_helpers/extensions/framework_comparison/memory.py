"""How much memory a process held at most."""

import sys
from pathlib import Path

import psutil


def peak_bytes() -> int:
    """Most physical memory that this process ever held, in bytes, as the system counts it.

    Linux is asked in /proc: what `resource.getrusage` tells there may be the parent's peak.
    """
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
