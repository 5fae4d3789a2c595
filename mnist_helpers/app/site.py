"""The app as a folder of static files that any web host can serve."""

import hashlib
import json
import re
import shutil
from pathlib import Path

from mnist_helpers.storage import copy_files, with_home

SOURCE = Path(__file__).parent / "site"
MODELS = SOURCE / "models"
MARK = "photo-worker.js"  # tells a folder of ours; written first, so it is there even if the disk fills up
TOLD = re.compile(r"^const (VERSION|NEEDED|WELCOME) = .*\n", re.MULTILINE)  # what the service worker is told
NEEDED = ("*.html", "*.css", "*.js", "models/models.json")  # and the first model: the app's minimum


def write_site(folder: str | Path, own_model: Path | None = None) -> Path:
    """Write the app to `folder`, ready to be served or published.

    Parameters
    ----------
    folder : is made if it is missing; an earlier export in it is replaced, models and all.
    own_model : JSON file of an exported model, which the app then shows first.

    Raises
    ------
    FileExistsError
        The folder holds other things than an earlier export, or the app itself.
    """
    folder = with_home(folder)
    if folder.resolve().is_relative_to(SOURCE.resolve()):
        raise FileExistsError(f"{folder} is where the app itself lies; name a new folder elsewhere")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise FileExistsError(f"{folder} holds other things than this app; name a new or empty folder")
    shutil.rmtree(folder / "models", ignore_errors=True)  # another learner's may lie there
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SOURCE / MARK, folder / MARK)
    copy_files(SOURCE, folder)
    models = [MODELS / f"{name}.json" for name in default_models()]
    if own_model is not None:
        for path in (own_model, own_model.with_suffix(".bin")):
            shutil.copyfile(path, folder / "models" / path.name)
        models.insert(0, own_model)
    list_models(models, folder / "models")
    stamp_service_worker(folder, first=models[0].stem)
    return folder


def default_models() -> list[str]:
    """Names of the models that come with the app, the default one first."""
    listed = json.loads((MODELS / "models.json").read_text(encoding="utf-8"))
    return [Path(entry["file"]).stem for entry in listed]


def list_models(paths: list[Path], folder: Path = MODELS) -> None:
    """Note in `folder` which models there are, in the order in which they are offered."""
    listed = [
        {"file": f"models/{path.name}", "title": json.loads(path.read_text(encoding="utf-8"))["title"]}
        for path in paths
    ]
    (folder / "models.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def site_files(folder: Path) -> list[str]:
    """Paths of the app's files within `folder`, with slashes, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def stamp_service_worker(folder: Path, first: str) -> None:
    """Tell the service worker which files there are, and a version that changes with any of them.

    Parameters
    ----------
    first : name of the model without which the app is not to be stored.
    """
    worker = folder / "service-worker.js"
    text = worker.read_text(encoding="utf-8")
    files = [name for name in site_files(folder) if name != worker.name]
    version = hashlib.sha256(TOLD.sub("", text).rstrip().encode())
    for name in files:
        version.update(name.encode() + b"\0" + (folder / name).read_bytes())
    stored = {name for pattern in NEEDED for name in files if Path(name).match(pattern)}
    stored |= {f"models/{first}.json", f"models/{first}.bin"}
    needed = [name for name in files if name in stored and name != "index.html"]
    values = {
        "VERSION": version.hexdigest()[:12],
        "NEEDED": ["./", *needed],
        "WELCOME": [name for name in files if name not in {*needed, "index.html"}],
    }
    told = TOLD.sub(lambda line: f"const {line[1]} = {json.dumps(values[line[1]])};\n", text)
    worker.write_text(told, encoding="utf-8")
