"""What becomes of the course's files on their way to the site: notebooks, README and the other texts."""

import html
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mnist_helpers.course.address import BRANCH
from mnist_helpers.course.alt_text import FORMATS
from mnist_helpers.course.copies import FLOWCHART, notebooks_below
from mnist_helpers.course.html import without_empty_headings

DRAW = Path(__file__).parent / "draw_a_digit.md"
TEXTS = ("GLOSSARY.md", "TROUBLESHOOTING.md")  # the guide for instructors is not for learners
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
SOLUTION = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}


@dataclass(frozen=True)
class Course:
    """The clone at `root`; `repository` is its OWNER/NAME on GitHub, if that is known."""

    root: Path
    repository: str | None = None

    def notebooks(self) -> list[Path]:
        """The six steps, then the extensions in the order of the README."""
        paths = notebooks_below(self.root / "notebooks")
        steps = [path for path in paths if path.parent.name == "notebooks"]
        told = LINK.findall((self.root / "README.md").read_text(encoding="utf-8"))
        order = [self.root / target for _, _, target in told]
        others = [path for path in paths if path not in steps]
        return steps + sorted(others, key=lambda path: order.index(path) if path in order else len(order))

    def pages(self) -> dict[Path, Path]:
        """Every file that becomes a page, and the page's path within the site's sources."""
        texts = [self.root / "notebooks" / name for name in TEXTS]
        same = [path for path in (*self.notebooks(), *texts) if path.exists()]
        return {self.root / "README.md": Path("index.md")} | {p: p.relative_to(self.root) for p in same}


def notebook_page(notebook: NotebookNode, path: Path, course: Course) -> NotebookNode:
    """A notebook as a page: solutions folded, checks for maintainers absent, figures with their alt texts."""
    notebook.cells = [cell for cell in notebook.cells if "claims" not in cell.metadata.get("tags", [])]
    heading = "the top"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE) or [heading])[-1]
            cell.source = text_page(cell.source, path, course)
            continue
        tags: list[str] = list(cell.metadata.get("tags", []))
        display: dict[str, object] = {}
        if "solution" in tags:
            tags.append("hide-cell")
            display |= SOLUTION
        elif cell.metadata.get("jupyter", {}).get("source_hidden"):
            tags.append("hide-input")
        if alts := [alt for output in cell.outputs if (alt := alt_of(output, heading))]:
            display["image"] = {"alt": " ".join(alts)}
        cell.metadata |= {"tags": tags, "mystnb": display}
        for data in (output.get("data", {}) for output in cell.outputs):
            if "text/html" in data:
                data["text/html"] = without_empty_headings(data["text/html"])
    return notebook


def alt_of(output: NotebookNode, heading: str) -> str | None:
    """The description of the figure in a cell's output; without one, at least where it stands."""
    kinds = [kind for kind in FORMATS if kind in output.get("data", {})]
    about = output.get("metadata", {})
    return about.get(kinds[0], {}).get("alt", f"A figure under the heading “{heading}”.") if kinds else None


def text_page(text: str, path: Path, course: Course) -> str:
    """Markdown with flowcharts for mermaid, and with links that lead somewhere on the site or on the web."""
    pages, folder = course.pages(), path.parent
    here = pages[path].parent

    def link(match: re.Match) -> str:
        picture, label, target = match.groups()
        if "](" in label:  # a picture that is a link
            label = LINK.sub(link, label)
        if target.startswith(("http:", "https:")):  # no page asks another host for a picture
            return label if picture else f"[{label}]({target})"
        file, mark, fragment = target.partition("#")
        if not file:
            return match[0]
        found = Path(os.path.normpath(folder / file))
        if found in pages:
            return f"{picture}[{label}]({_relative(pages[found], here)}{mark}{fragment})"
        if picture:
            return f"![{label}]({_relative(found.relative_to(course.root), here)})"
        if course.repository is None:
            return label
        place = f"{'tree' if found.is_dir() else 'blob'}/{BRANCH}/{_relative(found, course.root)}"
        place = os.path.normpath(place).replace(os.sep, "/")  # ../../tree/launch is another branch
        return f"[{label}](https://github.com/{course.repository}/{place}{mark}{fragment})"

    parts = re.split(r"(^```.*?^```\s*$)", text, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [LINK.sub(link, part) for part in parts[::2]]
    return FLOWCHART.sub(_flowchart, "".join(parts))


def _flowchart(match: re.Match) -> str:
    return f'<pre class="mermaid">\n{html.escape(match[1], quote=False)}</pre>\n'


def _relative(target: Path, folder: Path) -> str:
    return Path(os.path.relpath(target, folder)).as_posix()


def contents(course: Course) -> str:
    """The table of contents beside every page: headings and their pages, in order."""
    names = [page.as_posix() for page in course.pages().values()]
    extensions = [name for name in names if "/extensions/" in name]
    steps = [name for name in names if name.endswith(".ipynb") and name not in extensions]
    texts = [DRAW.name, *(name for name in names if name.endswith(".md") and name != "index.md")]
    groups = {"The six steps": steps, "Extensions": extensions, "Beside the notebooks": texts}
    trees = (
        "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])
        for caption, pages in groups.items()
    )
    return "\n\n" + "\n".join(trees)


def write_sources(course: Course, folder: Path) -> None:
    """Write the sources of the site, which Sphinx turns into pages, to `folder`."""
    for path, place in course.pages().items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            page = notebook_page(nbformat.read(path, as_version=4), path, course)
            nbformat.write(page, target)
        else:
            target.write_text(text_page(path.read_text(encoding="utf-8"), path, course), encoding="utf-8")
    with (folder / "index.md").open("a", encoding="utf-8") as index:
        index.write(contents(course))
    shutil.copyfile(DRAW, folder / DRAW.name)
