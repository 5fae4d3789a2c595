"""What the commands share: the data at hand, and errors as one sentence with a non-zero status."""

import codecs
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

INSTALL_LAB = 'run `python -m pip install "jupyterlab>=4.2"` in this environment'
NO_FOLDER = "the folder that you are in was deleted or moved; go to another one with `cd`, and try again"
NO_HOME = (
    "there is no home folder here; set the variable HOME to a folder that you may write to, and try again"
)
# For output that is not UTF-8: a file on Windows, or a terminal of another alphabet.
PLAIN = {
    "✓": "ok", "✗": "NO", "○": "o", "–": "-", "→": "->", "…": "...", "“": '"', "”": '"', "’": "'", "×": "x",
    "·": "-",
}  # fmt: skip


class Group(TyperGroup):
    """Commands that take no empty argument, which as a path is this folder, and tell of files refused."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not all(argument.strip() for argument in args) or any(re.match("--.*=$", each) for each in args):
            raise typer.BadParameter("an argument is empty; perhaps a variable in it is not set")
        args = [re.sub(r"^(--[a-z-]+=)?(~)(?=[/\\]|$)", _with_home, each) for each in args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> object:
        try:
            Path.cwd()
        except FileNotFoundError:
            raise typer.Exit(complain(NO_FOLDER)) from None
        try:
            return super().invoke(ctx)
        except OSError as error:
            if isinstance(error, ConnectionError) or not error.errno:
                raise  # nobody reads on, or it is not about files
            raise typer.Exit(complain(sentence_of(error))) from None
        except RuntimeError as error:
            if "home directory" not in str(error):  # pathlib's words when Jupyter looks for a folder there
                raise
            raise typer.Exit(complain(NO_HOME)) from None


def _with_home(match: re.Match) -> str:
    """`~` as the home folder also where a shell leaves it: after `--output=`, or in quotes."""
    from mnist_helpers.storage import with_home

    return (match[1] or "") + str(with_home(match[2]))


class Commands(typer.Typer):
    """Commands whose output no encoding stops: what it cannot write is replaced by something plainer."""

    def __call__(self, *arguments: object, **options: object) -> object:
        codecs.register_error("plainer", plainer)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.reconfigure(errors="plainer")
        return super().__call__(*arguments, **options)


def plainer(error: UnicodeError) -> tuple[str, int]:
    """What to write in place of characters that the output's encoding lacks; for `codecs.register_error`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in missing), error.end


def root_of_course() -> Path:
    """The clone that the notebooks lie in; without one, the command ends with a sentence."""
    from mnist_helpers.course.runner import course_root

    return or_exit(course_root)


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
        raise typer.Exit(complain(sentence_of(error))) from None


def sentence_of(error: Exception) -> str:
    """What an error says; of a file that the system refuses, which one, why, and what to do."""
    if isinstance(error, OSError) and error.errno:
        name = error.filename2 or error.filename or "a file or folder"
        return f"{name} cannot be used ({error.strerror}); name another file or folder"
    return str(error)


def complain(message: str) -> int:
    """Print a message to standard error; returns the status of failure."""
    typer.echo(message, err=True)
    return 1
