"""The command line of the course: `mnist-helpers`, with a help text for every command."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mnist_helpers.course import app_commands, learner_commands, site_commands
from mnist_helpers.course.console import Commands, Group, load_data, or_exit, require_mnist, root_of_course

Names = Annotated[list[str] | None, typer.Argument(help="Beginnings of file names; all if none.")]

app = Commands(
    cls=Group,
    help="Run and maintain the course MNIST Handwritten Digit Classification.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.add_typer(app_commands.commands)
app.add_typer(learner_commands.commands)
app.add_typer(site_commands.commands)


@app.command()
def run(
    output: Annotated[
        Path | None, typer.Option(help="Folder for the executed copies; build/ if not given.")
    ] = None,
) -> None:
    """Execute the six notebooks in order and compare what was measured with the targets."""
    from mnist_helpers import evaluate, load_or_train, preprocess
    from mnist_helpers.course.report import results_table
    from mnist_helpers.course.runner import course_notebooks, run_course

    root = root_of_course()
    digits = load_data()
    output = output or root / "build"
    or_exit(run_course, course_notebooks(root), output)
    splits = preprocess(digits)
    model, history = load_or_train(digits, splits)
    table = results_table(digits, model, history.completed(), evaluate(model, splits.test))
    print(f"\nExecuted copies and HTML pages: {output}\n\n{table.to_string(index=False)}")


@app.command()
def doctor() -> None:
    """Would the course run here? Python, packages, kernel, disk, memory, device, data, one training step."""
    from mnist_helpers.course.doctor import examine, report

    if not report(examine()):
        raise typer.Exit(1)


@app.command()
def data() -> None:
    """Fetch and verify MNIST now, before the workshop, and say where it lies."""
    from mnist_helpers.storage import OFFICIAL_FILES, mnist_folder, sound_file

    require_mnist("MNIST could not be fetched")
    folder = mnist_folder()
    for official in OFFICIAL_FILES.values():
        path, _ = sound_file(folder, official)
        print(f"✓ {path.name:<27} {path.stat().st_size:>12,} bytes, checksum verified")
    print(f"\nThe files lie in {folder}.")
    print("To use them on another machine, copy that folder and set MNIST_DATA_DIR to the copy.")


class Kind(StrEnum):
    student = "student"
    instructor = "instructor"
    reseeded = "reseeded"
    colab = "colab"
    kaggle = "kaggle"


@app.command()
def copies(
    kind: Annotated[
        Kind,
        typer.Argument(help="Without solutions; with everything open; with other seeds; for a web page."),
    ],
    seed: Annotated[
        int, typer.Option(help="Added to every seed of the reseeded copies.", min=0, max=1_000_000)
    ] = 1,
    repository: learner_commands.Repository = None,
) -> None:
    """Write copies of all notebooks to build/: for students, for instructors, for Colab or Kaggle, …"""
    from mnist_helpers.course.copies import instructor_copy, instructors_notes, student_copy, write_copies
    from mnist_helpers.course.hosted import FRONT_ENDS, hosted_copies
    from mnist_helpers.course.reseeding import reseed

    root = root_of_course()
    notes = instructors_notes((root / "notebooks" / "INSTRUCTORS.md").read_text(encoding="utf-8"))
    if kind in FRONT_ENDS:
        transform = hosted_copies(kind, root, learner_commands.known_repository(repository))
    else:
        transform = {
            Kind.student: lambda notebook, name: student_copy(notebook),
            Kind.instructor: lambda notebook, name: instructor_copy(notebook, notes.get(name, "")),
            Kind.reseeded: lambda notebook, name: reseed(notebook, seed),
        }[kind]
    written = write_copies(transform, root / "notebooks", root / "build" / kind)
    print(f"{len(written)} notebooks in {root / 'build' / kind}")


@app.command()
def claims(
    names: Names = None, seeds: Annotated[int, typer.Option(help="How many other seeds.", min=1, max=100)] = 5
) -> None:
    """Check what the pages say with other seeds and under other instruction sets, on real MNIST."""
    from mnist_helpers.course.runner import named_notebooks
    from mnist_helpers.course.truth import measure, summarise, variants

    require_mnist("The pages speak of real MNIST")
    root = root_of_course()
    chosen = {path.name for path in or_exit(named_notebooks, root, names or [])}
    measured, stopped = measure(root / "notebooks", chosen, variants(seeds), root / "build" / "claims")
    table = summarise(measured)
    print(table.to_string(index=False, max_colwidth=60, float_format="{:.4g}".format))
    unsound = (~table["sound"]).sum()
    print("\n".join(stopped))
    print(f"{len(table)} claims: {unsound} fail or have too small a margin. {len(stopped)} runs stopped.")
    if unsound or stopped:
        raise typer.Exit(1)


@app.command()
def notebooks(names: Names = None) -> None:
    """Re-execute the committed notebooks in place, on real MNIST, and clean their metadata."""
    from mnist_helpers.course.runner import named_notebooks, refresh

    require_mnist("The committed notebooks show real MNIST")
    chosen = or_exit(named_notebooks, root_of_course(), names or [])
    for number, path in enumerate(chosen, 1):
        or_exit(refresh, path, f"[{number}/{len(chosen)}] ")
        print(f"[{number}/{len(chosen)}] {path.name}", flush=True)


@app.command()
def experiments(names: Names = None) -> None:
    """Train all the networks that the extension notebooks compare, again: over an hour on two cores.

    The results go to the package's stored tables; the notebooks are renewed. The comparison of frameworks
    is left out where one of them is not installed. Let nothing else run beside it.
    """
    import time

    from mnist_helpers.course.runner import named_notebooks, refresh
    from mnist_helpers.experiments import STORED
    from mnist_helpers.extensions.framework_comparison.registry import INSTALL, missing_frameworks

    require_mnist("The experiments are made on real MNIST")
    os.environ |= {"MNIST_BUDGET": "full", "MNIST_RECOMPUTE": "1"}
    begin = time.perf_counter()
    stored = sorted(path.stem for path in STORED.glob("*.csv") if path.stem != "gpu")
    for path in or_exit(named_notebooks, root_of_course(), names or stored):
        name = path.stem
        if name == "framework_comparison" and (missing := missing_frameworks()):
            print(f"{name}: left out, because {', '.join(missing)} is not installed: {INSTALL}")
            continue
        or_exit(refresh, path, "", 4 * 3600)
        print(f"{name}: {(time.perf_counter() - begin) / 60:.0f} minutes so far", flush=True)


@app.command()
def figures() -> None:
    """Redraw every file in figures/, and the sample pictures, on real MNIST."""
    from mnist_helpers.course.figures import draw_figures

    digits = require_mnist("The figures show real MNIST")
    for path in draw_figures(digits, root_of_course() / "figures"):
        print(path.name)


if __name__ == "__main__":
    app()
