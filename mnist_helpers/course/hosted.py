"""Copies of the notebooks that open with one click: in Google Colab, or on Kaggle.

Neither has the package, the course's files beside a notebook, JupyterLab's folds, or flowcharts. So a copy
installs the package, links to the web, folds its solutions in its own way, and shows flowcharts as pictures.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from mnist_helpers.course.address import BRANCH
from mnist_helpers.course.copies import FLOWCHART, notebooks_below
from mnist_helpers.course.one_click import COPIES, FRONT_ENDS

EXTRAS = {"web_and_mobile_app": "[onnx]"}  # what a page needs beyond the package


INSTALL = """\
from importlib import metadata, util

if util.find_spec("mnist_helpers") is None:  # torch stays as it is
    there = filter(util.find_spec, ("torch", "torchvision"))
    kept = [f"{{name}}=={{metadata.version(name)}}" for name in there]
    %pip install --quiet {{" ".join(kept)}} "mnist-helpers{extras} @ git+https://github.com/{repository}"
"""


def hosted_copies(kind: str, root: Path, repository: str) -> Callable[[NotebookNode, str], NotebookNode]:
    """What makes the copy for the front end `kind` of a notebook of the clone `root` and of its name.

    `repository` is OWNER/NAME on GitHub, to which all links lead.
    """
    front_end = FRONT_ENDS[kind]
    pages = {path.stem: path for path in notebooks_below(root / "notebooks")}

    def opens(page: Path) -> str:
        place = page.relative_to(root / "notebooks").as_posix()
        return front_end.address(repository, COPIES, f"{kind}/{place}")

    def absolute(match: re.Match, folder: Path) -> str:
        picture, text, (link, mark, fragment) = match[1], match[2], match[3].partition("#")
        target = Path(os.path.normpath(root / link[1:] if link[0] == "/" else folder / link))
        if target in pages.values():
            return f"[{text}]({opens(target)}{mark}{fragment})"
        place = quote(target.relative_to(root).as_posix())
        host = "raw.githubusercontent.com" if picture else "github.com"
        folders = f"{repository}{'' if picture else '/blob'}/{BRANCH}"
        return f"{picture}[{text}](https://{host}/{folders}/{place}{mark}{fragment})"

    def copy(notebook: NotebookNode, name: str) -> NotebookNode:
        folder = pages[name].parent
        notebook.cells = [cell for cell in notebook.cells if "claims" not in cell.metadata.get("tags", [])]
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = FLOWCHART.sub(_as_picture, cell.source)
                link = r"(!?)\[([^\]]*)\]\(((?!https?:|#)[^)\s]+)\)"
                cell.source = re.sub(link, lambda match: absolute(match, folder), cell.source)
            elif "solution" in cell.metadata.get("tags", []):
                cell.source = cell.source.replace("# Solution", front_end.solution, 1)
                cell.metadata |= front_end.folded
                cell.outputs, cell.execution_count = [], None
        badge = f"[![Open in {front_end.title}]({front_end.badge})]({opens(pages[name])})"
        code = INSTALL.format(repository=repository, extras=EXTRAS.get(name, ""))
        advice = f"## First, the package\n\nRun the next cell before all others. {front_end.advice}"
        notebook.cells[:1] = [
            new_markdown_cell(badge, id="launch-badge"),
            notebook.cells[0],
            new_markdown_cell(advice, id="launch-advice"),
            new_code_cell(code, id="launch-install"),
        ]
        return notebook

    return copy


def flowchart_picture(chart: str) -> str:
    """The name of the picture in figures/ of a flowchart: its title, in small letters with lines between."""
    title = re.findall(r"accTitle:(.+)", chart)[0]
    return "_".join(re.findall(r"\w+", title.lower())) + ".png"


def _as_picture(match: re.Match) -> str:
    described = re.findall(r"accDescr:(.+)", match[1])[0].strip()
    return f"![{described}](/figures/{flowchart_picture(match[1])})"
