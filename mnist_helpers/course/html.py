"""An executed notebook as one HTML page that anybody can read: with the eyes, or with the ears."""

import re
from pathlib import Path

from nbconvert import HTMLExporter
from nbformat import NotebookNode

TEMPLATE = Path(__file__).parent / "page.html.j2"


def to_html(notebook: NotebookNode, folder: Path, name: str) -> str:
    """The page of a notebook that lies in `folder`; links to the other steps lead to their pages."""
    exporter = HTMLExporter(embed_images=True, raw_template=TEMPLATE.read_text("utf-8"))
    about = {"name": name, "path": str(folder)}
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": about})
    return re.sub(r'href="(0[1-6]_\w+)\.ipynb"', r'href="\1.html"', without_empty_headings(page))


def without_empty_headings(page: str) -> str:
    """HTML in which the empty corner of a table is no heading, which a reader would hear in every row."""
    return re.sub(r"<th([^>]*)>\s*(?:&nbsp;)?\s*</th>", r"<td\1></td>", page)
