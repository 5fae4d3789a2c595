"""What every notebook of the course keeps; see the test names."""

import ast
import json
import re
from itertools import pairwise

import nbformat
import pytest
from conftest import ROOT
from test_stored_results import SAID

from mnist_helpers.course.alt_text import FORMATS
from mnist_helpers.course.copies import notebooks_below

NOTEBOOKS = notebooks_below(ROOT / "notebooks")
STEPS = [path for path in NOTEBOOKS if path.parent.name == "notebooks"]
TITLES = (
    "Data loading and exploration",
    "Data preprocessing",
    "Model architecture",
    "Training",
    "Evaluation",
    "Making predictions",
)

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_step = pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def prose_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "markdown"]


def markdown(path):
    return "\n\n".join(cell.source for cell in prose_cells(path))


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def output_text(path):
    """All text of all outputs; pictures and tables in HTML left out."""
    texts = []
    for output in outputs(path):
        texts.append(output.get("text", ""))
        texts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts)


def minutes(path):
    """A step's minutes of reading, of core exercises and of optional ones; empty if it does not say."""
    time = r"\*\*Time:\*\* (\d+) minutes to read and run, (\d+) minutes of core exercises, "
    found = re.search(time + r"(\d+) minutes of optional ones", read(path).cells[0].source)
    return [int(number) for number in found.groups()] if found else []


def tags(cell):
    return cell.metadata.get("tags", [])


def test_there_are_exactly_six_numbered_notebooks():
    assert [path.name[:2] for path in STEPS] == ["01", "02", "03", "04", "05", "06"]


@every_notebook
def test_is_valid_and_small(path):
    nbformat.validate(read(path))
    assert path.stat().st_size < 1_048_576


@every_step
def test_opens_with_step_title_objectives_minutes_and_needs(path):
    opening = read(path).cells[0].source
    step = int(path.name[:2])
    assert opening.startswith(f"# Step {step} · {TITLES[step - 1]}\n")
    assert f"step {step} of 6" in opening
    objectives = re.search(r"\*\*You will learn to\*\*\n\n((?:- .+\n)+)", opening)
    assert objectives, "no list of objectives"
    assert 3 <= len(objectives[1].strip().splitlines()) <= 5
    assert minutes(path), "no minutes of reading, of core exercises and of optional ones"
    assert "**You need:**" in opening


def test_reading_and_core_exercises_of_the_six_take_two_to_three_hours():
    assert 120 <= sum(reading + core for reading, core, _ in map(minutes, STEPS)) <= 180


@every_step
def test_minutes_are_honest(path):
    """Nobody reads faster than 200 words a minute, and an exercise takes at least three minutes."""
    reading, core, optional = minutes(path)
    assert reading >= len(markdown(path).split()) / 200
    kinds = re.findall(r"^#{2,4} Your turn \d\.\d — (core|optional): ", markdown(path), re.MULTILINE)
    assert len(kinds) == len(re.findall(r"^#{2,4} Your turn", markdown(path), re.MULTILINE))
    assert kinds.count("core") in (1, 2)
    assert core >= 3 * kinds.count("core")
    assert optional >= 3 * kinds.count("optional")


@every_step
def test_closes_with_key_points_and_links_to_its_neighbours(path):
    closing = prose_cells(path)[-1].source
    assert re.search(r"^## Key points\n\n- ", closing, re.MULTILINE)
    position = STEPS.index(path)
    for neighbour in STEPS[max(position - 1, 0) : position] + STEPS[position + 1 : position + 2]:
        assert f"({neighbour.name})" in closing


@every_notebook
def test_every_link_to_a_file_leads_somewhere(path):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", markdown(path))
    missing = [t for t in targets if not t.startswith("http") and not (path.parent / t).exists()]
    assert not missing


@every_notebook
def test_headings_descend_one_level_at_a_time(path):
    text = re.sub(r"```.*?```", "", markdown(path), flags=re.DOTALL)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_notebook
def test_every_markdown_picture_has_alt_text(path):
    assert not re.findall(r"!\[\s*\]\(", markdown(path))
    assert all(re.search(r"alt=\"[^\"]+\"", tag) for tag in re.findall(r"<img[^>]*>", markdown(path)))


@every_notebook
def test_every_figure_is_described_for_those_who_hear_the_page(path):
    for output in outputs(path):
        for kind in output.get("data", {}).keys() & set(FORMATS):
            alt = output.metadata.get(kind, {}).get("alt", "")
            assert len(alt.split()) >= 5, alt
            assert not re.search(r"^\S+\.(png|jpe?g|svg)$|<Figure|^Figure \d|[/\\]\w+[/\\]", alt), alt


@every_notebook
def test_code_cells_are_short(path):
    assert max(len(cell.source.splitlines()) for cell in code_cells(path)) <= 30


@every_notebook
def test_prose_stands_before_the_code(path):
    """No three code cells in a row; exercises stand as starter and solution under their question."""
    kinds = "".join(
        "m" if cell.cell_type == "markdown" else "x" if {"exercise", "solution"} & set(tags(cell)) else "c"
        for cell in read(path).cells
    )
    assert "ccc" not in kinds


@every_notebook
def test_was_executed_once_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_holds_no_error_and_nothing_on_stderr(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error" or "raises-exception" in tags(cell), cell.source
            assert output.get("name") != "stderr", cell.source


@every_notebook
def test_names_no_path_of_anybodys_machine(path):
    raw = json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False)
    text = re.sub(r'"image/[^"]+": "[^"]*"', "", raw)
    assert not re.findall(
        r"(?<![\w./:])/(?:home|Users|root|work|tmp|var|opt|mnt)/[\w./-]+|[A-Z]:\\\\Users", text
    )


