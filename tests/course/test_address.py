"""One source of the course's public address."""

import subprocess

import pytest

from mnist_helpers.course import address

ORIGIN = address._origin


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    monkeypatch.setattr(address, "_origin", lambda root: "")


def test_the_option_comes_before_the_variable_and_the_variable_before_git(monkeypatch):
    assert address.repository() is None
    monkeypatch.setattr(address, "_origin", lambda root: "git@github.com:from/git.git")
    assert address.repository() == "from/git"
    monkeypatch.setenv("GITHUB_REPOSITORY", "from/variable")
    assert address.repository() == "from/variable"
    assert address.repository("from/option") == "from/option"


@pytest.mark.parametrize("option", ["course", "a/b/c", "https://github.com/a/b", "a b/c", "a/", "../x"])
def test_an_option_that_is_no_owner_and_name_gets_one_sentence(option):
    with pytest.raises(address.AddressError, match=r"--repository .*OWNER/NAME"):
        address.repository(option)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/ada/digits", "ada/digits"),
        ("https://github.com/ada/digits.git", "ada/digits"),
        ("https://github.com/ada/digits/", "ada/digits"),
        ("https://name:word@github.com/ada/digits.git", "ada/digits"),
        ("git@github.com:ada/digits.git", "ada/digits"),
        ("ssh://git@github.com/ada/digits.git", "ada/digits"),
        ("ssh://git@github.com:22/ada/digits.git", "ada/digits"),
        ("https://github.com/ada/my.digits.git", "ada/my.digits"),
        ("https://gitlab.com/ada/digits.git", None),
        ("https://notgithub.com/ada/digits", None),
        ("https://example.org/github.com/ada/digits", None),
        ("/somewhere/digits.git", None),
        ("", None),
    ],
)
def test_a_remote_on_github_tells_owner_and_name(url, name):
    assert address.on_github(url) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada/digits", "https://ada.github.io/digits/"),
        ("Ada/ada.github.io", "https://ada.github.io/"),
    ],
)
def test_pages_have_their_owners_host(name, expected):
    assert address.pages(name) == expected


def test_a_repository_around_the_course_does_not_count(tmp_path):
    (tmp_path / "course").mkdir()
    for command in (["init", "--quiet"], ["remote", "add", "origin", "https://github.com/ada/thesis"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert ORIGIN(tmp_path) == "https://github.com/ada/thesis"
    assert ORIGIN(tmp_path / "course") == ""
