"""The living meet each other, and nobody who is dead."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import torch
from conftest import free_port
from torch.distributed import DistError, HashStore

from mnist_helpers.extensions.scaling_out import rendezvous
from mnist_helpers.extensions.scaling_out.rendezvous import RendezvousError, fresh_store, join, joined


def meet(store: HashStore, ranks: list[int], size: int, timeout: float = 10) -> list:
    """All of them at the same time, each in its thread."""
    store.set_timeout(timedelta(seconds=10))
    with ThreadPoolExecutor(len(ranks)) as pool:
        return list(pool.map(lambda rank: fresh_store(store, rank, size, timeout), ranks))


def test_ranks_that_meet_share_what_they_write():
    stores = meet(HashStore(), [0, 1, 2], 3)
    stores[0].set("address", "here")
    assert [store.get("address") for store in stores] == [b"here"] * 3


def test_the_dead_are_not_read_after_a_restart_and_not_waited_for():
    store = HashStore()
    for _ in range(20):  # as often as torchrun would restart them
        before = meet(store, [0, 1], 2)
        before[1].set("address", "of a dead process")
        after = meet(store, [0, 1], 2)
        assert not after[0].check(["address"])
        after[1].set("address", "of a living one")
        assert after[0].get("address") == b"of a living one"


def test_a_rank_does_not_take_the_ticket_of_a_dead_one_for_a_living_one():
    store = HashStore()
    meet(store, [0, 1], 2)
    with pytest.raises(DistError):  # rank 1's ticket of the last time still lies there
        fresh_store(store, 0, 2, timeout=0.3)


def test_a_rank_that_never_came_is_waited_for_no_longer_than_told():
    store = HashStore()
    store.set_timeout(timedelta(seconds=0.3))
    with pytest.raises(DistError):
        fresh_store(store, 0, 2, timeout=0.3)


def test_the_group_ends_with_the_block_whatever_happens_in_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setenv("MASTER_PORT", str(free_port()))

    def stumble() -> None:
        with joined(30) as device:
            assert device.type == "cpu"
            assert torch.distributed.get_world_size() == 1
            raise KeyError

    with pytest.raises(KeyError):
        stumble()
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize(
    ("gpus", "ranks", "device"), [(0, 2, "cpu"), (1, 2, "cpu"), (2, 2, "cuda:1"), (8, 2, "cuda:1")]
)
def test_ranks_take_gpus_only_where_there_is_one_for_each(monkeypatch, gpus, ranks, device):
    store, backends = HashStore(), []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    monkeypatch.setattr(rendezvous.dist, "rendezvous", lambda *_, **__: iter([(store, 1, ranks)]))
    monkeypatch.setattr(rendezvous, "fresh_store", lambda store, *_: store)
    monkeypatch.setattr(rendezvous.dist, "init_process_group", lambda backend, **_: backends.append(backend))
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(ranks))
    assert join(1) == torch.device(device)
    assert backends == ["gloo" if device == "cpu" else "nccl"]


def test_join_names_address_and_time(monkeypatch):
    def nobody(*arguments: object, **settings: object):
        raise DistError("connection refused\nand much more")

    monkeypatch.setattr(rendezvous.dist, "rendezvous", nobody)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    given = {"RANK": "3", "WORLD_SIZE": "8", "MASTER_ADDR": "node1", "MASTER_PORT": "1234"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RendezvousError) as caught:
        join(2.5)
    assert str(caught.value).startswith("rank 3 of 8 did not meet the others at node1:1234 within 2.5 s; ")
    assert caught.value.__suppress_context__
