"""Build the site: Sphinx turns the sources into pages, which work from a server and from a disk alike."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from mnist_helpers.app.bundle import write_single_file
from mnist_helpers.app.site import SOURCE as APP
from mnist_helpers.app.site import write_site as write_app
from mnist_helpers.course.address import pages as public_address
from mnist_helpers.course.npm import library
from mnist_helpers.course.one_click import addresses
from mnist_helpers.course.site.pages import Course, write_sources
from mnist_helpers.storage import copy_files

HERE = Path(__file__).parent
TITLE = "MNIST Handwritten Digit Classification"
LICENCES = "Text and figures: CC BY 4.0. Code: MIT licence."
MARK = ".nojekyll"  # or GitHub would leave out folders that begin with a line; it tells our sites
NEEDED = 'the site needs Sphinx: python -m pip install --editable ".[site]"'


class SiteError(RuntimeError):
    """The site could not be built; the message says why."""


def build_site(course: Course, folder: Path) -> int:
    """Write the whole site to `folder`, from which an earlier site goes, and return its number of pages.

    Raises
    ------
    SiteError
        The folder holds other things, or Sphinx is not installed, or found something to warn of.
    NpmError
        mermaid or MathJax is not in the cache, and could not be fetched.
    """
    if folder.exists() and any(folder.iterdir()) and not _is_a_site(folder):
        raise SiteError(f"{folder} holds other things than an earlier site; name a new or empty folder")
    try:
        from sphinx.application import Sphinx
    except ImportError:
        raise SiteError(NEEDED) from None
    scripts = {"mermaid": library("mermaid") / "dist", "mathjax": library("mathjax") / "es5"}
    folder = folder.resolve()  # a link is followed, or what it leads to would not be emptied
    folder.mkdir(parents=True, exist_ok=True)
    warnings = io.StringIO()
    with TemporaryDirectory() as temporary:
        sources, static, pages = (Path(temporary, name) for name in ("sources", "static", "pages"))
        write_sources(course, sources)
        copy_files(course.root / "figures", sources / "figures")
        copy_files(HERE / "static", static)
        for name, files in scripts.items():
            copy_files(files, static / name)
        sphinx = Sphinx(
            sources, None, pages, Path(temporary, "doctrees"), "html", warningiserror=True,
            confoverrides=_settings(course, static), status=None, warning=warnings, freshenv=True,
        )  # fmt: skip
        sphinx.connect("html-page-context", _page_settings(course), priority=900)
        sphinx.build()
        if sphinx.statuscode:
            raise SiteError(f"Sphinx warns:\n{warnings.getvalue()}")
        for path in course.notebooks():  # the notebook itself is downloaded, not its copy for the site
            shutil.copyfile(path, pages / "_sources" / course.pages()[path])
        write_app(pages / "app")
        write_single_file(pages / "app" / "in_one_file.html", pages / "app")
        for template in (pages / "_static").glob("*webpack-macros.html"):  # the themes' own, no pages
            template.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        (folder / MARK).write_text(TITLE, encoding="utf-8")
        copy_files(pages, folder)
    return len(list(folder.rglob("*.html")))


def _is_a_site(folder: Path) -> bool:
    """Whether that is an earlier site alone, and no repository that holds one."""
    mark = folder / MARK
    return mark.is_file() and mark.read_bytes() == TITLE.encode() and not (folder / ".git").exists()


def _settings(course: Course, static: Path) -> dict[str, object]:
    """Sphinx's configuration."""
    return {
        "project": TITLE,
        "html_title": TITLE,
        "language": "en",
        "extensions": ["myst_nb", "sphinx.ext.mathjax"],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "myst_enable_extensions": ["dollarmath"],
        "myst_heading_anchors": 4,
        "pygments_style": "a11y-high-contrast-light",
        "mathjax_path": "mathjax/tex-svg.js",
        "html_theme": "sphinx_book_theme",
        "html_baseurl": public_address(course.repository) if course.repository else "",
        "html_static_path": [str(static)],
        "templates_path": [str(HERE / "templates")],
        "html_sidebars": {"**": ["home.html", "search-button-field.html", "sbt-sidebar-nav.html"]},
        "html_use_index": False,
        "html_favicon": str(APP / "icons" / "icon-192.png"),
        "html_css_files": ["course.css"],
        "html_js_files": ["course.js"],
        "html_copy_source": True,
        "html_sourcelink_suffix": "",
        "html_show_search_summary": False,  # it would fetch pages, which a browser refuses on a disk
        "html_context": {"default_mode": "auto"},
        "html_theme_options": {
            "navbar_persistent": [],  # the search field stands beside the pages already
            "pygments_light_style": "a11y-high-contrast-light",
            "pygments_dark_style": "a11y-high-contrast-dark",
            "navigation_with_keys": False,
            "use_download_button": True,
            "footer_content_items": ["extra-footer.html"],
            "extra_footer": f"<p>{LICENCES}</p>",
        },
    }


def _page_settings(course: Course) -> Callable[..., None]:
    """What differs from page to page: the buttons that open a notebook elsewhere, and mermaid's script."""
    sources = {page.with_suffix("").as_posix(): path for path, page in course.pages().items()}

    def settle(app, pagename: str, templatename: str, context: dict, doctree) -> None:
        path = sources.get(pagename)
        if course.repository and path and path.suffix == ".ipynb":
            places = addresses(course.repository, path, course.root)
            buttons = [{"type": "link", "text": name, "url": url} for name, url in places.items()]
            group = {"type": "group", "icon": "fas fa-rocket", "tooltip": "Open this notebook"}
            context["header_buttons"].insert(0, group | {"buttons": buttons})
        body = context.get("body", "")
        # The words on a fold are its name; a label beside them would hide them from screen readers.
        context["body"] = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
        if 'class="mermaid"' in body:
            app.add_js_file("mermaid/mermaid.min.js", priority=400)

    return settle
