"""JavaScript libraries for the site and the slides: fetched from npm once, and kept in the user's cache.

They are files of the course's own pages, so that these need no other host, and no network at all.
"""

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mnist_helpers.storage import cache_dir


class NpmError(RuntimeError):
    """A library could not be fetched; the message says what to do."""


@dataclass(frozen=True)
class Library:
    """The files wanted of one version of a package."""

    version: str
    files: tuple[str, ...]


LIBRARIES = {
    "axe-core": Library("4.14.1", ("axe.min.js",)),  # the tests judge pages with it
    "mathjax": Library("3.2.2", ("es5/tex-svg.js", "LICENSE")),  # draws formulas without fonts
    "mermaid": Library("11.17.2", ("dist/mermaid.min.js", "LICENSE")),
    "reveal.js": Library("6.0.2", (
        "dist/reveal.js", "dist/reveal.css", "dist/reset.css", "dist/theme/white.css", "dist/plugin/notes.js",
        "LICENSE",
    )),
}  # fmt: skip


def library(name: str) -> Path:
    """The folder with the files of a library, fetched by npm if it is not in the cache.

    Raises
    ------
    NpmError
        npm is not installed, or cannot reach its registry.
    """
    wanted = LIBRARIES[name]
    folder = cache_dir() / "npm" / f"{name}-{wanted.version}"
    if all((folder / file).is_file() for file in wanted.files):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as temporary:
        archive = _pack(f"{name}@{wanted.version}", Path(temporary))
        with tarfile.open(archive) as packed:
            for file in wanted.files:
                if not (content := packed.extractfile(f"package/{file}")):
                    raise NpmError(f"{name} {wanted.version} has no file {file}")
                target = Path(temporary, "package", file)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
        shutil.rmtree(folder, ignore_errors=True)
        Path(temporary, "package").rename(folder)
    return folder


def _pack(package: str, folder: Path) -> Path:
    """The archive of a package, as npm downloads it into `folder`."""
    npm = shutil.which("npm")
    if npm is None:
        raise NpmError(f"{package} is fetched by npm, which is not installed; it comes with Node.js")
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        done = None
    archives = list(folder.glob("*.tgz"))
    if done is None or done.returncode or not archives:
        raise NpmError(
            f"npm cannot fetch {package}; connect to the internet once, after that the site needs no network"
        )
    return archives[0]
