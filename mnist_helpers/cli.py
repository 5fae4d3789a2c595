"""The command line of the course: `mnist-helpers run`, `notebooks`, `figures`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Run and maintain the course MNIST Handwritten Digit Classification.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.command()
def run(
    output: Annotated[
        Path | None, typer.Option(help="Folder for the executed copies; build/ if not given.")
    ] = None,
) -> None:
    """Execute the six notebooks in order and compare what was measured with what was expected."""
    from mnist_helpers import evaluate, load_or_train, preprocess
    from mnist_helpers.report import results_table
    from mnist_helpers.runner import course_notebooks, course_root, run_course

    data = _load_data()
    root = course_root()
    output = output or root / "build"
    _or_exit(run_course, course_notebooks(root), output)
    splits = preprocess(data)
    model, history = load_or_train(data, splits)
    table = results_table(data, model, history, evaluate(model, splits.test))
    print(f"\nExecuted copies and HTML pages: {output}\n\n{table.to_string(index=False)}")


@app.command()
def notebooks(
    names: Annotated[list[str] | None, typer.Argument(help="Beginnings of file names; all if none.")] = None,
) -> None:
    """Re-execute the committed notebooks in place, on real MNIST, and clean their metadata."""
    from mnist_helpers.runner import course_root, refresh

    _require_mnist("The committed notebooks show real MNIST")
    paths = sorted((course_root() / "notebooks").rglob("[!.]*.ipynb"))
    chosen = [path for path in paths if not names or path.name.startswith(tuple(names))]
    for number, path in enumerate(chosen, 1):
        _or_exit(refresh, path, f"[{number}/{len(chosen)}] ")
        print(f"[{number}/{len(chosen)}] {path.name}", flush=True)


@app.command()
def figures() -> None:
    """Redraw every file in figures/, and the sample pictures, on real MNIST."""
    from mnist_helpers.figures import draw_figures
    from mnist_helpers.runner import course_root

    data = _require_mnist("The figures show real MNIST")
    for path in draw_figures(data, course_root() / "figures"):
        print(path.name)


def _load_data():
    from mnist_helpers import load_mnist
    from mnist_helpers.idx import DataError

    try:
        data = load_mnist()
    except DataError as error:
        raise typer.Exit(_complain(str(error))) from None
    print(f"Data: {data.source}.", flush=True)
    return data


def _require_mnist(why: str):
    data = _load_data()
    if not data.source.is_mnist:
        raise typer.Exit(_complain(f"{why}; set MNIST_DATA_DIR to a folder with its four files."))
    return data


def _or_exit(function, *arguments) -> None:
    from mnist_helpers.runner import NotebookError

    try:
        function(*arguments)
    except NotebookError as error:
        raise typer.Exit(_complain(str(error))) from None


def _complain(message: str) -> int:
    typer.echo(message, err=True)
    return 1


if __name__ == "__main__":
    app()
