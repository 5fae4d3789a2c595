"""The monthly check of external links: what it takes for a link, and which links it calls dead."""

from check_links import ROOT, dead, links_of, texts


def test_links_end_where_a_reader_would_end_them():
    text = (
        "See [the paper](https://doi.org/10.1109/5.726791), <https://pytorch.org>. "
        'Or https://a.io/Set_(maths), and "https://semver.org"; '
        "`http://127.0.0.1:8010/` and https://YOUR-NAME.github.io/x are examples."
    )
    assert links_of(text) == [
        "https://doi.org/10.1109/5.726791",
        "https://pytorch.org",
        "https://a.io/Set_(maths)",
        "https://semver.org",
    ]


def test_a_link_is_dead_if_nobody_is_there_or_the_page_is_not(server):
    server.serve("here", {"page": b"words"})
    assert dead(f"{server.address}/here/page") == ""
    assert dead(f"{server.address}/here/gone") == "404"
    assert dead("http://127.0.0.1:9/") == "ConnectionError"


def test_pages_and_notebooks_are_looked_through_and_pictures_are_not():
    found = {path.as_posix(): text for path, text in texts(ROOT)}
    page = "notebooks/01_data_loading_and_exploration.ipynb"
    assert {"README.md", page, "mnist_helpers/data.py"} <= set(found)
    assert "iVBORw" not in found[page]
