"""Two processes learn what one learns, survive a killed worker, and say so when they do not meet."""

import json
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import psutil
import pytest
import torch
import torch.distributed as dist
from conftest import ROOT, free_port, new_model

from mnist_helpers import MLP, Split, Splits, load_checkpoint, load_embedded_digits, preprocess, train
from mnist_helpers.checkpoints import CheckpointError
from mnist_helpers.extensions.scaling_out import __main__ as command
from mnist_helpers.extensions.scaling_out.training import share_loss, shared_batches, train_shared
from mnist_helpers.storage import cache_dir
from mnist_helpers.training import loss_and_accuracy, train_one_epoch

needs_torchrun = pytest.mark.skipif(sys.platform == "win32", reason="torchrun does not run on Windows")

NUM_IMAGES = 1120  # 35 even batches of 32
EPOCHS, KILLED_AFTER = 5, 3
WORKER = """
import json, os, sys, time
from dataclasses import asdict
from pathlib import Path
import torch
import torch.distributed as dist
from mnist_helpers.extensions.scaling_out.training import train_shared
from mnist_helpers.extensions.scaling_out.rendezvous import joined

folder, num_epochs, stop_after = Path(sys.argv[1]), *map(int, sys.argv[2:])
(model, splits), seen = torch.load(folder / "given.pt", weights_only=False), []

def count(module, inputs):
    seen.extend([len(inputs[0])] * module.training)
    if os.environ["TORCHELASTIC_RESTART_COUNT"] == "0" and len(seen) > 35 * stop_after + 9:
        time.sleep(600)  # in the middle of an epoch, until it is killed

model.register_forward_pre_hook(count)
with joined(60) as device:
    rank = dist.get_rank()
    history = train_shared(model, splits, folder / "state.pt", device, num_epochs=num_epochs)
(folder / f"seen{rank}").write_text(str(sum(seen)))
if rank == 0:
    (folder / "history.json").write_text(json.dumps(asdict(history)))
"""


@cache
def few_images() -> Splits:
    splits = preprocess(load_embedded_digits())
    return Splits(
        Split(splits.train.images[:NUM_IMAGES], splits.train.labels[:NUM_IMAGES]), splits.val, splits.test
    )


def start_two_ranks(folder: Path) -> subprocess.Popen:
    (folder / "worker.py").write_text(WORKER)
    torch.save((new_model(), few_images()), folder / "given.pt")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
                "--local-addr", "127.0.0.1", "--max-restarts", "2"]  # fmt: skip
    return subprocess.Popen(
        [*torchrun, str(folder / "worker.py"), str(folder), str(EPOCHS), str(KILLED_AFTER)],
        env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@needs_torchrun
def test_two_ranks_have_the_losses_of_one_process_and_a_killed_one_costs_the_epoch_under_way(tmp_path):
    process = start_two_ranks(tmp_path)
    state, deadline = tmp_path / "state.pt", time.monotonic() + 300
    while not (state.is_file() and epochs_in(state) == KILLED_AFTER):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    workers = [
        p for p in psutil.Process(process.pid).children(recursive=True) if "worker.py" in str(p.cmdline())
    ]
    assert len(workers) == 2
    workers[-1].kill()  # SIGKILL: it cannot say goodbye
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    history = json.loads((tmp_path / "history.json").read_text())
    expected = train(new_model(), few_images(), num_epochs=EPOCHS, device="cpu", progress=False)
    assert history["step_loss"][:100] == pytest.approx(expected.step_loss[:100], abs=1e-4)
    assert history["val_loss"] == pytest.approx(expected.val_loss, abs=1e-3)
    assert len(history["step_loss"]) == 35 * EPOCHS
    # Once each: one rank alone speaks, and there was one restart, none after the work was done.
    assert output.count(f"epoch  1/{EPOCHS}") == 1
    assert output.count(f"state.pt holds {KILLED_AFTER} of {EPOCHS} epochs") == 1
    for rank in (0, 1):  # half of the images, in the epochs after the restart
        assert (tmp_path / f"seen{rank}").read_text() == str((EPOCHS - KILLED_AFTER) * NUM_IMAGES // 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "given.pt", "history.json", "seen0", "seen1", "state.pt", "worker.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("num_images", "batch_size", "ranks"), [(64, 32, 2), (70, 32, 4), (34, 32, 3), (20, 10, 3)]
)
def test_shares_of_unequal_size_add_up_to_the_whole_batch(
    tiny_splits, monkeypatch, num_images, batch_size, ranks
):
    """The mean over the ranks is the loss, and the gradient, of the whole; a share may even be empty."""
    split = Split(tiny_splits.train.images[:num_images], tiny_splits.train.labels[:num_images])

    def losses_and_gradients(share):
        model, gradients = new_model(), []
        optimizer = torch.optim.SGD(model.parameters(), lr=0.0)  # the weights stay as they are

        def collect(*_):
            gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))

        optimizer.register_step_pre_hook(collect)
        monkeypatch.setattr(dist, "get_rank", lambda: share[0])
        monkeypatch.setattr(dist, "get_world_size", lambda: share[1])
        batches = shared_batches(split, batch_size, torch.Generator().manual_seed(0))
        losses = train_one_epoch(model, batches, optimizer, share_loss)
        return torch.tensor(losses), torch.stack(gradients)

    shares = [losses_and_gradients((rank, ranks)) for rank in range(ranks)]
    for mean, whole in zip(
        (sum(parts) / ranks for parts in zip(*shares, strict=True)), losses_and_gradients((0, 1)), strict=True
    ):
        assert torch.allclose(mean, whole, atol=1e-6)


