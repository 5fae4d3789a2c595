"""Slides from a step's notebook: a question on each, its picture large, and notes for the speaker.

Cells with the tag `slide` are shown, each under the heading it stands below. The core exercises and the key
points come along by themselves. Decks are reveal.js, and need no network.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import nbformat
from nbconvert.filters import markdown2html
from nbformat import NotebookNode

from mnist_helpers.course.alt_text import FORMATS
from mnist_helpers.course.npm import library
from mnist_helpers.storage import copy_files

TAG = "slide"
MOST_LINES = 14  # of code or output that can be read from the last row
PAGE, STYLE = (Path(__file__).parent / name for name in ("deck.html", "deck.css"))


@dataclass
class Slide:
    """What is shown, as HTML, and what the speaker may say, in Markdown; `about` is what it is about."""

    title: str
    shown: str
    about: str
    notes: str = ""


def write_decks(notebooks: Sequence[Path], notes: dict[str, str], folder: Path) -> list[Path]:
    """Write a deck for each notebook to `folder`; `notes` for the speaker are by the notebook's name.

    Raises
    ------
    NpmError
        reveal.js is not in the cache, and could not be fetched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy_files(library("reveal.js") / "dist", folder / "reveal")
    written = []
    for path in notebooks:
        slides = slides_of(nbformat.read(path, as_version=4))
        share_notes(slides, notes.get(path.stem, ""))
        target = folder / f"{path.stem}.html"
        target.write_text(_deck(slides), encoding="utf-8")
        written.append(target)
    return written


def slides_of(notebook: NotebookNode) -> list[Slide]:
    """The title with what is learnt, each tagged cell, the core exercises, and the key points."""
    opening = notebook.cells[0].source
    learnt = re.search(r"\*\*You will learn to\*\*\n\n((?:- .+\n)+)", opening)
    slides = [Slide(_heading(opening), _to_html(learnt[1] if learnt else ""), opening)]
    text = ""
    for cell in notebook.cells[1:]:
        if cell.cell_type == "markdown":
            above, *sections = re.split(r"^(?=#+ )", cell.source, flags=re.MULTILINE)
            text = sections[-1] if sections else f"{text}\n\n{above}"
            slides += [Slide(title, _to_html(part), part) for title, part in _whole_sections(cell.source)]
        elif TAG in cell.metadata.get("tags", []):
            slides.append(Slide(_heading(text), _question(text) + _result(cell), text))
    return slides


def _whole_sections(source: str) -> Iterator[tuple[str, str]]:
    """The sections that are shown as they stand: core exercises and key points."""
    for section in re.split(r"^(?=#{2,4} )", source, flags=re.MULTILINE):
        if re.match(r"#+ (?:Your turn [\d.]+ — core|Key points)", section):
            body = section.partition("\n")[2].split("\n---")[0]
            yield _heading(section), re.split(r"^(?:<details|\*\*Next)", body, flags=re.MULTILINE)[0]


def _heading(text: str) -> str:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return re.sub(r"^Your turn ([\d.]+) — core: ", r"Your turn \1: ", headings[-1]) if headings else ""


def _question(text: str) -> str:
    """The guess that the page asks for, or its first question."""
    plain = " ".join(re.sub(r"^#+ .+$", "", text, flags=re.MULTILINE).split())
    sentences = re.split(r"(?<=[.?!:]) (?=[A-Z*])", plain)
    asked = [sentence for sentence in sentences if sentence.rstrip("*").endswith("?")]
    return f'<div class="question">{_to_html(asked[0])}</div>' if asked else ""


def _result(cell: NotebookNode) -> str:
    """A figure as large as the slide, else the cell's lines and what they print."""
    for output in cell.outputs:
        for kind in (kind for kind in FORMATS if kind in output.get("data", {})):
            alt = html.escape(output.metadata.get(kind, {}).get("alt", ""))
            content = output.data[kind]
            if kind == "image/svg+xml":
                drawing = content[content.index("<svg") :]
                return f'<div class="figure" role="img" aria-label="{alt}">{drawing}</div>'
            return f'<img class="figure" alt="{alt}" src="data:{kind};base64,{content.strip()}">'
    printed = "".join(output.get("text", "") for output in cell.outputs)
    tables = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
    lines = cell.source.splitlines()
    code = f"<pre><code>{html.escape(cell.source)}</code></pre>" if len(lines) <= MOST_LINES else ""
    shown = "\n".join(printed.splitlines()[:MOST_LINES])
    result = tables or f'<pre class="printed">{html.escape(shown)}</pre>'
    return f'{code}<div class="fragment">{result}</div>'


def share_notes(slides: list[Slide], guide: str) -> None:
    """Give each paragraph of the guide for instructors to the slide whose words it shares."""
    for paragraph in filter(None, guide.split("\n\n")):
        if paragraph.startswith("*Say:*"):
            chosen = slides[0]
        elif paragraph.startswith("**If time is short"):
            chosen = slides[-1]
        else:
            chosen = max(slides[:-1], key=lambda slide: len(_words(paragraph) & _words(slide.about)))
        chosen.notes += f"{paragraph}\n\n"


def _words(text: str) -> set[str]:
    return {word.lower().rstrip("s") for word in re.findall(r"[^\W\d_]{5,}", text)}


def _to_html(text: str) -> str:
    """Markdown as HTML; a link to another page is no use on a slide."""
    return markdown2html(re.sub(r"(?<!!)\[([^\]]*)\]\([^)]*\)", r"\1", text))


def _deck(slides: list[Slide]) -> str:
    sections = "\n".join(
        f"<section><h2>{_to_html(slide.title).removeprefix('<p>').strip().removesuffix('</p>')}</h2>\n{slide.shown}\n"
        f'<aside class="notes">{_to_html(slide.notes)}</aside></section>'
        for slide in slides
    )
    title, style = html.escape(slides[0].title), STYLE.read_text("utf-8")
    return Template(PAGE.read_text("utf-8")).substitute(title=title, style=style, sections=sections)
