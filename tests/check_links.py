"""Ask for every external link of the notebooks, Markdown files and docstrings: `python tests/check_links.py`.

Not a test, because it needs the network: a workflow runs it once a month. A link is dead if its host is not
found or answers 404 or 410; many sites refuse programs with 403 or 429, which proves nothing.
"""

import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

ROOT = Path(__file__).parents[1]
SUFFIXES = {".ipynb", ".md", ".py", ".toml", ".txt", ".yml", ".cff"}
LINK = re.compile(r"https?://(?:[^\s<>\"'`()\]}|\\]|\([^\s()]*\))+")
OWN = ("127.0.0.1", "localhost", "0.0.0.0", "example.org", "{", "192.168.", "YOUR-NAME", "ada.")


def links_of(text: str) -> list[str]:
    """The external links in a text, without the punctuation after them and without mere examples."""
    found = (link.rstrip(".,;:*_") for link in LINK.findall(text))
    return [link for link in found if not any(part in link for part in OWN) and "." in link.split("/")[2]]


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    """Each file with links for readers: of notebooks only the cells, because outputs hold pictures."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") and part != ".github" for part in parts)
        if path.suffix not in SUFFIXES or hidden or parts[0] in ("build", "tests"):
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        yield path.relative_to(root), text


def dead(link: str) -> str:
    """Why a link is dead; empty if it is not, or if nobody can tell."""
    try:
        answer = requests.get(
            link, timeout=30, stream=True, headers={"User-Agent": "Mozilla/5.0 (link check)"}
        )
    except requests.ConnectionError as error:
        return f"{type(error).__name__}"
    except requests.RequestException:
        return ""
    with answer:
        return str(answer.status_code) if answer.status_code in (404, 410) else ""


def main() -> int:
    """Print dead links with the files that have them; the status is 1 if there is one."""
    places: dict[str, list[Path]] = {}
    for path, text in texts(ROOT):
        for link in links_of(text):
            places.setdefault(link.partition("#")[0], []).append(path)
    with ThreadPoolExecutor(8) as pool:
        reasons = dict(zip(places, pool.map(dead, places), strict=True))
    for link, reason in reasons.items():
        if reason:
            print(f"{reason}  {link}  in {', '.join(map(str, dict.fromkeys(places[link])))}")
    print(f"{len(places)} links, {sum(map(bool, reasons.values()))} dead")
    return int(any(reasons.values()))


if __name__ == "__main__":
    sys.exit(main())
