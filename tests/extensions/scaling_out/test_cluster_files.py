"""The file for Slurm is sound, as far as this can be said without a cluster."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from conftest import ROOT
from typer.testing import CliRunner

from mnist_helpers.extensions.scaling_out import __main__ as command_line

SBATCH = ROOT / "notebooks" / "extensions" / "scaling_out" / "train.sbatch"


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


def test_the_command_takes_the_arguments(monkeypatch):
    command = SBATCH.read_text(encoding="utf-8").partition("-m mnist_helpers.extensions.scaling_out ")[2]
    arguments, taken = command.replace('"', "").split(), []
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
