"""Read what `torch.save` wrote, from whomever it comes: tensors and plain values, and nothing is run."""

import io
import pickletools
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mnist_helpers.storage.folders import with_home
from mnist_helpers.storage.writing import named_file

# What tensors, dictionaries and plain values need. torch knows more that is harmless, but some of it, such as
# bytearray(10**12), takes all memory.
KNOWN = re.compile(
    r"collections OrderedDict|torch\._utils _rebuild_(tensor_v2|parameter)|torch (?!Untyped|Typed)\w+Storage"
)
MOST_STRUCTURE = 64_000_000  # bytes of everything but the tensors: far more than any history takes


class CheckpointError(ValueError):
    """A checkpoint file is missing, damaged, of another model, or no checkpoint."""


def write_checkpoint(path: Path, content: dict[str, object]) -> Path:
    """Write tensors and plain values to `path`: whole or not at all, and an OSError where that fails."""
    file = io.BytesIO()  # torch, writing to a full disk itself, gives another error and no reason
    torch.save(content, file)
    with named_file(path) as partial:
        partial.write_bytes(file.getbuffer())
    return with_home(path)


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """Weights by name, the fields of the history, and the network's layers as text, as saved to `path`.

    A file by `torch.save(model.state_dict(), path)` has the first only; the others are empty.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, no checkpoint, or holds more than tensors and plain values.
    """
    content = _content(with_home(path))
    saved = content if isinstance(content, dict) else {}
    if "weights" not in saved:
        saved = {"weights": saved}
    weights, history, network = saved["weights"], saved.get("history", {}), saved.get("network", "")
    kinds = isinstance(weights, dict) and isinstance(history, dict) and isinstance(network, str)
    if not kinds or not weights or not all(isinstance(tensor, Tensor) for tensor in weights.values()):
        raise CheckpointError(
            f"{path.name} in {path.parent} holds no weights by name; save_checkpoint(path, model, history) "
            "writes a checkpoint"
        )
    return weights, history, network


def _content(path: Path) -> object:
    """The content of a file by `torch.save`, read in no more memory than the file has bytes, and a little."""
    where = f"{path.name} in {path.parent}"
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint {where}")
    damaged = f"{where} is damaged (%s); delete it and train again"
    try:
        with path.open("rb") as file:
            begin = file.read(4)
        if begin and not b"PK\3\4".startswith(begin):
            raise CheckpointError(
                f"{where} is no checkpoint; save_checkpoint(path, model, history) writes one"
            )
        with zipfile.ZipFile(path) as archive:
            foreign = _more_than_weights(archive)
            if not foreign and (altered := archive.testzip()):  # torch skips its checksums
                raise CheckpointError(damaged % f"{altered} in it was altered") from None
    except OSError as error:
        raise CheckpointError(f"{where} cannot be read ({error.strerror})") from None
    except CheckpointError:
        raise
    except Exception as error:  # what was made up can fail in any way
        raise CheckpointError(damaged % (reason_of(error) if begin else "it is empty")) from None
    if foreign:
        raise CheckpointError(
            f"{where} holds more than weights ({foreign}), which could do harm; if you made it, write "
            "the weights alone: save_checkpoint(path, model, history)"
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # on what was made up
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(f"{where} cannot be read as a checkpoint ({reason_of(error)})") from None


def reason_of(error: Exception) -> str:
    """The first line of what an error says, or its name."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def _more_than_weights(archive: zipfile.ZipFile) -> str:
    """What is in the archive that is neither a tensor nor a plain value; empty if all is as it should be."""
    entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        return "a packed part, which torch does not write"
    structure = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
    if len(structure) != 1 or structure[0].file_size > MOST_STRUCTURE:
        return "no list of its tensors, or one too long"
    try:
        for code, argument, _ in pickletools.genops(archive.read(structure[0])):
            if code.name == "GLOBAL" and not KNOWN.fullmatch(name := str(argument)):
                return name.replace(" ", ".")
            if code.name in ("STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4"):
                return "an object of an unknown kind"
    except (ValueError, zipfile.BadZipFile):
        return ""  # damaged, which its checksum will tell
    return ""
