"""Photograph the notebooks' flowcharts for figures/, for front ends that draw none (needs Chromium, npm).

    npm pack mermaid && tar --extract --file mermaid-*.tgz package/dist/mermaid.min.js
    python tests/benchmarks/flowchart_figures.py package/dist/mermaid.min.js

A picture is named after its chart's title, and keeps the chart's text: a test tells when it is out of date.
"""

import html
import io
import sys
from pathlib import Path

import nbformat
from PIL import Image, PngImagePlugin
from playwright.sync_api import sync_playwright

from mnist_helpers.course.copies import FLOWCHART, notebooks_below
from mnist_helpers.course.hosted import flowchart_picture

ROOT = Path(__file__).parents[2]
PAGE = '<style>body {{ margin: 0; width: 760px }}</style><pre class="mermaid">{chart}</pre>'


def main(mermaid: Path) -> None:
    """Draw every flowchart of the notebooks with the mermaid script at the path `mermaid`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(device_scale_factor=1.5)
        for path in notebooks_below(ROOT / "notebooks"):
            for cell in nbformat.read(path, as_version=4).cells:
                for chart in FLOWCHART.findall(cell.source):
                    page.set_content(PAGE.format(chart=html.escape(chart, quote=False)))
                    page.add_script_tag(path=mermaid)
                    page.evaluate("mermaid.initialize({theme: 'neutral'}); mermaid.run()")
                    picture = Image.open(io.BytesIO(page.locator(".mermaid svg").screenshot()))
                    about = PngImagePlugin.PngInfo()
                    about.add_itxt("flowchart", chart)
                    target = ROOT / "figures" / flowchart_picture(chart)
                    picture.convert("L").quantize(32).save(target, optimize=True, pnginfo=about)
                    print(target.name, picture.size)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
