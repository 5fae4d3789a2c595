"""An executed notebook as one HTML page that anybody can read: with the eyes, or with the ears."""

import re
from pathlib import Path

from nbconvert import HTMLExporter
from nbformat import NotebookNode

# JupyterLab's page, with the alt texts of the figures and with enough contrast.
TEMPLATE = """\
{%- extends 'lab/index.html.j2' -%}
{%- macro picture(output, kind, base64) -%}
{%- set alt = output | get_metadata('alt', kind) -%}
<div class="jp-RenderedImage jp-OutputArea-output">
<img src="data:{{ kind }};base64,{{ base64 }}"{% if alt %} alt="{{ alt | escape_html }}"{% endif %}>
</div>
{%- endmacro -%}
{% block data_png scoped %}
{{ picture(output, 'image/png', output.data['image/png']) }}
{% endblock %}
{% block data_jpg scoped %}
{{ picture(output, 'image/jpeg', output.data['image/jpeg']) }}
{% endblock %}
{% block data_svg scoped %}
{{ picture(output, 'image/svg+xml', output.data['image/svg+xml'] | text_base64) }}
{% endblock %}
"""
STYLE = """
<style>
:root {
  --jp-mirror-editor-comment-color: #2f6666;
  --jp-mirror-editor-number-color: #006400;
  --jp-mirror-editor-operator-color: #7a00cc;
}
.jp-InputPrompt, .jp-OutputPrompt { color: #555555 !important; opacity: 1 !important; }
.jp-RenderedHTMLCommon a { text-decoration: underline !important; }
</style>
"""
# Flowcharts are drawn by a script from the network. Until it has come, and without it, their text is shown.
UNDRAWN = ".jp-Mermaid:not(.jp-RenderedMermaid) {\n    display: none;"


def to_html(notebook: NotebookNode, folder: Path, name: str) -> str:
    """The page of a notebook that lies in `folder`; links to the other steps lead to their pages."""
    exporter = HTMLExporter(embed_images=True, raw_template=TEMPLATE)
    about = {"name": name, "path": str(folder)}
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": about})
    page = page.replace(UNDRAWN, UNDRAWN.replace("none", "block"))
    page = without_empty_headings(page).replace("</head>", f"{STYLE}</head>", 1)  # after JupyterLab's own
    return re.sub(r'href="(0[1-6]_\w+)\.ipynb"', r'href="\1.html"', page)


def without_empty_headings(page: str) -> str:
    """HTML in which the empty corner of a table is no heading, which a reader would hear in every row."""
    return re.sub(r"<th([^>]*)>\s*(?:&nbsp;)?\s*</th>", r"<td\1></td>", page)
