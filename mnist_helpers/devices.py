"""Where the arithmetic happens: which device, and how many CPU threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mnist_helpers.model import MEMORY_FULL, multiply_adds

# Below this much work in one training step, several threads gain little and lose much. Measured on two cores
# (`make bench`): where both are free, two threads save 15 % of a step of 21 million operations (batch size
# 32), 33 % of 84 million (128); where another program uses one of them, a step takes 5 times as long or more.
SMALL_STEP_FLOPS = 60e6


def pick_device(name: str | torch.device = "auto") -> torch.device:
    """The device itself, or the one of that name; "auto" takes cuda if there is one, else mps, else cpu.

    Raises
    ------
    ValueError
        The name is unknown, or this machine has no such device.
    """
    gpus = {"cuda": torch.cuda, "mps": torch.backends.mps}
    available = [*(kind for kind, gpu in gpus.items() if gpu.is_available()), "cpu"]
    name = available[0] if name == "auto" else name
    if str(name).split(":")[0] not in available:
        raise ValueError(f"device must be 'auto' or one of {available} on this machine, not {str(name)!r}")
    return torch.device(name)


@contextmanager
def on_device(model: nn.Module, name: str | torch.device) -> Iterator[torch.device]:
    """Within the block the model lives on that device; after it, beside its owner's tensors again."""
    device = pick_device(name)
    home = next((parameter.device for parameter in model.parameters()), device)
    model.to(device)
    try:
        yield device
    finally:
        model.to(home)


def threads_for(model: nn.Module, batch: Tensor) -> int:
    """One thread if a training step on `batch` is small work, else as many as torch uses now."""
    work = 6 * multiply_adds(model, batch)  # two operations each; backward costs twice the forward pass
    return 1 if work < SMALL_STEP_FLOPS else torch.get_num_threads()


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Use `count` threads within the block, and as many as before after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Within the block, numbers below 1e-38 (Adam makes many) count as 0 on this thread: it is 7 % faster."""
    before = (torch.tensor(1e-40) * 1).item() == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


@contextmanager
def memory_or(advice: str) -> Iterator[None]:
    """Within the block, running out of memory, the processor's or a GPU's, is a MemoryError with advice."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's own OutOfMemoryError is a RuntimeError
        if not isinstance(error, MemoryError) and not MEMORY_FULL.search(str(error)):
            raise
        raise MemoryError(f"the memory is full; {advice}") from None


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Within the block torch's global random numbers (dropout's) start from `seed`; after it, as before."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
