"""How the processes of one training find each other: all of them, in time, and nobody who is dead."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed import DistError, PrefixStore, Store

LOOK_AGAIN = 0.05  # seconds
GRACE = 0.5  # seconds; a busy machine's threads wait some hundredths of one for their turn


class RendezvousError(ConnectionError):
    """The ranks did not find each other in time."""


@contextmanager
def joined(timeout: float) -> Iterator[torch.device]:
    """Within the block this process is one of the ranks, see `join`; at its end it parts from the others.

    The threads that talked to them let go of the last tensors a moment after the last sum is known, and for
    that they need Python. So they get that moment first. One that comes when Python is shutting down ends the
    process with SIGABRT, and torchrun would start all ranks again after the work is done. And up to torch 2.6
    `destroy_process_group` keeps Python for itself while it waits for them, for ever.
    """
    device = join(timeout)
    try:
        yield device
    finally:
        time.sleep(GRACE)
        dist.destroy_process_group()


def join(timeout: float) -> torch.device:
    """Meet the other ranks, as torchrun's environment variables tell; returns this rank's device.

    Without torchrun's variables this process is the only one. The ranks talk over nccl where every rank of
    this machine has a GPU of its own, else over gloo. Later on, a rank that waits more than `timeout` seconds
    for the others gives up.

    Raises
    ------
    RendezvousError
        Not all of them came within `timeout` seconds.
    """
    rank, size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29500")
    limit = timedelta(seconds=timeout)
    device = torch.device("cpu")
    if torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", 1)):
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    try:
        store, rank, size = next(dist.rendezvous("env://", rank, size, timeout=limit))
        store.set_timeout(limit)
        store = fresh_store(store, rank, size, timeout)
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=limit)
    except DistError:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise RendezvousError(
            f"rank {rank} of {size} did not meet the others at {where} within {timeout:g} s; "
            "check that this address can be reached from here and that all ranks were started"
        ) from None
    return device


def fresh_store(store: Store, rank: int, size: int, timeout: float) -> Store:
    """A part of `store` that only the processes which are alive now write to and read from.

    torchrun keeps one store through all restarts, so the addresses of dead processes still lie in it
    when the next ones start, and whoever reads them waits for a dead one. (torch 2.14 says that there is
    a new store for every try; its agent makes one, in `DynamicRendezvousHandler.next_rendezvous`.) Counting
    the restarts would not help: each machine counts its own.

    So every process draws a ticket and puts it where its predecessor's lay. It reads all tickets and
    signs that it has seen this very set, until all have signed the same one. A dead process signs no
    set with a ticket that was drawn after its death.

    Raises
    ------
    DistError
        Not all ranks came within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    store.set(f"ticket/{rank}", secrets.token_hex(8))
    while True:
        tickets = [store.get(f"ticket/{other}") for other in range(size)]  # waits for the first tickets
        meeting = hashlib.sha256(b"/".join(tickets)).hexdigest()
        store.set(f"{meeting}/{rank}", "seen")
        if store.check([f"{meeting}/{other}" for other in range(size)]):
            return PrefixStore(meeting, store)
        if time.monotonic() > deadline:
            raise DistError("the others did not come")
        time.sleep(LOOK_AGAIN)
