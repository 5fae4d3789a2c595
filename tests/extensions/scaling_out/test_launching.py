"""torchrun from a notebook: what the ranks say arrives as they say it, and nothing is left running."""

import sys
import time

import psutil
import pytest

from mnist_helpers.extensions.scaling_out.launching import Job, LaunchError

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


def test_all_ranks_run_with_their_arguments_and_one_thread(module):
    name = module("say(os.environ['RANK'], os.environ['OMP_NUM_THREADS'], *sys.argv[1:])")
    with Job(name, "--epochs", 3, ranks=2) as job:
        assert sorted(job.lines()) == ["0 1 --epochs 3", "1 1 --epochs 3"]


def test_a_rank_that_fails_is_told_with_its_last_words(module):
    with (
        Job(module("sys.exit('no more paper')"), ranks=1) as job,
        pytest.raises(LaunchError, match="no more paper"),
    ):
        list(job.lines())


def test_a_killed_rank_is_started_again(module):
    code = "say(os.environ['TORCHELASTIC_RESTART_COUNT'])\n"
    name = module(code + "if os.environ['TORCHELASTIC_RESTART_COUNT'] == '0': time.sleep(600)")
    with Job(name, ranks=1, max_restarts=1) as job:
        lines = job.lines()
        assert next(lines) == "0"
        job.kill(rank=0)
        assert list(lines) == ["1"]
        with pytest.raises(ProcessLookupError, match="no rank 0 is running"):
            job.kill(rank=0)


def test_leaving_early_ends_all_ranks(module):
    name = module("say(os.getpid())\ntime.sleep(600)")
    with Job(name, ranks=2) as job:
        lines = job.lines()
        pids = [int(next(lines)) for _ in range(2)]
    deadline = time.monotonic() + 30
    while any(psutil.pid_exists(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)
