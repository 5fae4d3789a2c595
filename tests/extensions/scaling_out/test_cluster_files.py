"""The files for clusters are sound, as far as this can be said without a cluster."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml
from conftest import ROOT
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from mnist_helpers.extensions.scaling_out import __main__ as command_line

FOLDER = ROOT / "notebooks" / "extensions" / "scaling_out"
SBATCH = FOLDER / "train.sbatch"
CLAIM, JOB = yaml.safe_load_all((FOLDER / "train-job.yaml").read_text(encoding="utf-8"))
SCHEMA = json.loads((ROOT / "tests" / "schemas" / "trainjob.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(sys.platform == "win32", reason="bash is not at home on Windows")
def test_bash_can_read_the_script():
    subprocess.run(["bash", "-n", str(SBATCH)], check=True)


def test_shellcheck_finds_nothing_in_the_script():
    shellcheck = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which(
        "shellcheck"
    )
    assert shellcheck, "install the extra dev: it brings shellcheck"
    result = subprocess.run([shellcheck, str(SBATCH)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_every_option_for_slurm_stands_before_the_first_command():
    lines = SBATCH.read_text(encoding="utf-8").splitlines()
    first_command = next(n for n, line in enumerate(lines) if line and not line.startswith("#"))
    options = [n for n, line in enumerate(lines) if line.startswith("#SBATCH")]
    assert len(options) >= 5
    assert max(options) < first_command  # Slurm reads none after it
    for n in options:
        assert re.fullmatch(r"#SBATCH --[a-z-]+(=\S+)?", lines[n])


def script_arguments() -> list[str]:
    command = SBATCH.read_text(encoding="utf-8").partition("-m mnist_helpers.extensions.scaling_out ")[2]
    return command.replace('"', "").split()


@pytest.mark.parametrize(
    "arguments", [script_arguments(), JOB["spec"]["trainer"]["args"][2:]], ids=["Slurm", "Kubernetes"]
)
def test_the_command_takes_the_arguments(arguments, monkeypatch):
    taken = []
    app = typer.Typer()
    app.command()(command_line.main)

    def nobody(timeout: float):
        taken.append(timeout)
        raise command_line.RendezvousError("this is as far as the test goes")

    monkeypatch.setattr(command_line, "joined", nobody)
    result = CliRunner().invoke(app, arguments)
    assert "this is as far" in str(result.exception or result.output), result.output
    assert taken == [120]


def test_torchrun_takes_the_scripts_options():
    from torch.distributed.run import get_args_parser

    known = {option for action in get_args_parser()._actions for option in action.option_strings}
    command = SBATCH.read_text(encoding="utf-8").partition("srun torchrun")[2].partition("-m mnist")[0]
    used = re.findall(r"--[a-z-]+", command)
    assert len(used) == 6
    assert set(used) <= known


def test_the_job_is_as_its_schema_wants():
    assert list(Draft202012Validator(SCHEMA).iter_errors(JOB)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda job: job["spec"]["trainer"].update(nodes=4),
        lambda job: job["spec"]["trainer"].update(numNodes="4"),
        lambda job: job["spec"]["trainer"]["env"].append({"name": "A", "value": 1}),
        lambda job: job["spec"].pop("runtimeRef"),
        lambda job: job.update(apiVersion="kubeflow.org/v1"),
    ],
)
def test_the_schema_refuses_what_the_cluster_would_refuse(change):
    job = json.loads(json.dumps(JOB))
    change(job)
    assert list(Draft202012Validator(SCHEMA).iter_errors(job))


def test_the_state_lies_on_the_volume_that_all_pods_share():
    patch = JOB["spec"]["runtimePatches"][0]["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"][0]
    pod = patch["template"]["spec"]["template"]["spec"]
    (volume,), (mount,) = pod["volumes"], pod["containers"][0]["volumeMounts"]
    assert volume["persistentVolumeClaim"]["claimName"] == CLAIM["metadata"]["name"]
    assert CLAIM["spec"]["accessModes"] == ["ReadWriteMany"]
    assert volume["name"] == mount["name"]
    arguments = JOB["spec"]["trainer"]["args"]
    assert arguments[arguments.index("--checkpoint") + 1].startswith(mount["mountPath"] + "/")
