"""Where the arithmetic happens: which device, and how many CPU threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Below this much work in one training step, handing it out to several threads costs more than it
# saves: `make bench` prints the times per batch size and thread count that the figure comes from.
SMALL_STEP_FLOPS = 60e6


def pick_device(name: str = "auto") -> torch.device:
    """The named device; "auto" takes cuda if there is one, else mps, else cpu.

    Raises
    ------
    ValueError
        The name is unknown, or this machine has no such device.
    """
    available = ["cpu"]
    if torch.backends.mps.is_available():
        available.insert(0, "mps")
    if torch.cuda.is_available():
        available.insert(0, "cuda")
    if name == "auto":
        return torch.device(available[0])
    if name.split(":")[0] not in available:
        raise ValueError(f"device must be 'auto' or one of {available} on this machine, not {name!r}")
    return torch.device(name)


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Use `count` threads within the block, and as many as before after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
