"""Where a notebook opens with one click, without an installation: Google Colab, Kaggle and Binder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import nbformat

from mnist_helpers.course.address import BRANCH
from mnist_helpers.course.site.pages import Course

COPIES = "launch"  # the branch on which the workflow publishes the copies


@dataclass(frozen=True)
class FrontEnd:
    """A web page that runs notebooks.

    `opens` is its address for a notebook on GitHub, `folded` the metadata that hide a cell there, `solution`
    the first line of such a cell, and `advice` what to do before the first cell.
    """

    title: str
    opens: str
    badge: str
    folded: Mapping[str, object] = field(default_factory=dict)
    solution: str = "# Solution"
    advice: str = ""

    def address(self, repository: str, branch: str, path: str) -> str:
        """Where the notebook at `path` of a branch of OWNER/NAME opens."""
        return self.opens.format(repository=repository, branch=branch, path=quote(path))


FRONT_ENDS = {
    "colab": FrontEnd(
        title="Colab",
        opens="https://colab.research.google.com/github/{repository}/blob/{branch}/{path}",
        badge="https://colab.research.google.com/assets/colab-badge.svg",
        folded={"cellView": "form"},
        solution="# @title Solution",  # the name of the folded cell
        advice="Colab asks whether you trust the notebook: it comes from the course, not from Google.",
    ),
    "kaggle": FrontEnd(
        title="Kaggle",
        opens="https://www.kaggle.com/kernels/welcome?src=https://github.com/{repository}/blob/{branch}/{path}",
        badge="https://kaggle.com/static/images/open-in-kaggle.svg",
        folded={"_kg_hide-input": True, "_kg_hide-output": True},
        advice="On Kaggle, first switch on *Internet* in the settings of the notebook.",
    ),
}
BINDER = FrontEnd(
    title="Binder",
    opens="https://mybinder.org/v2/gh/{repository}/{branch}?labpath={path}",
    badge="https://mybinder.org/badge_logo.svg",
)

LAUNCH = """\
# Open a notebook with one click

A badge opens its notebook in your browser, with nothing to install. Colab and Kaggle need an account; there,
run the first code cell before all others. Binder needs none, and takes several minutes to start.

{rows}

This page and the copies beside it are made from the
[course](https://github.com/{repository}/tree/{branch}) by a program: change the notebooks there.
"""


def addresses(repository: str, page: Path, root: Path) -> dict[str, str]:
    """Where a notebook of the clone `root` opens with one click, by the name of the front end."""
    place = page.relative_to(root / "notebooks").as_posix()
    hosted = {
        front_end.title: front_end.address(repository, COPIES, f"{kind}/{place}")
        for kind, front_end in FRONT_ENDS.items()
    }
    return hosted | {BINDER.title: BINDER.address(repository, BRANCH, f"notebooks/{place}")}


def launch_page(repository: str, root: Path) -> str:
    """A page in Markdown with a badge for every notebook of the clone `root` and every front end.

    It is published beside the copies, so that the README can lead to it in every fork without an edit.
    """
    front_ends = (*FRONT_ENDS.values(), BINDER)
    rows = ["| Notebook |" + " |" * len(front_ends), "| --- |" + " --- |" * len(front_ends)]
    for page in Course(root).notebooks():
        title = nbformat.read(page, as_version=4).cells[0].source.partition("\n")[0].removeprefix("# ")
        told = addresses(repository, page, root)
        badges = [f"[![Open in {each.title}]({each.badge})]({told[each.title]})" for each in front_ends]
        rows.append(" | ".join([f"| {title}", *badges]) + " |")
    return LAUNCH.format(repository=repository, branch=BRANCH, rows="\n".join(rows))
