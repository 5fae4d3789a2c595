"""A million made-up files per reader: `pip install atheris`, `python tests/fuzzing.py idx -runs=1000000`.

Not part of CI. It ends at the first input that a reader answers with anything but a result or its own error,
or that takes more than 1 GB or 20 seconds, and writes that input beside it. Readers: idx, gzip, picture,
checkpoint (a pickle in a sound archive), model (the app's JSON). Other options are libFuzzer's.
"""

import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["mnist_helpers.storage", "mnist_helpers.digits", "mnist_helpers.app"]
):
    import torch
    from PIL import Image

    from mnist_helpers import MLP, History, load_checkpoint, prepare_picture, save_checkpoint
    from mnist_helpers.app.exporting import About, read_model, write_model
    from mnist_helpers.storage import CheckpointError, DataError, OfficialFile, parse_idx, read_verified

FOLDER = Path(tempfile.mkdtemp())
MODEL = MLP(generator=torch.Generator().manual_seed(0))
SOUND = save_checkpoint(FOLDER / "sound.pt", MODEL, History((1.0,), (0.5,)))
NET = write_model(FOLDER, "net", MODEL, About("a", "b", "c", "d", 1, 0.5))
OFFICIAL = OfficialFile("x", size=100, md5="0" * 32, gz_size=50, gz_md5="0" * 32)


def written(name: str, content: bytes) -> Path:
    (FOLDER / name).write_bytes(content)
    return FOLDER / name


def checkpoint(content: bytes) -> object:
    with zipfile.ZipFile(SOUND) as sound, zipfile.ZipFile(FOLDER / "forged.pt", "w") as forged:
        for entry in sound.infolist():
            is_structure = entry.filename.endswith("data.pkl")
            forged.writestr(entry.filename, content if is_structure else sound.read(entry))
    return load_checkpoint(FOLDER / "forged.pt", MODEL)


def model(content: bytes) -> object:
    written("net.json", content)
    return read_model(NET)


READERS = {
    "idx": (parse_idx, DataError),
    "gzip": (lambda content: read_verified(written("x.gz", b"\x1f\x8b" + content), OFFICIAL), DataError),
    "picture": (lambda content: prepare_picture(written("picture", content)), ValueError),
    "checkpoint": (checkpoint, CheckpointError),
    "model": (model, ValueError),
}


def seeds(reader: str) -> None:
    """Sound files to begin with, in the folder `seeds`: a fuzzer alone would never find a PNG's end."""
    folder = FOLDER / "seeds"
    folder.mkdir()
    with zipfile.ZipFile(SOUND) as archive:
        structure = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
    (folder / "checkpoint").write_bytes(structure)
    (folder / "model").write_text(json.dumps(json.loads(NET.read_text(encoding="utf-8"))), encoding="utf-8")
    (folder / "idx").write_bytes(b"\0\0\x08\x02" + bytes([0, 0, 0, 1, 0, 0, 0, 2, 3, 4]))
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF"):
        file = io.BytesIO()
        Image.linear_gradient("L").resize((30, 20)).save(file, kind)
        (folder / kind).write_bytes(file.getvalue())
    for path in folder.iterdir():
        if reader != "picture" and path.name != reader:
            path.unlink()


def main() -> None:
    reader, *options = sys.argv[1:]
    read, refusal = READERS[reader]
    seeds(reader)

    def one(content: bytes) -> None:
        try:
            read(content)
        except refusal:
            return

    limits = ["-rss_limit_mb=3000", "-malloc_limit_mb=1000", "-timeout=20", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *limits, *options, str(FOLDER / "seeds")], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
