"""torchrun from a notebook: what the ranks say arrives as they say it, and nothing is left running."""

import sys
import time

import psutil
import pytest

from mnist_helpers.extensions.scaling_out.launching import Job, LaunchError, on_ranks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="torchrun does not run on Windows")


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that torchrun can run; returns its name."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(code: str) -> str:
        # One write per line, or the lines of two ranks get mixed.
        say = "def say(*words):\n    os.write(1, (' '.join(map(str, words)) + '\\n').encode())\n"
        (tmp_path / "said.py").write_text("import os, sys, time\n" + say + code)
        return "said"

    return write


def test_a_killed_rank_is_started_again_with_all_others_and_leaving_early_ends_all(module):
    code = "restart = os.environ['TORCHELASTIC_RESTART_COUNT']\n"
    code += "say(os.environ['RANK'], restart, os.environ['OMP_NUM_THREADS'], os.getpid(), *sys.argv[1:])\n"
    name = module(code + "time.sleep(600)")
    with Job(name, "--epochs", 3, ranks=2, max_restarts=1) as job:
        lines = job.lines()
        first = sorted(next(lines).split() for _ in range(2))
        job.kill(rank=1)
        second = sorted(next(lines).split() for _ in range(2))
    for restart, said in enumerate((first, second)):
        assert [words[:3] for words in said] == [["0", str(restart), "1"], ["1", str(restart), "1"]]
        assert all(words[4:] == ["--epochs", "3"] for words in said)
    pids = [int(words[3]) for words in (*first, *second)]
    assert len(set(pids)) == 4
    deadline = time.monotonic() + 30
    while any(psutil.pid_exists(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_rank_that_fails_is_told_with_its_last_words(module):
    with Job(module("sys.exit('no more paper')"), ranks=1) as job:
        with pytest.raises(LaunchError, match="no more paper"):
            list(job.lines())
        with pytest.raises(ProcessLookupError, match="no rank 0 is running"):
            job.kill(rank=0)


def test_functions_of_a_notebook_meet_on_two_processes_that_are_kept():
    def meet(rank):
        import os

        import torch
        import torch.distributed as dist

        number = torch.tensor([float(rank + 1)])
        dist.all_reduce(number)
        return rank, dist.get_world_size(), number.item(), torch.get_num_threads(), os.getpid()

    first, again = on_ranks(meet), on_ranks(meet)
    assert [found[:4] for found in first] == [(0, 2, 3.0, 1), (1, 2, 3.0, 1)]
    assert {found[-1] for found in first} == {found[-1] for found in again}
    assert first[0][-1] != first[1][-1]
    assert [found[:3] for found in on_ranks(meet, ranks=1)] == [(0, 1, 1.0)]
    with pytest.raises(ZeroDivisionError):
        on_ranks(lambda rank: 1 / 0)
