"""Decks of slides: short, of one piece with their notebooks, and shown without a network."""

import re

import nbformat
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mnist_helpers.course.copies import instructors_notes
from mnist_helpers.course.npm import NpmError
from mnist_helpers.course.runner import course_notebooks
from mnist_helpers.course.slides import TAG, share_notes, slides_of, write_decks


@pytest.fixture
def notebook():
    learnt = "**You will learn to**\n\n- add\n- check [sums](GLOSSARY.md#sum)\n"
    opening = f"# Step 9 · Sums\n\n{learnt}\n**You need:** nothing\n"
    printed = new_output("stream", name="stdout", text="42\n")
    tagged = new_code_cell("print(6 * 7)", metadata={"tags": [TAG]}, outputs=[printed])
    return new_notebook(
        cells=[
            new_markdown_cell(opening),
            new_markdown_cell(
                "That was adding.\n\n## Multiplying\n\nTake six. **Guess:** how much is six times seven?"
            ),
            tagged,
            new_code_cell("print('not shown')"),
            new_markdown_cell("### Your turn 9.1 — core: the other way\n\nWhat is seven times six?"),
            new_code_cell("answer = ...", metadata={"tags": ["exercise"]}),
            new_markdown_cell(
                "## Quiz\n\nNot shown.\n\n## Key points\n\n- Both are 42.\n\n---\n\n**Next:** more"
            ),
        ]
    )


def test_a_deck_has_the_title_the_tagged_cells_the_core_exercises_and_the_key_points(notebook):
    slides = slides_of(notebook)
    assert [slide.title for slide in slides] == [
        "Step 9 · Sums", "Multiplying", "Your turn 9.1: the other way", "Key points",
    ]  # fmt: skip
    assert "check sums" in slides[0].shown
    assert "how much is six times seven?" in slides[1].shown
    assert "print(6 * 7)" in slides[1].shown
    assert ">42</pre>" in slides[1].shown
    assert "Next" not in slides[3].shown
    assert "not shown" not in "".join(slide.shown for slide in slides).lower()


def test_every_paragraph_of_the_guide_comes_to_the_slide_that_it_speaks_of(notebook):
    slides = slides_of(notebook)
    asked = "**Ask aloud** before multiplying: guess six times seven."
    guide = f"*Say:* sums are easy.\n\n{asked}\n\n**If time is short,** stop."
    share_notes(slides, guide)
    assert slides[0].notes.startswith("*Say:*")
    assert "Ask aloud" in slides[1].notes
    assert "time is short" in slides[-1].notes


@pytest.mark.parametrize("path", course_notebooks(ROOT), ids=lambda path: path.stem)
def test_a_deck_has_eight_to_twelve_slides_and_all_of_the_guides_words(path):
    slides = slides_of(nbformat.read(path, as_version=4))
    assert 8 <= len(slides) <= 12
    guide = instructors_notes((ROOT / "notebooks/INSTRUCTORS.md").read_text(encoding="utf-8"))[path.stem]
    share_notes(slides, guide)
    assert sorted(guide.split()) == sorted(" ".join(slide.notes for slide in slides).split())


def test_decks_are_shown_without_a_network_and_nothing_leaves_a_slide(tmp_path, browser):
    try:
        decks = write_decks(course_notebooks(ROOT), {}, tmp_path)
    except NpmError as error:
        pytest.skip(str(error))
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for deck in decks:
        page.goto(deck.as_uri())
        page.wait_for_selector(".reveal.ready")
        low = page.evaluate(
            "() => Reveal.getSlides().map((slide, k) => { Reveal.slide(k, 0, 99);"
            " return Math.max(...[...slide.children].filter((e) => e.tagName !== 'ASIDE')"
            ".map((e) => (e.getBoundingClientRect().bottom))) })"
        )
        assert [bottom for bottom in low if bottom > 720] == [], deck.name
        wide = "[...document.querySelectorAll('pre, code')].filter((e) => e.scrollWidth > e.clientWidth + 1)"
        assert page.evaluate(f"{wide}.map((e) => e.innerText)") == [], deck.name
    assert complaints == []
    assert [url for url in requests if not re.match("file:|data:", url)] == []
    page.close()
