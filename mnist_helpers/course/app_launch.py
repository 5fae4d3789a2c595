"""Put the app together and show it: what `mnist-helpers app` does."""

import webbrowser
from pathlib import Path

from mnist_helpers.app.exporting import write_model
from mnist_helpers.app.own_model import about_own_model, load_own_model
from mnist_helpers.app.server import serve
from mnist_helpers.app.site import write_site
from mnist_helpers.data import MnistData


def export_checkpoint(checkpoint: Path, data: MnistData, folder: Path) -> Path:
    """Export the learner's own model from a checkpoint to `folder`; returns the path of its JSON file.

    Raises
    ------
    CheckpointError
        There is no such checkpoint, or it fits none of the course's networks.
    """
    model, name, history = load_own_model(checkpoint)
    return write_model(folder / "models", "own", model, about_own_model(name, model, history, data))


def build_site(folder: Path, workshop: Path, checkpoint: Path | None, data: MnistData | None) -> Path:
    """Write the app to `folder`, with the learner's own model first if there is one.

    Parameters
    ----------
    workshop : a temporary folder.
    checkpoint : the learner's own model; None shows the models that come with the app.
    data : whose test images measure the learner's model; not needed without one.
    """
    own_model = export_checkpoint(checkpoint, data, workshop) if checkpoint and data else None
    return write_site(folder, own_model)


def serve_until_stopped(folder: Path, host: str, port: int, open_browser: bool) -> None:
    """Serve the app, open the browser on it, and go on until Ctrl-C.

    Raises
    ------
    OSError
        The port is taken.
    """
    with serve(folder, host, port) as server:
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{server.server_port}/"
        print(f"Draw at {address} (stop with Ctrl-C).", flush=True)
        if open_browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")
