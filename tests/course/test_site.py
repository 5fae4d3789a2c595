"""The site: built once from the real notebooks, and read as a visitor reads it."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import nbformat
import pytest
from app_hand import violations
from conftest import ROOT

from mnist_helpers.course.html import to_html
from mnist_helpers.course.npm import NpmError
from mnist_helpers.course.one_click import addresses
from mnist_helpers.course.site.build import TITLE, SiteError, build_site
from mnist_helpers.course.site.pages import Course, text_page

REPOSITORY = "ada/digits"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("sphinx_book_theme", reason="needs Sphinx: install the extra `site`")
    folder, link = tmp_path_factory.mktemp("site") / "site", tmp_path_factory.mktemp("elsewhere") / "link"
    folder.mkdir()
    (folder / ".nojekyll").write_text(TITLE)
    (folder / "earlier.html").touch()
    link.symlink_to(folder, target_is_directory=True)
    try:
        build_site(Course(ROOT, REPOSITORY), link)
    except NpmError as error:
        pytest.skip(str(error))
    return folder


@pytest.mark.parametrize("names", [("thesis.txt",), (".nojekyll", "README.md"), (".nojekyll", ".git")])
def test_a_folder_with_other_things_is_never_emptied(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    if ".git" in names:
        (tmp_path / ".nojekyll").write_text(TITLE)
    with pytest.raises(SiteError, match="holds other things than an earlier site; name a new or empty"):
        build_site(Course(ROOT), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_an_earlier_site_stays_until_the_next_one_is_built(tmp_path, monkeypatch):
    pytest.importorskip("sphinx", reason="needs Sphinx: install the extra `site`")

    def full(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / ".nojekyll").write_text(TITLE)
    (tmp_path / "index.html").touch()
    monkeypatch.setattr("mnist_helpers.course.site.build.library", lambda name: tmp_path)
    monkeypatch.setattr("mnist_helpers.course.site.build.write_sources", full)
    with pytest.raises(OSError, match="No space left"):
        build_site(Course(ROOT), tmp_path)
    assert (tmp_path / "index.html").is_file()


def test_nothing_is_left_beside_the_site_nor_of_an_earlier_one_that_a_link_leads_to(site):
    assert [path.name for path in site.parent.iterdir()] == ["site"]
    assert not (site / "earlier.html").exists()


class Page(HTMLParser):
    """What a page links to, loads, and can be jumped to."""

    def __init__(self, text: str):
        super().__init__()
        self.links, self.loads, self.names, self.images = [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.names |= {told[key] for key in ("id", "name") if told.get(key)}
        if tag in ("a", "link") and "href" in told:
            (self.links if tag == "a" else self.loads).append(told["href"])
        if tag in ("img", "script", "iframe", "source") and "src" in told:
            self.loads.append(told["src"])
        if tag == "img":
            self.images.append(told)


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_link_and_every_file_of_a_page_is_there(site, pages):
    missing = []
    for path, page in pages.items():
        for target in page.links + page.loads:
            if re.match(r"(https?|mailto|data|javascript):", target):
                continue
            file, fragment = urldefrag(target)
            found = (path.parent / unquote(file.partition("?")[0])).resolve() if file else path
            found = found / "index.html" if found.is_dir() else found
            if not found.is_file() or (
                fragment and found.suffix == ".html" and unquote(fragment) not in pages[found].names
            ):
                missing.append((path.relative_to(site), target))
    assert missing == []


def test_every_notebook_and_text_has_a_page_and_none_is_for_instructors(site, pages):
    names = {path.stem for path in pages}
    assert {path.stem for path in Course(ROOT).notebooks()} < names
    assert {"index", "GLOSSARY", "draw_a_digit", "search"} < names
    assert "INSTRUCTORS" not in names
    assert not list(site.rglob("INSTRUCTORS*"))


def test_solutions_are_folded_and_what_checks_the_page_is_absent(site):
    for path in Course(ROOT).notebooks():
        text = (site / path.relative_to(ROOT)).with_suffix(".html").read_text(encoding="utf-8")
        solutions = path.read_text(encoding="utf-8").count('\n     "solution"')
        assert text.count("Show the solution") == solutions
        assert "claims.verdict" not in text
        assert "<summary aria-label" not in text


def test_every_picture_has_an_alt_text(pages):
    for path, page in pages.items():
        for image in page.images:
            assert image.get("alt"), (path.name, image["src"])
            assert not re.search(r"\.(png|svg|jpe?g)$|_images/", image["alt"]), image["alt"]


def test_steps_and_extensions_stand_in_the_order_of_the_readme(pages, site):
    links = [link for link in pages[site / "index.html"].links if link.endswith(".html")]
    beside = [link for link in dict.fromkeys(links) if link.startswith("notebooks/")]
    expected = [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in Course(ROOT).notebooks()]
    assert beside[: len(expected)] == expected
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[[^\]]+\]\(notebooks/([\w/]+)\.ipynb\)", told, re.MULTILINE)
    assert [f"notebooks/{row}.html" for row in rows] == expected


def test_the_notebook_itself_is_downloaded(site, pages):
    page = site / "notebooks/03_model_architecture.html"
    download = next(
        link for link in pages[page].links if link.endswith("_sources/notebooks/03_model_architecture.ipynb")
    )
    assert (page.parent / download).read_bytes() == (
        ROOT / "notebooks/03_model_architecture.ipynb"
    ).read_bytes()


def test_notebooks_open_elsewhere_and_texts_do_not(site, pages):
    page = site / "notebooks/extensions/error_clinic.html"
    elsewhere = set(addresses(REPOSITORY, ROOT / "notebooks/extensions/error_clinic.ipynb", ROOT).values())
    assert elsewhere < set(pages[page].links)
    assert not [link for link in pages[site / "index.html"].links if link.endswith(".ipynb")]


def test_the_app_is_stamped_like_any_other_export(site):
    worker = (site / "app/service-worker.js").read_text(encoding="utf-8")
    assert re.search(r'const VERSION = "[0-9a-f]{12}";', worker)


@pytest.fixture(scope="module")
def visit(browser):
    """Opens a page as somebody with such a screen, and notes complaints and requests."""
    contexts = []

    def visit(address, **screen):
        context = browser.new_context(bypass_csp=True, **screen)
        contexts.append(context)
        context.set_default_timeout(120_000)  # milliseconds: a page with mermaid is slow on a busy machine
        page = context.new_page()
        page.complaints, page.requests = [], []
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()


DESKTOP = {"viewport": {"width": 1280, "height": 850}}
DARK_PHONE = {
    "viewport": {"width": 393, "height": 800}, "is_mobile": True, "has_touch": True, "color_scheme": "dark",
}  # fmt: skip


@pytest.mark.parametrize("screen", [DESKTOP, DARK_PHONE], ids=["light desktop", "dark phone"])
def test_no_page_keeps_anybody_out_or_asks_another_host(visit, site, axe, screen):
    """From `file://`, as on a stick; what axe-core finds, what the browser complains of, who is asked."""
    page = visit((site / "index.html").as_uri(), **screen)
    found = {}
    for path in sorted(site.rglob("*.html")):
        if path.parent.name == "app" and path.name == "index.html":
            continue  # a browser starts it from a server alone
        page.goto(path.as_uri())
        page.wait_for_load_state()
        if 'class="mermaid"' in path.read_text(encoding="utf-8"):
            page.wait_for_selector(".mermaid svg")
        if screen is DARK_PHONE:
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, path.name
        if broken := violations(page, axe):
            found[path.name] = broken
    assert found == {}
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_from_a_server_the_app_starts_and_formulas_are_drawn(visit, site, axe, serve_folder):
    page = visit(serve_folder(site / "app"), **DESKTOP)
    page.wait_for_selector("html[data-state=ready]")
    assert violations(page, axe) == []
    assert page.complaints == []


def test_from_a_disk_the_app_comes_in_one_file(visit, site):
    page = visit((site / "draw_a_digit.html").as_uri(), **DESKTOP)
    page.click(".app-link")
    page.wait_for_selector("html[data-state=ready]")
    assert page.url.endswith("app/in_one_file.html")
    assert page.complaints == []


def test_formulas_are_drawn_and_the_search_finds_a_page_without_a_server(visit, site):
    page = visit((site / "notebooks/extensions/scaling_out.html").as_uri(), **DESKTOP)
    page.wait_for_selector("mjx-container svg")
    page.goto((site / "search.html").as_uri() + "?q=backpropagation")
    page.wait_for_selector("#search-results li a")
    assert page.complaints == []


def test_a_link_to_what_is_not_on_the_site_leads_to_the_repository_or_is_plain_text():
    text = (
        "[guide](notebooks/INSTRUCTORS.md#half-a-day) [words](notebooks/GLOSSARY.md#loss) ![d](figures/a.png)"
    )
    readme = ROOT / "README.md"
    known = text_page(text, readme, Course(ROOT, "ada/digits"))
    assert "[guide](https://github.com/ada/digits/blob/main/notebooks/INSTRUCTORS.md#half-a-day)" in known
    assert "[words](notebooks/GLOSSARY.md#loss) ![d](figures/a.png)" in known
    assert text_page(text, readme, Course(ROOT)).startswith("guide [words]")
    branch = text_page("[all](../../tree/launch)", readme, Course(ROOT, "ada/digits"))
    assert branch == "[all](https://github.com/ada/digits/tree/launch)"


def test_a_badge_from_another_host_becomes_words_and_code_stays_as_it_is():
    text = "[![Open in Colab](https://example.org/b.svg)](https://example.org/n)\n\n```text\n[a](b.md)\n```\n"
    shown = text_page(text, ROOT / "README.md", Course(ROOT))
    assert shown == "[Open in Colab](https://example.org/n)\n\n```text\n[a](b.md)\n```\n"


def test_a_page_of_make_run_keeps_nobody_out(visit, axe, tmp_path):
    """JupyterLab's colours are too faint, and its links are told by their colour alone."""
    path = ROOT / "notebooks/05_model_evaluation.ipynb"
    target = tmp_path / "page.html"
    target.write_text(to_html(nbformat.read(path, as_version=4), path.parent, path.stem), encoding="utf-8")
    page = visit(target.as_uri(), **DESKTOP)
    assert page.title() == path.stem
    assert violations(page, axe) == []
