"""The commands for learners and teachers: open JupyterLab, count exercises, say where the course opens."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from mnist_helpers.course.console import INSTALL_LAB, complain, one_sentence, root_of_course, sentence_of

commands = typer.Typer()

Repository = Annotated[
    str | None, typer.Option(help="OWNER/NAME on GitHub, if git's remote “origin” does not tell.")
]


@commands.command()
def lab() -> None:
    """Open JupyterLab on the first notebook."""
    from mnist_helpers.course.runner import course_notebooks

    if find_spec("jupyterlab") is None:
        raise typer.Exit(complain(f"JupyterLab is not installed here; {INSTALL_LAB}."))
    root = root_of_course()
    whole = f"--ServerApp.root_dir={root}"  # the pages link to the README and to figures
    command = [sys.executable, "-m", "jupyterlab", whole, str(course_notebooks(root)[0])]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container; JupyterLab asks root to say so
        command.append("--allow-root")
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@commands.command()
def progress(
    folder: Annotated[
        Path | None, typer.Argument(help="The notebooks of a learner; the course's own folder if not given.")
    ] = None,
    learners: Annotated[
        bool, typer.Option("--learners", help="FOLDER has a folder for each learner; print a table as CSV.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Write the table to this file.")] = None,
    timeout: Annotated[int, typer.Option(help="Seconds that a cell may run.", min=1, max=86_400)] = 300,
) -> None:
    """Run notebooks and count the exercises that are right ✓, not answered ○, wrong ✗ or not there –.

    It runs the cells as they stand, and nothing leaves this machine. Run other people's notebooks where a
    program of theirs may do no harm.
    """
    from mnist_helpers.course.progress import MARKS, measure, table

    course = root_of_course() / "notebooks"
    folder = folder or course
    if not folder.is_dir():
        raise typer.Exit(complain(f"There is no folder {folder}."))
    if output and not learners:
        raise typer.Exit(complain("--output takes the table of a class; add --learners."))
    os.environ.setdefault("MNIST_BUDGET", "short")  # of the experiments; no exercise depends on them
    if learners:
        names = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")
        found = {}
        for number, name in enumerate(names, 1):
            found[name] = dict(measure(folder / name, course, timeout))
            typer.echo(f"[{number}/{len(names)}] {name}: {len(found[name])} exercises", err=True)
        if not any(found.values()):
            raise typer.Exit(complain(f"No folder in {folder} has a notebook of the course."))
        text = table(found).to_csv()
        if output:
            try:
                output.write_text(text, encoding="utf-8-sig", errors="replace")  # Excel reads the marks, too
                print(f"{len(found)} learners in {output}")
                return
            except OSError as error:  # the table took long
                complain(sentence_of(error))
        print(text, end="")
        raise typer.Exit(int(output is not None))
    seen = []
    for exercise, (mark, remark) in measure(folder, course, timeout):
        seen.append(mark)
        print(f"{mark} {exercise.notebook} {exercise.label}{f': {remark}' if remark else ''}", flush=True)
    if not seen:
        raise typer.Exit(complain(f"There is no notebook of the course in {folder}."))
    counts = ", ".join(f"{mark} {seen.count(mark)} {meaning}" for mark, meaning in MARKS.items())
    print(f"\n{len(seen)} exercises: {counts}")


@commands.command()
def addresses(
    repository: Repository = None,
    badges: Annotated[
        bool, typer.Option("--badges", help="Print a page in Markdown, with badges for every notebook.")
    ] = False,
) -> None:
    """Say where this copy of the course opens on the web: its site, Colab, Kaggle and Binder."""
    from mnist_helpers.course.address import pages
    from mnist_helpers.course.one_click import addresses, launch_page
    from mnist_helpers.course.runner import course_notebooks

    told = known_repository(repository)
    root = root_of_course()
    if badges:
        print(launch_page(told, root), end="")
        return
    places = {"Site": pages(told)} | addresses(told, course_notebooks(root)[0], root)
    for name, address in places.items():
        print(f"{name:<7} {address}")


def known_repository(option: str | None) -> str:
    """OWNER/NAME of the course, or a sentence that it is needed."""
    from mnist_helpers.course.address import AddressError, repository

    with one_sentence(AddressError):
        told = repository(option)
    if told is None:
        raise typer.Exit(
            complain("Where the course lies on GitHub is not known; add --repository OWNER/NAME.")
        )
    return told
