"""Copies for Colab and Kaggle: they install the package, fold solutions, and need no file beside them."""

import ast
import re

import nbformat
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from mnist_helpers.course.copies import FLOWCHART, notebooks_below, write_copies
from mnist_helpers.course.hosted import hosted_copies
from mnist_helpers.course.one_click import BINDER, COPIES, FRONT_ENDS, addresses, launch_page

KINDS = pytest.mark.parametrize("kind", FRONT_ENDS)


def copy_of(text, kind="colab", name="01_data_loading_and_exploration"):
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), new_markdown_cell(text)])
    return hosted_copies(kind, ROOT, "o/n")(notebook, name).cells[-1].source


@pytest.fixture(scope="module", params=FRONT_ENDS)
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    paths = write_copies(hosted_copies(request.param, ROOT, "o/n"), ROOT / "notebooks", folder)
    return request.param, [nbformat.read(path, as_version=4) for path in paths]


def test_every_notebook_is_copied_valid_and_needs_no_file_beside_it(written):
    _, notebooks = written
    assert len(notebooks) == len(notebooks_below(ROOT / "notebooks"))
    for notebook in notebooks:
        nbformat.validate(notebook)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"(?:src|href)=[\"']([^\"']+)", text)
        assert [link for link in links if not link.startswith(("https://", "#"))] == []
        assert "mermaid" not in text


def test_solutions_are_folded_without_outputs_and_checks_of_the_page_are_gone(written):
    kind, notebooks = written
    for notebook in notebooks:
        tagged = [(cell, set(cell.metadata.get("tags", []))) for cell in notebook.cells]
        solutions = [cell for cell, tags in tagged if "solution" in tags]
        assert solutions
        for cell in solutions:
            assert FRONT_ENDS[kind].folded.items() <= cell.metadata.items()
            assert cell.source.startswith(FRONT_ENDS[kind].solution)
            assert cell.outputs == []
        assert not any("claims" in tags for _, tags in tagged)


def test_the_badge_opens_the_copy_itself(written):
    kind, notebooks = written
    for notebook, path in zip(notebooks, notebooks_below(ROOT / "notebooks"), strict=True):
        place = path.relative_to(ROOT / "notebooks").as_posix()
        assert notebook.cells[0].source.endswith(f"o/n/blob/launch/{kind}/{place})")


@KINDS
def test_links_lead_to_copies_files_and_pictures_on_the_web(kind):
    text = copy_of(
        "[next](02_data_preprocessing.ipynb) [word](GLOSSARY.md#mnist) ![app](../figures/app.png) "
        "[web](https://example.org/a) [here](#below) [all](../README.md)",
        kind,
    )
    link = dict(re.findall(r"\[(\w+)\]\(([^)]+)\)", text))
    assert link["next"].endswith(f"o/n/blob/launch/{kind}/02_data_preprocessing.ipynb")
    assert link["word"] == "https://github.com/o/n/blob/main/notebooks/GLOSSARY.md#mnist"
    assert link["app"] == "https://raw.githubusercontent.com/o/n/main/figures/app.png"
    assert (link["web"], link["here"]) == ("https://example.org/a", "#below")
    assert link["all"] == "https://github.com/o/n/blob/main/README.md"


def test_a_flowchart_becomes_a_picture_that_shows_it_as_it_is_now():
    page = nbformat.read(ROOT / "notebooks" / "02_data_preprocessing.ipynb", as_version=4)
    (cell,) = [cell for cell in page.cells if "```mermaid" in cell.source]
    (chart,) = FLOWCHART.findall(cell.source)
    described = re.search(r"accDescr: (.+)", chart)[1]
    picture = re.search(r"!\[(.+)\]\(https://raw.githubusercontent.com/o/n/main/(.+)\)", copy_of(cell.source))
    assert picture[1] == described
    with Image.open(ROOT / picture[2]) as drawn:
        assert drawn.text["flowchart"] == chart, "draw it again: tests/benchmarks/flowchart_figures.py"


def installing(monkeypatch, found, versions, name="01_data_loading_and_exploration"):
    """What the install cell runs where the packages `found` are, of the given versions."""
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), new_code_cell("1")])
    cell = hosted_copies("colab", ROOT, "o/n")(notebook, name).cells[3]
    code = re.sub(r"%pip (.+)", lambda match: f"pip(f{match[1]!r})", cell.source)
    calls = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name in found or None)
    monkeypatch.setattr("importlib.metadata.version", versions.__getitem__)
    exec(compile(ast.parse(code), "cell", "exec"), {"pip": calls.append})
    return calls


def test_the_package_is_installed_only_where_it_is_missing(monkeypatch):
    assert installing(monkeypatch, {"mnist_helpers", "torch"}, {}) == []


def test_installing_keeps_the_torch_that_is_there(monkeypatch):
    there = {"torch": "2.9.0+cpu", "torchvision": "0.24.0+cpu"}
    (call,) = installing(monkeypatch, set(there), there)
    assert "torch==2.9.0+cpu torchvision==0.24.0+cpu" in call
    assert "git+https://github.com/o/n" in call
    assert "constraint" not in call
    (call,) = installing(monkeypatch, set(), {}, "web_and_mobile_app")
    assert "torch==" not in call
    assert "mnist-helpers[onnx] @" in call


def test_every_place_is_told_for_one_page():
    page = ROOT / "notebooks" / "extensions" / "error_clinic.ipynb"
    assert addresses("o/n", page, ROOT) == {
        "Colab": "https://colab.research.google.com/github/o/n/blob/launch/colab/extensions/error_clinic.ipynb",
        "Kaggle": "https://www.kaggle.com/kernels/welcome?src="
        "https://github.com/o/n/blob/launch/kaggle/extensions/error_clinic.ipynb",
        "Binder": "https://mybinder.org/v2/gh/o/n/main?labpath=notebooks/extensions/error_clinic.ipynb",
    }


def test_the_page_of_badges_opens_every_notebook_at_every_place():
    text = launch_page("o/n", ROOT)
    for page in notebooks_below(ROOT / "notebooks"):
        for address in addresses("o/n", page, ROOT).values():
            assert f"]({address})" in text
    rows = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert rows == [5] * (2 + len(notebooks_below(ROOT / "notebooks")))


def test_the_readme_leads_to_the_page_of_badges_on_the_branch_that_the_workflow_writes():
    """Relative to the README as GitHub shows it, so that a fork's badges are right without an edit."""
    badges = re.findall(r"\[!\[(.+?)\]\((.+?)\)\]\((.+?)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert badges == [
        (f"Open in {each.title}", each.badge, f"../../tree/{COPIES}")
        for each in (*FRONT_ENDS.values(), BINDER)
    ]
    workflow = (ROOT / ".github/workflows/one-click.yml").read_text(encoding="utf-8")
    assert f"--initial-branch {COPIES}" in workflow
    assert "addresses --badges > build/launch/README.md" in workflow
