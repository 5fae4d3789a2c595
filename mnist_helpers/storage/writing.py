"""Write a file whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Within the block, write to the path that it gives; after it the file stands at `path`.

    No reader, and no crash, ever finds half a file there. A process that is killed in mid-write leaves
    `NAME.PID.part` beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    yield partial
    with partial.open("rb+") as file:
        os.fsync(file.fileno())  # on the disk before it gets its name, or a power cut leaves half a file
    partial.replace(path)
