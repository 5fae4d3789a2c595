"""The commands around the app: show it, export a model, train its models anew."""

import os
import webbrowser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from mnist_helpers.app.server import HOST, PORT, address_of, serve
from mnist_helpers.course.console import complain, load_data, one_sentence, require_mnist

commands = typer.Typer()

Checkpoint = Annotated[Path | None, typer.Option(help="Your own trained model, as save_checkpoint wrote it.")]


@commands.command("app")
def draw_a_digit(
    checkpoint: Checkpoint = None,
    export: Annotated[
        Path | None, typer.Option(help="Only write the app to this folder, for a web host.")
    ] = None,
    single_file: Annotated[Path | None, typer.Option(help="Only write the app to one HTML file.")] = None,
    port: Annotated[
        int, typer.Option(help="Port to serve on; 0 takes any free one.", min=0, max=65_535)
    ] = PORT,
    host: Annotated[str, typer.Option(help="Address to serve on; 0.0.0.0 opens it to your network.")] = HOST,
    browser: Annotated[bool, typer.Option(help="Whether to open the browser.")] = True,
) -> None:
    """Draw a digit in the browser, and watch a model read it."""
    from mnist_helpers.app.bundle import write_single_file
    from mnist_helpers.app.own_model import export_own_model
    from mnist_helpers.app.site import write_site

    with TemporaryDirectory() as temporary, _mendable():
        folder = Path(temporary, "site") if export is None else export
        own = export_own_model(checkpoint, load_data(), Path(temporary)) if checkpoint else None
        write_site(folder, own)
        if single_file:
            print(f"The app, in one file: {write_single_file(single_file, folder)}")
        if export:
            print(f"The app, for any web host: {export}")
        if not single_file and not export:
            _serve_until_stopped(folder, host, port, browser)


def _serve_until_stopped(folder: Path, host: str, port: int, open_browser: bool) -> None:
    with serve(folder, host, port) as server:
        address = address_of(server, host)
        print(f"Draw at {address} (stop with Ctrl-C).", flush=True)
        if open_browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")


@commands.command()
def export(
    onnx: Annotated[Path, typer.Option(help="The file to write.")], checkpoint: Checkpoint = None
) -> None:
    """Write a model to one ONNX file that takes raw pixels; the app's own model if none is named."""
    from mnist_helpers.app.exporting import read_model
    from mnist_helpers.app.onnx_export import export_onnx
    from mnist_helpers.app.own_model import load_own_model
    from mnist_helpers.app.site import MODELS, default_models

    with _mendable():
        if checkpoint:
            model, name, _ = load_own_model(checkpoint)
        else:
            model, about = read_model(MODELS / f"{default_models()[0]}.json")
            name = about.title
        print(f"{name}: {export_onnx(model, onnx)}")


@commands.command()
def app_model() -> None:
    """Train the models that come with the app anew, on real MNIST."""
    from mnist_helpers.app.recipe import train_models
    from mnist_helpers.app.site import MODELS, list_models

    digits = require_mnist("The app's models are trained on real MNIST")
    paths = train_models(digits, MODELS)
    list_models(paths, MODELS)
    for path in paths:
        print(path.name)


@commands.command()
def read(
    folder: Annotated[Path, typer.Argument(help="Pictures in subfolders 0 to 9, or named like 7_anna.jpg.")],
    checkpoint: Checkpoint = None,
    failures: Annotated[Path, typer.Option(help="The picture of what went wrong; is overwritten.")] = Path(
        "failures.png"
    ),
) -> None:
    """Read a folder of your own pictures named by digit: how many are right, and which are not."""
    from mnist_helpers.app.own_model import load_own_model
    from mnist_helpers.app.reading import read_own
    from mnist_helpers.evaluation import accuracy_interval
    from mnist_helpers.plotting import plot_predictions
    from mnist_helpers.storage import named_file

    with _mendable(), one_sentence(ValueError):
        result = read_own(folder, [load_own_model(checkpoint)[0]] if checkpoint else None)
    for path in result.own.unnamed:
        print(f"{path.relative_to(folder)}: left out, because nothing tells its digit")
    for path, sentence in result.failures().items():
        print(f"{path.relative_to(folder)}: {sentence}")
    share = result.right / result.count
    low, high = accuracy_interval(share, result.count)
    print(f"{result.right} of {result.count} right: {share:.1%} (95% interval: {low:.1%} to {high:.1%})")
    if os.path.realpath(failures) in map(os.path.realpath, [*result.own.paths, *result.own.refused]):
        raise typer.Exit(complain(f"{failures} is one of the pictures; name another file with --failures."))
    if result.wrong.any():
        figure = plot_predictions(*result.seen_wrong())[0].figure
        with one_sentence(ValueError), named_file(failures) as partial:
            figure.savefig(partial, dpi=120, format=failures.suffix[1:] or "png")
        print(f"The wrong ones as the models saw them: {failures}")


def _mendable():
    from mnist_helpers.app.exporting import ExportError
    from mnist_helpers.checkpoints import CheckpointError

    return one_sentence(ExportError, CheckpointError, OSError)
