"""What the commands share: the data at hand, and errors as one sentence with a non-zero status."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

INSTALL_LAB = 'run `python -m pip install "jupyterlab>=4.2"` in this environment'


def load_data():
    """The data at hand, after saying where they come from."""
    from mnist_helpers import load_mnist
    from mnist_helpers.storage import DataError

    with one_sentence(DataError):
        digits = load_mnist()
    print(f"Data: {digits.source}.", flush=True)
    return digits


def require_mnist(why: str):
    """The real MNIST, or the sentence `why` and what to do."""
    digits = load_data()
    if not digits.source.is_mnist:
        raise typer.Exit(complain(f"{why}; set MNIST_DATA_DIR to a folder with its four files."))
    return digits


def or_exit(function: Callable, *arguments):
    """What the function returns; a notebook that fails, or that there is none of, ends the command."""
    from mnist_helpers.course.runner import NotebookError

    with one_sentence(NotebookError):
        return function(*arguments)


@contextmanager
def one_sentence(*errors: type[Exception]) -> Iterator[None]:
    """Turn errors that a user can mend into their message and a non-zero status."""
    try:
        yield
    except errors as error:
        raise typer.Exit(complain(str(error))) from None


def complain(message: str) -> int:
    """Print a message to standard error; returns the status of failure."""
    typer.echo(message, err=True)
    return 1
