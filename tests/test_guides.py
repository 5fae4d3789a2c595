"""The instructor's guide and the glossary: schedules add up, links lead somewhere, terms are linked."""

import re
from datetime import datetime, timedelta
from itertools import pairwise

import nbformat
import pytest
from conftest import ROOT

NOTEBOOKS = ROOT / "notebooks"
GUIDE = (NOTEBOOKS / "INSTRUCTORS.md").read_text(encoding="utf-8")
GLOSSARY = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
TERMS = [
    term.lower().replace(" ", "-").replace("'", "")
    for term in re.findall(r"^## (.+)$", GLOSSARY, re.MULTILINE)
]


PROMISES = (NOTEBOOKS / "PROMISES.md").read_text(encoding="utf-8")


def test_every_promise_has_a_test_that_exists():
    rows = [row for row in PROMISES.splitlines() if row.startswith("| ") and " When |" not in row]
    rows = [row for row in rows if not row.startswith("| ---")]
    assert len(rows) > 40
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert tests, row
        for path, name in tests:
            assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8"), name


def schedule(heading):
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d\d:\d\d) \| (\d+) \| (.+) \|$", section, re.MULTILINE)
    return [(datetime.strptime(start, "%H:%M"), timedelta(minutes=int(m)), what) for start, m, what in rows]


@pytest.mark.parametrize(("heading", "hours"), [("Half a day", 4), ("A full day", 8)])
def test_schedules_add_up(heading, hours):
    rows = schedule(heading)
    for (start, minutes, _), (following, _, _) in pairwise(rows):
        assert start + minutes == following
    assert rows[-1][0] - rows[0][0] == timedelta(hours=hours)


@pytest.mark.parametrize("heading", ["Half a day", "A full day"])
def test_schedules_give_every_step_the_minutes_its_notebook_states(heading):
    given = {what: minutes for _, minutes, what in schedule(heading)}
    for path in sorted(NOTEBOOKS.glob("0*.ipynb")):
        opening = nbformat.read(path, as_version=4).cells[0].source
        reading, exercises = re.search(r"(\d+) minutes to read and run, (\d+) minutes", opening).groups()
        title = opening.splitlines()[0].removeprefix("# ")
        assert given[title] >= timedelta(minutes=int(reading) + int(exercises))


def test_glossary_is_in_alphabetical_order_and_its_own_links_hold():
    assert sorted(TERMS) == TERMS
    assert set(re.findall(r"\]\(#([\w-]+)\)", GLOSSARY)) <= set(TERMS)


def test_every_term_is_linked_from_a_notebook_and_every_link_is_a_term():
    linked = set()
    for path in NOTEBOOKS.rglob("[!.]*.ipynb"):
        text = "\n".join(
            c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"
        )
        linked |= set(re.findall(r"GLOSSARY\.md#([\w-]+)\)", text))
    assert linked == set(TERMS)


def test_terms_have_one_or_two_sentences():
    for entry in re.split(r"^## .+$", GLOSSARY, flags=re.MULTILINE)[1:]:
        assert 1 <= len(re.findall(r"[.!](?:\s|$)", entry.strip())) <= 3, entry
