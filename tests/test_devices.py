"""Which device is picked, and that the thread count comes back."""

import contextlib

import pytest
import torch

from mnist_helpers import pick_device
from mnist_helpers.devices import cpu_threads, flushed_denormals, on_device


@pytest.fixture
def machine(monkeypatch):
    """Pretend that this machine has the devices named."""

    def pretend(*devices: str) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in devices)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in devices)

    return pretend


@pytest.mark.parametrize(
    ("devices", "picked"),
    [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("mps", "cuda"), "cuda")],
)
def test_auto_takes_cuda_then_mps_then_cpu(machine, devices, picked):
    machine(*devices)
    assert pick_device() == pick_device("auto") == torch.device(picked)


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:1", "mps"])
def test_a_device_that_is_there_can_be_named(machine, name):
    machine("cuda", "mps")
    assert pick_device(name) == torch.device(name)


@pytest.mark.parametrize("name", ["cuda", "mps", "gpu", "", "cudacpu"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(machine, name):
    machine()
    with pytest.raises(ValueError, match=rf"^device must be 'auto' or one of \['cpu'\] .*, not '{name}'$"):
        pick_device(name)


@pytest.mark.parametrize("count", [1, 2])
def test_threads_are_set_within_the_block_and_restored_after_it(count):
    before = torch.get_num_threads()
    with contextlib.suppress(KeyError), cpu_threads(count):
        assert torch.get_num_threads() == count
        raise KeyError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("before", [False, True])
def test_tiny_numbers_count_as_zero_within_the_block_and_as_before_after_it(before):
    def tiny() -> float:
        return (torch.tensor(1e-30) * 1e-10).item()

    if not torch.set_flush_denormal(before):
        pytest.skip("this processor cannot flush denormals")
    try:
        with contextlib.suppress(KeyError), flushed_denormals():
            assert tiny() == 0
            raise KeyError
        assert (tiny() == 0) is before
    finally:
        torch.set_flush_denormal(False)


class Traveller(torch.nn.Linear):
    """Writes down where it is sent, and stays: this machine may have no other device."""

    def to(self, device):
        self.__dict__.setdefault("sent", []).append(torch.device(device))
        return self


def test_a_model_comes_back_from_the_device_where_it_was_used_whatever_happens(machine):
    machine("cuda")
    model = Traveller(2, 1)
    with contextlib.suppress(KeyError), on_device(model, "auto") as device:
        assert [device] == model.sent == [torch.device("cuda")]
        raise KeyError
    assert model.sent == [torch.device("cuda"), torch.device("cpu")]


def test_a_model_without_parameters_has_no_home_to_return_to():
    with on_device(torch.nn.ReLU(), "cpu"):
        pass