@every_notebook
def test_carries_outputs_made_on_real_mnist(path):
    text = output_text(path)
    assert "MNIST, " in text, "print data.source near the top"
    assert "embedded default, not MNIST" not in text


@every_notebook
def test_metadata_holds_nothing_of_the_machine(path):
    notebook = read(path)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    known = {"tags", "jupyter", "jp-MarkdownHeadingCollapsed"}  # the last folds a whole section
    assert all(set(cell.metadata) <= known for cell in notebook.cells)


@every_notebook
def test_extensions_open_and_close_like_the_steps(path):
    if path in STEPS:
        pytest.skip("the steps have a stricter test")
    opening, *_, closing = (cell.source for cell in prose_cells(path))
    assert "*An extension of MNIST Handwritten Digit Classification; do it after step" in opening
    assert 3 <= len(re.findall(r"^- ", opening, re.MULTILINE)) <= 5
    assert minutes(path) or re.search(
        r"Time:\*\* \d+ minutes to read and run, \d+ minutes of exercises", opening
    )
    assert "**You need:**" in opening
    assert "## Key points\n\n- " in closing
    assert "(../../README.md)" in closing


@every_notebook
def test_uses_known_tags_only(path):
    known = {"exercise", "solution", "claims", "nbval-check-output", "raises-exception", "nbval-skip",
             "slide"}  # fmt: skip
    assert {tag for cell in read(path).cells for tag in tags(cell)} <= known


@every_notebook
def test_code_ends_no_line_with_a_semicolon_and_shows_figures_without_boilerplate(path):
    for cell in code_cells(path):
        assert not re.search(r";\s*$", cell.source, re.MULTILINE), cell.source
        assert "plt.show()" not in cell.source


def teaching_cells(path):
    """The code that a learner reads: neither exercises and their solutions, nor what checks the page."""
    return [cell for cell in code_cells(path) if not {"exercise", "solution", "claims"} & set(tags(cell))]


def claims_cells(path):
    """The folded cells that check the page; a page with much to check has two."""
    return [cell for cell in code_cells(path) if "claims" in tags(cell)]


@every_notebook
def test_the_folded_last_cells_check_what_the_page_says(path):
    cells = claims_cells(path)
    assert cells == read(path).cells[-len(cells) :]
    assert all(tags(cell) == ["claims"] and cell.metadata.jupyter.source_hidden for cell in cells)
    assert "Claims(data.source)" in cells[0].source
    assert cells[-1].source.splitlines()[-1] == "claims.verdict()"


@every_notebook
def test_at_most_two_asserts_stand_where_learners_read(path):
    code = "\n".join(cell.source for cell in teaching_cells(path))
    assert len(re.findall(r"^\s*assert\b", code, re.MULTILINE)) <= 2


@every_notebook
def test_no_page_asks_where_the_digits_came_from(path):
    """`load_mnist` says once, if need be, that the numbers in the text are MNIST's."""
    for cell in [cell for cell in code_cells(path) if "claims" not in tags(cell)]:
        assert not re.search(r"is_mnist|as_shown|Source\.|EMBEDDED", cell.source), cell.source
    assert not re.search(r"\bOn (the real )?MNIST\b", markdown(path))


@every_notebook
def test_no_note_for_instructors_gives_answers_away(path):
    assert "instructor" not in markdown(path).lower()


def claims_of(path):
    """What the claims cells and the tests of stored results quote from a page; " … " divides fragments."""
    code = "\n".join(cell.source for cell in claims_cells(path))
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    quotes = [call.args[0].value for call in calls if getattr(call.func, "attr", "") in ("law", "regularity")]
    return quotes + [quote for page, quote in SAID if page == path.stem]


def plain(text):
    """Markdown as it is read: no fences, no emphasis, links as their text, one space between words."""
    text = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[*_`>|]|^#+ |^- ", " ", text, flags=re.MULTILINE).split())


CLAIM = re.compile(r"\d\s?%|per cent|(?<!at )\b(?:most|least|largest)\b", re.IGNORECASE)


def prose_beside_outputs(path):
    """Paragraphs right under an output, up to an exercise, and the key points."""
    cells = read(path).cells
    for before, cell in pairwise(cells):
        under = before.cell_type == "code" and before.outputs and "exercise" not in tags(before)
        if cell.cell_type == "markdown" and (under or "## Key points" in cell.source):
            yield re.split(r"^#+ (?:Your turn|Quiz)", cell.source, maxsplit=1, flags=re.MULTILINE)[0]


def sentences(text):
    for paragraph in re.split(r"\n\s*\n|\n(?=- |\d\. |\|)", text):
        yield from re.split(r"(?<=[.!?:]) (?=[A-Z“])", plain(paragraph))


@every_notebook
def test_every_claim_quotes_the_page(path):
    text = plain(markdown(path))
    missing = [
        fragment
        for quote in claims_of(path)
        for fragment in plain(quote).split(" … ")
        if fragment not in text
    ]
    assert not missing


@every_notebook
def test_no_page_says_more_than_its_claims(path):
    """A per cent figure, "most", "least" or "largest" beside an output is quoted by a claim."""
    fragments = [fragment for quote in claims_of(path) for fragment in plain(quote).split(" … ")]
    unclaimed = [
        sentence
        for paragraph in prose_beside_outputs(path)
        for sentence in sentences(paragraph)
        if CLAIM.search(sentence)
        and not sentence.endswith("?")
        and not any(fragment in sentence or sentence in fragment for fragment in fragments)
    ]
    assert not unclaimed


def test_the_notebooks_report_more_than_97_per_cent_on_the_test_set():
    text = output_text(STEPS[4])
    accuracies = [float(found) for found in re.findall(r"accuracy\D{0,40}?(\d\d\.\d+)%", text)]
    assert accuracies
    assert max(accuracies) > 97
