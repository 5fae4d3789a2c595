"""Where the course is published on GitHub: the one source of OWNER/NAME for links, buttons and badges."""

import os
import re
import subprocess
from pathlib import Path

BRANCH = "main"  # what links into the repository name
PART = r"[A-Za-z0-9][\w.-]*"


class AddressError(ValueError):
    """What was given is no OWNER/NAME."""


def repository(option: str | None = None) -> str | None:
    """OWNER/NAME of the course on GitHub: `option`, else $GITHUB_REPOSITORY, else git's remote "origin".

    None if none of them tells; then there is nothing to link to. A fork needs no edit.

    Raises
    ------
    AddressError
        `option` or the variable is not OWNER/NAME.
    """
    for told, name in ((option, "--repository"), (os.environ.get("GITHUB_REPOSITORY"), "GITHUB_REPOSITORY")):
        if told:
            if not re.fullmatch(f"{PART}/{PART}", told):
                raise AddressError(f"{name} is {told!r}; name a repository on GitHub as OWNER/NAME")
            return told
    return on_github(_origin(Path(__file__).parents[2]))


def on_github(url: str) -> str | None:
    """OWNER/NAME from the URL of a git remote; None if it is not on github.com."""
    host = r"(?:\w+://)?(?:[^@/]+@)?github\.com(?::\d+/|[:/])"
    found = re.fullmatch(rf"{host}({PART}/{PART}?)(?:\.git)?/?", url)  # PART? leaves .git out
    return found[1] if found else None


def pages(name: str) -> str:
    """The address at which GitHub Pages shows the site of OWNER/NAME, with a slash at its end."""
    owner, _, project = name.partition("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if project.lower() == host else f"https://{host}/{project}/"


def _origin(root: Path) -> str:
    """The URL of the remote "origin", empty without one; another repository around `root` does not count."""
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(root.parent)}
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # git is not installed
        return ""
    return told.stdout.strip()
