"""Files from strangers: whatever is in them, one clear error or a sound result, and never all the memory.

`HYPOTHESIS_PROFILE=more` tries a thousand times as many.
"""

import collections
import gzip
import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import idx_bytes, new_model
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from mnist_helpers import MLP, History, load_checkpoint, prepare_picture, save_checkpoint
from mnist_helpers.app.exporting import About, ExportError, read_model, write_model
from mnist_helpers.storage import (
    CheckpointError,
    DataError,
    OfficialFile,
    parse_idx,
    read_verified,
)

for name, examples in (("ci", 25), ("more", 25_000)):
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

STATED_BOUND = 300_000_000  # bytes of memory that reading any file of a few kilobytes may take
LENGTHS = st.sampled_from([0, 1, 2, 28, 60_000, 2**16, 2**31, 2**32 - 1])


@st.composite
def damaged(draw, content: bytes) -> bytes:
    """`content` with a few bytes changed, left out, said twice, or cut off."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(0, 12))
        new = draw(st.one_of(st.binary(max_size=8), st.just(content[at : at + length] * 2)))
        content = content[:at] + new + content[at + length :]
        if draw(st.integers(0, 9)) == 0:
            content = content[:at]
    return content


def said(error: Exception) -> None:
    """It is one sentence."""
    assert 10 < len(str(error)) < 600
    assert "\n" not in str(error)


@pytest.fixture
def bounded():
    """After the test the process has not grown by more than the bound that the course states."""
    resource = pytest.importorskip("resource", reason="Windows does not tell a process's greatest size")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if os.uname().sysname == "Darwin" else 1024) < STATED_BOUND


@given(
    st.one_of(
        st.binary(max_size=64),
        st.builds(
            lambda axes, values: b"\0\0\x08" + struct.pack(f">B{len(axes)}I", len(axes), *axes) + values,
            st.lists(LENGTHS, max_size=12),
            st.binary(max_size=64),
        ),
    )
)
@example(b"\0\0\x08" + struct.pack(">B4I", 4, 0, *[2**32 - 1] * 3))  # no values, and yet too long for torch
def test_an_idx_file_is_read_as_its_header_says_or_refused(content):
    try:
        values = parse_idx(content)
    except DataError as error:
        said(error)
    else:
        assert idx_bytes(values) == content


@given(st.data())
def test_a_damaged_official_file_is_never_taken_for_a_sound_one(tmp_path, data):
    content = idx_bytes(torch.arange(200, dtype=torch.uint8))
    packed = gzip.compress(content, mtime=0)
    official = OfficialFile("x-idx1-ubyte", len(content), _md5(content), len(packed), _md5(packed))
    name = data.draw(st.sampled_from(["x-idx1-ubyte", "x-idx1-ubyte.gz"]))
    (tmp_path / name).write_bytes(data.draw(damaged(data.draw(st.sampled_from([content, packed])))))
    try:
        assert read_verified(tmp_path / name, official) == content
    except DataError as error:
        said(error)


def drawn(kind: str, mode: str = "RGB") -> bytes:
    grey = np.full((60, 60), 255, np.uint8)
    grey[15:45, 27:33] = 0
    file = io.BytesIO()
    Image.fromarray(grey).convert(mode).save(file, kind)
    return file.getvalue()


PICTURES = [drawn("PNG"), drawn("PNG", "P"), drawn("JPEG"), drawn("GIF", "P"), drawn("TIFF"), drawn("BMP")]


@given(st.sampled_from(PICTURES).flatmap(damaged))
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_picture_is_prepared_or_refused(tmp_path, content):
    (tmp_path / "picture").write_bytes(content)
    try:
        assert prepare_picture(tmp_path / "picture").framed.shape == (28, 28)
    except ValueError as error:
        said(error)


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "size", [(50_000, 1), (1, 50_000), (50_000, 50_000), (10_000, 10_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path, bounded, size):
    (tmp_path / "bomb.png").write_bytes(png_that_claims(*size))
    with pytest.raises(ValueError, match=r"bomb\.png (has too many pixels|is not a picture)"):
        prepare_picture(tmp_path / "bomb.png")
    with pytest.raises(ValueError, match="too many pixels"):
        prepare_picture(np.broadcast_to(np.uint8(0), (50_000, 50_000)))


def test_a_picture_that_would_start_another_program_is_refused(tmp_path, monkeypatch):
    """Pillow hands PostScript to Ghostscript."""
    started = []
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *arguments: started.append(arguments))
    (tmp_path / "page.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(ValueError, match="is not a picture that can be read"):
        prepare_picture(tmp_path / "page.png")
    assert not started


def checkpoint(structure: bytes, others: dict[str, bytes] | None = None, packed: bool = False) -> bytes:
    """An archive such as torch.save's, with this pickle in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in {"data.pkl": structure, "version": b"3\n", **(others or {})}.items():
            archive.writestr(f"model/{name}", content)
    return file.getvalue()


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> tuple[bytes, bytes, dict[str, bytes]]:
    """A sound checkpoint, its pickle, and what else is in it."""
    path = save_checkpoint(
        tmp_path_factory.mktemp("sound") / "model.pt", new_model(), History((1.0,), (0.5,))
    )
    with zipfile.ZipFile(path) as archive:
        inner = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    return path.read_bytes(), inner.pop("data.pkl"), inner


def load_or_refuse(path: Path) -> None:
    model = new_model()
    try:
        assert isinstance(load_checkpoint(path, model), History)
        return
    except CheckpointError as error:
        said(error)
    same = zip(model.parameters(), new_model().parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in same)


