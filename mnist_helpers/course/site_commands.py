"""The commands that show the course to others: as a web site, and as slides."""

from pathlib import Path
from typing import Annotated

import typer

from mnist_helpers.course.console import one_sentence, root_of_course
from mnist_helpers.course.learner_commands import Repository

commands = typer.Typer()


@commands.command()
def site(
    output: Annotated[Path | None, typer.Option(help="Folder to write to; build/site if not given.")] = None,
    repository: Repository = None,
) -> None:
    """Write the course as a web site, from the stored outputs; open its index.html, or put it on any host."""
    from mnist_helpers.course.address import AddressError
    from mnist_helpers.course.address import repository as told_repository
    from mnist_helpers.course.npm import NpmError
    from mnist_helpers.course.site.build import SiteError, build_site
    from mnist_helpers.course.site.pages import Course

    root = root_of_course()
    with one_sentence(SiteError, NpmError, AddressError):
        told = told_repository(repository)
        folder = output or root / "build" / "site"
        count = build_site(Course(root, told), folder)
    buttons = f"Its notebooks open from {told}." if told else "Without --repository it has no launch buttons."
    print(f"{count} pages: {folder / 'index.html'}\n{buttons}")


@commands.command()
def slides(
    output: Annotated[
        Path | None, typer.Option(help="Folder to write to; build/slides if not given.")
    ] = None,
) -> None:
    """Write a deck of slides for each of the six steps; the key S opens the speaker's notes."""
    from mnist_helpers.course.copies import instructors_notes
    from mnist_helpers.course.npm import NpmError
    from mnist_helpers.course.runner import course_notebooks
    from mnist_helpers.course.slides import write_decks

    root = root_of_course()
    with one_sentence(NpmError):
        notes = instructors_notes((root / "notebooks" / "INSTRUCTORS.md").read_text(encoding="utf-8"))
        for path in write_decks(course_notebooks(root), notes, output or root / "build" / "slides"):
            print(path)