def epochs_in(state: Path) -> int:
    return len(torch.load(state, weights_only=True)["history"]["val_loss"])


def test_a_rank_that_finds_nobody_says_so_in_the_time_given(monkeypatch):
    port = free_port()
    lonely = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    for name, value in lonely.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    started = time.monotonic()
    with pytest.raises(SystemExit) as stopped:
        command.main(timeout=1)
    told = f"rank 1 of 2 did not meet the others at 127.0.0.1:{port} within 1 s"
    assert str(stopped.value).startswith(told)
    assert stopped.value.__suppress_context__  # one sentence, no traceback
    assert time.monotonic() - started < 30


@pytest.fixture
def alone(monkeypatch):
    """This process as the only rank of a group."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield torch.device("cpu")
    dist.destroy_process_group()


def test_a_training_in_two_parts_is_the_same_as_in_one(alone, tmp_path, capsys):
    whole = train_shared(new_model(), few_images(), tmp_path / "a.pt", alone, num_epochs=3)
    train_shared(new_model(), few_images(), tmp_path / "b.pt", alone, num_epochs=1)
    parts = train_shared(new_model(), few_images(), tmp_path / "b.pt", alone, num_epochs=3)
    assert parts.step_loss == whole.step_loss
    assert parts.val_loss == whole.val_loss
    assert "b.pt holds 1 of 3 epochs of this training: going on." in capsys.readouterr().out


def test_a_finished_training_is_read_and_not_repeated(alone, tmp_path, capsys):
    path = tmp_path / "state.pt"
    first = train_shared(new_model(), few_images(), path, alone, num_epochs=1)
    written = path.read_bytes()
    model = new_model()
    assert train_shared(model, few_images(), path, alone, num_epochs=1) == first
    assert path.read_bytes() == written
    output = capsys.readouterr().out
    assert "state.pt holds 1 of 1 epochs of this training: nothing is left to do; delete it" in output
    assert loss_and_accuracy(model, few_images().val)[0] == pytest.approx(first.val_loss[0])


def test_another_training_does_not_take_up_this_one(alone, tmp_path):
    path = tmp_path / "state.pt"
    train_shared(new_model(), few_images(), path, alone, num_epochs=2)
    with pytest.raises(CheckpointError, match="batch_size 32, not 64"):
        train_shared(new_model(), few_images(), path, alone, num_epochs=2, batch_size=64)
    with pytest.raises(CheckpointError, match="2 epochs, not 1"):
        train_shared(new_model(), few_images(), path, alone, num_epochs=1)
    other = preprocess(load_embedded_digits())
    with pytest.raises(CheckpointError, match=r"data \w+, not \w+"):
        train_shared(new_model(), other, path, alone, num_epochs=2)


def test_more_ranks_than_images_in_a_batch_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dist, "get_rank", lambda: 0)
    monkeypatch.setattr(dist, "get_world_size", lambda: 33)
    with pytest.raises(ValueError, match="33 ranks cannot share a batch of 32: some would have no image"):
        train_shared(new_model(), few_images(), tmp_path / "x.pt", torch.device("cpu"))


@pytest.fixture
def one_rank(monkeypatch):
    """The command may run in this process: on one rank, on embedded digits."""
    monkeypatch.setenv("MASTER_PORT", str(free_port()))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(command, "load_mnist", load_embedded_digits)


def test_the_command_keeps_its_state_in_the_cache_and_tells_in_one_line_what_is_wrong(one_rank, capsys):
    command.main(num_epochs=1, batch_size=32, checkpoint=None, timeout=60)
    assert (cache_dir() / "checkpoints" / "distributed.pt").is_file()
    assert capsys.readouterr().out.startswith("epoch  1/1 ")
    with pytest.raises(SystemExit, match="is of another training"):
        command.main(num_epochs=1, batch_size=16, checkpoint=None, timeout=60)
    assert not dist.is_initialized()


def test_the_commands_seed_is_that_of_split_weights_and_shuffles(one_rank, tmp_path):
    path = tmp_path / "seed1.pt"
    command.main(num_epochs=1, batch_size=32, checkpoint=path, timeout=60, seed=1, num_images=320)
    splits = preprocess(load_embedded_digits(), seed=1)
    splits = Splits(Split(splits.train.images[:320], splits.train.labels[:320]), splits.val, splits.test)
    model = MLP(generator=torch.Generator().manual_seed(1))
    expected = train(model, splits, num_epochs=1, seed=1, device="cpu", progress=False)
    assert load_checkpoint(path, MLP()).step_loss == pytest.approx(expected.step_loss, abs=1e-4)
