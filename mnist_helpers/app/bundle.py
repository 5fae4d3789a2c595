"""The app as one file: modules joined, everything inside, for `file://` and for an IFrame."""

import base64
import hashlib
import re
from pathlib import Path

from mnist_helpers.app.site import SOURCE, site_files
from mnist_helpers.storage import named_file, with_home

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def bundle(entry: Path, folder: Path = SOURCE) -> str:
    """One ES module that does what the module `entry` and all that it imports from `folder` do.

    Every imported module becomes a function's body, so that names of two modules cannot collide. This
    works because the app's modules import by name only (`import { a } from "./b.js"`) and declare what
    they export where they export it.

    Parameters
    ----------
    entry : a module, in `folder` or elsewhere; its own exports stay.
    """
    joined: dict[str, str] = {}
    _add_module(entry, folder, joined)
    *imported, last = joined.items()
    parts = [_as_function(name, text) for name, text in imported]
    return "\n".join([*parts, _with_constants(last[1])])


def single_file(folder: Path) -> str:
    """The app in `folder`, as `write_site` wrote it, in one HTML page without any other file."""
    page = (folder / "index.html").read_text(encoding="utf-8")
    style = (folder / "style.css").read_text(encoding="utf-8")
    script = "\n" + bundle(folder / "app.js", folder)
    models = [name for name in site_files(folder) if name.startswith("models/")]
    page = re.sub(r' *<link rel="(?:manifest|icon|apple-touch-icon)".*\n', "", page)
    page = page.replace('<link rel="stylesheet" href="style.css">', f"<style>{style}</style>")
    page = page.replace(
        '<script type="module" src="app.js"></script>', f'<script type="module">{script}</script>'
    )
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}"
    page = re.sub(r"default-src [^\"]*", policy, page, count=1)
    data = "\n".join(
        f'<script type="application/octet-stream" data-file="{name}">'
        f"{base64.b64encode((folder / name).read_bytes()).decode()}</script>"
        for name in models
    )
    return page.replace("</body>", f"{data}\n</body>")


def write_single_file(path: str | Path, folder: Path) -> Path:
    """Write the app to one HTML file; `folder` is where `write_site` wrote it."""
    with named_file(path) as partial:
        partial.write_text(single_file(folder), encoding="utf-8")
    return with_home(path)


def _add_module(module: Path, folder: Path, joined: dict[str, str]) -> None:
    """Add the module to `joined`, after all that it imports."""
    text = module.read_text(encoding="utf-8")
    for imported in IMPORT.finditer(text):
        if imported[2] not in joined:
            _add_module(folder / f"{imported[2]}.js", folder, joined)
    joined[module.stem] = text


def _as_function(name: str, text: str) -> str:
    exported = ", ".join(EXPORT.findall(text))
    body = _with_constants(EXPORT.sub("", text))
    return f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def _with_constants(text: str) -> str:
    """Imports become constants taken from the functions' results."""
    return IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_variable(found[2])};\n", text)


def _variable(name: str) -> str:
    return "module_" + name.replace("-", "_")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
