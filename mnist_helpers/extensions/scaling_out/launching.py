"""Start ranks from a notebook or a test: with torchrun, or a function of the notebook on a few processes."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, cast

import joblib
import psutil

from mnist_helpers.extensions.scaling_out.rendezvous import joined


def on_ranks(function: Callable[[int], object], ranks: int = 2) -> list:
    """What `function(rank)` returns on each of so many processes of this machine, rank 0 first.

    In the function `torch.distributed` is ready (gloo, on the CPU), and everything that the notebook has
    defined is known. The processes are kept, so that the next call starts at once; each has one thread.

    Raises
    ------
    Exception
        What the function raised on some rank. The others give up after half a minute of waiting.
    """
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=max(ranks, 2), batch_size=1)  # one job would run in this process
        return parallel(joblib.delayed(_as_rank)(function, rank, ranks, port) for rank in range(ranks))


def _as_rank(function: Callable[[int], object], rank: int, ranks: int, port: int) -> object:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(ranks), "MASTER_ADDR": "127.0.0.1"}
    os.environ |= {"MASTER_PORT": str(port), "CUDA_VISIBLE_DEVICES": ""}
    with joined(30):
        return function(rank)


class LaunchError(RuntimeError):
    """torchrun gave up; the message ends with its last words."""


class Job:
    """`torchrun --nproc-per-node ranks -m module arguments`, for the length of a `with` block.

    Each rank computes with one thread, so that they do not get in each other's way. Leaving the block,
    also by the stop button, ends all of them.

    Parameters
    ----------
    module, arguments : what every rank runs.
    ranks : processes on this machine.
    max_restarts : how often torchrun starts all ranks again when one has died.
    """

    def __init__(self, module: str, *arguments: object, ranks: int = 2, max_restarts: int = 0):
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        options = ["--local-addr", "127.0.0.1", "--nproc-per-node", str(ranks)]
        options += ["--max-restarts", str(max_restarts)]
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as the job
        self._process = subprocess.Popen(
            [*torchrun, *options, "-m", module, *map(str, arguments)],
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._output = cast(IO[str], self._process.stdout)  # a pipe, as asked for

    def __enter__(self) -> "Job":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)  # torchrun hands it on to its ranks
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                for process in (*self._children(), self._process):
                    process.kill()
                self._process.wait()
        self._output.close()
        self._log.close()

    def lines(self) -> Iterator[str]:
        """What the ranks print, line by line, until all of them are done.

        Raises
        ------
        LaunchError
            torchrun gave up.
        """
        for line in self._output:
            yield line.rstrip("\n")
        if self._process.wait():
            self._log.seek(0)
            raise LaunchError("torchrun gave up:\n" + self._log.read()[-3000:])

    def kill(self, rank: int) -> None:
        """End one rank as the system does when memory runs out: without a warning (SIGKILL).

        Raises
        ------
        ProcessLookupError
            There is no such rank now.
        """
        for process in self._children():
            try:
                if process.environ().get("RANK") == str(rank):
                    return process.kill()
            except psutil.Error:  # it ended while we looked
                continue
        raise ProcessLookupError(f"no rank {rank} is running")

    def _children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