@given(st.data())
def test_a_damaged_checkpoint_is_loaded_or_refused(tmp_path, parts, data):
    (tmp_path / "model.pt").write_bytes(data.draw(damaged(parts[0])))
    load_or_refuse(tmp_path / "model.pt")


@given(st.data())
def test_a_forged_checkpoint_with_right_checksums_is_loaded_or_refused(tmp_path, parts, data):
    (tmp_path / "model.pt").write_bytes(checkpoint(data.draw(damaged(parts[1])), parts[2]))
    load_or_refuse(tmp_path / "model.pt")


@pytest.mark.parametrize(
    ("place", "altered"),
    [(6, b"\xff"), (8, b"\x01"), (9, b"\x08"), (42, b"\xff\xff\xff\x7f")],
    ids=["a later zip", "encrypted", "a name that is no UTF-8", "elsewhere"],
)
def test_a_zip_whose_list_of_contents_is_altered_is_refused(tmp_path, parts, place, altered):
    content = bytearray(checkpoint(parts[1], parts[2]))
    entry = content.index(b"PK\1\2")
    content[entry + place : entry + place + len(altered)] = altered
    content[entry + 46 : entry + 48] = b"\xe5("  # the beginning of the name
    (tmp_path / "model.pt").write_bytes(content)
    load_or_refuse(tmp_path / "model.pt")


class Calls:
    """Unpickling it calls a function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


BOMBS = {
    "all memory as bytes": Calls(bytearray, 10**12),
    "all memory as a tensor": Calls(torch.Tensor, 10**6, 10**6),
    "a program": Calls(os.system, "exit 1"),
    "another kind": collections.Counter("aab"),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_what_is_more_than_weights_is_refused_before_anything_is_called(tmp_path, bounded, content):
    pickled = pickle.dumps({"weights": content, "history": {}}, protocol=2)
    (tmp_path / "model.pt").write_bytes(checkpoint(pickled))
    with pytest.raises(CheckpointError, match="holds more than weights"):
        load_checkpoint(tmp_path / "model.pt", MLP())


@pytest.mark.parametrize(
    "code", [b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00", b"(o", b"(ios\nsystem\n", b"\x93"]
)
def test_every_other_way_to_an_object_is_refused_too(tmp_path, code):
    """Extension registries, the objects of old Pythons, and names put together on the stack."""
    (tmp_path / "model.pt").write_bytes(checkpoint(b"\x80\x02" + code + b"."))
    with pytest.raises(CheckpointError, match=r"holds more than weights \(an object of an unknown kind\)"):
        load_checkpoint(tmp_path / "model.pt", MLP())


def test_an_archive_that_lists_no_tensors_holds_no_weights(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("model/readme.txt", "hello")
    with pytest.raises(CheckpointError, match=r"holds more than weights \(no list of its tensors"):
        load_checkpoint(tmp_path / "model.pt", MLP())


def test_weights_from_a_graphics_card_are_loaded_without_one(tmp_path, parts):
    on_card = parts[1].replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
    assert on_card != parts[1]
    (tmp_path / "model.pt").write_bytes(checkpoint(on_card, parts[2]))
    model = new_model()
    assert load_checkpoint(tmp_path / "model.pt", model).num_epochs == 1
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def test_a_packed_checkpoint_is_refused_before_it_is_unpacked(tmp_path, bounded):
    (tmp_path / "model.pt").write_bytes(checkpoint(b"", {"data/0": bytes(5_000_000)}, packed=True))
    with pytest.raises(CheckpointError, match="a packed part"):
        load_checkpoint(tmp_path / "model.pt", MLP())


ABOUT = About("a model", "data", "recipe", "MNIST", 10, 0.9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 10**12) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def altered(draw, description: dict) -> dict:
    """The description of a model with one value somewhere in it replaced or removed."""
    changed = json.loads(json.dumps(description))
    place = changed
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        if draw(st.booleans()):
            place[key] = draw(JSON)
        else:
            del place[key]
        return changed


@pytest.fixture(scope="module")
def model_file(tmp_path_factory) -> tuple[Path, dict]:
    """A model for the app, and its description, which a test may overwrite."""
    path = write_model(tmp_path_factory.mktemp("models"), "net", new_model(), ABOUT)
    return path, json.loads(path.read_text(encoding="utf-8"))


@given(st.data())
def test_an_altered_description_of_a_model_is_read_or_refused(model_file, bounded, data):
    path, description = model_file
    path.write_text(json.dumps(data.draw(altered(description))), encoding="utf-8")
    try:
        model, _ = read_model(path)
        assert all(layer is not None for layer in model)
    except ExportError as error:
        said(error)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "null", "{}", '{"format": 1}', "\ud800", "1e999"])
def test_a_text_that_describes_no_model_is_refused(model_file, text):
    path = model_file[0]
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ExportError, match=r"^net\.json "):
        read_model(path)


def test_a_kernel_that_is_not_its_weights_is_refused(tmp_path, bounded):
    from mnist_helpers.networks import small_cnn

    path = write_model(tmp_path, "net", small_cnn(), ABOUT)
    description = json.loads(path.read_text(encoding="utf-8"))
    layer = next(layer for layer in description["layers"] if layer["type"] == "conv2d")
    layer["kernel"] = 10**5
    path.write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(ExportError, match="a kernel of 100000 pixels"):
        read_model(path)


def _md5(content: bytes) -> str:
    from mnist_helpers.storage.official import md5_of

    return md5_of(content)
