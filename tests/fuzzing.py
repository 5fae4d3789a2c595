"""A million made-up files per reader: `pip install atheris`, `python tests/fuzzing.py idx -runs=1000000`.

Not part of CI. It ends at the first input that a reader answers with anything but a result or its own error,
or that takes more than 1 GB or 20 seconds, and writes that input beside it. Readers: idx, gzip, picture,
checkpoint (a pickle in a sound archive), archive (a whole checkpoint), model (the app's JSON), weights (the
app's), hand (drawings that the app saved). Other options are libFuzzer's.
"""

import gzip
import hashlib
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
    from app_hand import as_saved
    from PIL import Image

    from mnist_helpers import History, load_checkpoint, prepare_picture, save_checkpoint
    from mnist_helpers.app.exporting import About, read_model, write_model
    from mnist_helpers.app.hand import read_hand
    from mnist_helpers.networks import linear, small_cnn
    from mnist_helpers.preprocessing import Split
    from mnist_helpers.storage import CheckpointError, DataError, OfficialFile, parse_idx, read_verified

FOLDER = Path(tempfile.mkdtemp())
MODEL = linear()  # small, for more inputs in an hour
SOUND = save_checkpoint(FOLDER / "sound.pt", MODEL, History((1.0,), (0.5,)))
NET = write_model(FOLDER, "net", small_cnn(2), About("a", "b", "c", "d", 1, 0.5))
DESCRIBED, WEIGHTS = json.loads(NET.read_text(encoding="utf-8")), NET.with_suffix(".bin").read_bytes()
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


def weights(content: bytes) -> object:
    content += WEIGHTS[len(content) :] if content[:1] > b"\x80" else b""
    DESCRIBED["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    written("net.bin", content)
    return model(json.dumps(DESCRIBED).encode())


READERS = {
    "idx": (parse_idx, DataError),
    "gzip": (lambda content: read_verified(written("x.gz", b"\x1f\x8b" + content), OFFICIAL), DataError),
    "picture": (lambda content: prepare_picture(written("picture", content)), ValueError),
    "checkpoint": (checkpoint, CheckpointError),
    "archive": (lambda content: load_checkpoint(written("whole.pt", content), MODEL), CheckpointError),
    "model": (model, ValueError),
    "weights": (weights, ValueError),
    "hand": (lambda content: read_hand(written("hand.json", content)), ValueError),
}


def seeds(reader: str) -> None:
    """Sound files to begin with, in the folder `seeds`: a fuzzer alone would never find a PNG's end."""
    folder = FOLDER / "seeds"
    folder.mkdir()
    with zipfile.ZipFile(SOUND) as archive:
        structure = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
    sound = {
        "idx": b"\0\0\x08\x02" + bytes([0, 0, 0, 1, 0, 0, 0, 2, 3, 4]),
        "gzip": gzip.compress(bytes(100))[2:],
        "checkpoint": structure,
        "archive": SOUND.read_bytes(),
        "model": json.dumps(DESCRIBED).encode(),
        "weights": WEIGHTS[:40],
        "hand": as_saved(Split(torch.rand(2, 784), torch.tensor([3, 7]))).encode(),
    }
    if reader in sound:
        (folder / reader).write_bytes(sound[reader])
        return
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF"):
        Image.linear_gradient("L").resize((30, 20)).save(folder / kind, kind)


def main() -> None:
    reader, *options = sys.argv[1:]
    read, refusal = READERS[reader]
    seeds(reader)

    def one(content: bytes) -> None:
        try:
            read(content)
        except refusal:
            return

    longest = 40_000 if reader == "archive" else 4096
    limits = ["-rss_limit_mb=3000", "-malloc_limit_mb=1000", "-timeout=20", f"-max_len={longest}"]
    atheris.Setup([sys.argv[0], *limits, *options, str(FOLDER / "seeds")], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
