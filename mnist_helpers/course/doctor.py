"""Would the course run on this machine? One line per finding, and how to mend what is amiss."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

import torch
from nbformat.v4 import new_code_cell, new_notebook
from packaging.requirements import Requirement

from mnist_helpers.course.console import INSTALL_LAB
from mnist_helpers.course.kernels import KERNEL, SafeKernel, foreign_kernel, run_cells
from mnist_helpers.course.machine import available_memory
from mnist_helpers.course.runner import NotebookError, course_root
from mnist_helpers.data import MnistData, load_mnist
from mnist_helpers.devices import pick_device
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Split, Splits, preprocess
from mnist_helpers.storage import DataError, cache_dir, may_be_made, reason_of
from mnist_helpers.training import train

NEEDED_DISK, NEEDED_MEMORY = 1.0, 2.5  # GB: the cache, and the largest kernel (1.8), with a margin


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was seen, and, if it is amiss, a sentence on how to mend it."""

    name: str
    seen: str
    mend: str = ""
    stops_the_course: bool = False


def examine() -> Iterator[Finding]:
    """Look at everything the course needs, one finding after the other."""
    yield check_python()
    yield check_packages()
    yield check_notebooks()
    yield check_kernel()
    yield check_lab()
    yield check_disk()
    yield check_memory()
    device = check_device()
    yield device
    data, digits = check_data()
    yield data
    if digits is not None and not device.stops_the_course:
        yield check_training_step(digits)


def check_python() -> Finding:
    """Python's version against the oldest that the course supports."""
    old = sys.version_info < (3, 11)
    mend = "install Python 3.11 or newer, and set the course up with it" if old else ""
    return Finding("Python", sys.version.split()[0], mend, old)


def check_packages() -> Finding:
    """Installed versions against the ranges that the package asks for."""
    wrong = []
    requirements = [Requirement(line) for line in metadata.requires("mnist-helpers") or []]
    requirements = [r for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    for requirement in requirements:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version} does not satisfy {requirement.specifier}")
    if wrong:
        return Finding("packages", "; ".join(wrong), "run `pip install -c constraints.txt -e .` again", True)
    return Finding("packages", f"{len(requirements)} in their ranges")


def check_kernel() -> Finding:
    """Start the kernel that JupyterLab would start, and let it work out one cell that imports the package."""
    mend, seen = "", "starts, and imports the package"
    notebook = new_notebook(cells=[new_code_cell("import mnist_helpers")])
    try:
        if foreign := foreign_kernel():
            seen = f"JupyterLab would start {foreign[0]}"
            mend = f"remove {foreign[1]}, which another program made, or choose a kernel of {sys.executable}"
        run_cells(notebook, 120, kernel_name=KERNEL["name"], kernel_manager_class=SafeKernel)
    except Exception as error:  # whatever goes wrong in there, the kernel does not work
        reason = str(error).strip().splitlines()[-1]
        seen, mend = f"{seen}: {reason}" if mend else reason, mend or "install the course again"
        return Finding("Jupyter kernel", seen, mend, True)
    return Finding("Jupyter kernel", seen, mend)


def check_lab() -> Finding:
    """JupyterLab is an extra: the notebooks run in other front ends, too."""
    there = find_spec("jupyterlab") is not None
    seen = "installed" if there else "not installed; other front ends do as well"
    return Finding("JupyterLab", seen, "" if there else INSTALL_LAB)


def check_disk() -> Finding:
    """Free space where the data and the checkpoints go."""
    try:
        folder = cache_dir()
    except DataError as error:
        return Finding("disk", str(error), "unset MNIST_CACHE_DIR, or correct it", True)
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    free, mend = shutil.disk_usage(nearest).free / 1e9, ""
    if free < NEEDED_DISK:
        mend = f"free {NEEDED_DISK:g} GB, or point MNIST_CACHE_DIR to a larger disk"
    if not may_be_made(folder):
        mend = "point MNIST_CACHE_DIR to a folder that you may write to"
    return Finding("disk", f"{free:.1f} GB free for the cache", mend)


def check_memory() -> Finding:
    """Memory that is available now, in a container to the container, against what one kernel takes."""
    available = available_memory() / 1e9
    mend = "" if available >= NEEDED_MEMORY else "close other programs and notebooks"
    return Finding("memory", f"{available:.1f} GB available", mend)


def check_notebooks() -> Finding:
    """Whether the notebooks are there: the package can be installed without them."""
    try:
        return Finding("notebooks", f"in {course_root()}")
    except NotebookError as error:
        return Finding("notebooks", "not here", str(error), True)


def check_device() -> Finding:
    """The device that trainings take by themselves, and whether it can add: some drivers promise too much."""
    device = pick_device()
    try:
        works = (torch.ones(2, device=device) + 1).tolist() == [2, 2]
        reason = "1 + 1 is not 2 on it"
    except Exception as error:  # whatever a driver says
        works, reason = False, reason_of(error)
    if works:
        return Finding("device", str(device))
    hide = "set CUDA_VISIBLE_DEVICES to -1" if device.type == "cuda" else "update torch"
    mend = f"repair the driver, or use the CPU: {hide}, or call train(..., device='cpu')"
    return Finding("device", f"{device} is there, but does not work ({reason})", mend, True)


def check_data() -> tuple[Finding, MnistData | None]:
    """Find or fetch the data; `load_mnist` verifies their checksums."""
    try:
        data = load_mnist()
    except DataError as error:
        return Finding("data", str(error), "replace the file, or unset MNIST_DATA_DIR", True), None
    if data.source.is_mnist:
        return Finding("data", f"{data.source}; checksums verified"), data
    mend = "the course runs on these; for MNIST, connect to the network or set MNIST_DATA_DIR"
    return Finding("data", str(data.source), mend), data


def check_training_step(data: MnistData) -> Finding:
    """Train a fresh model for one epoch on 1,000 images, and see that its loss falls."""
    splits = preprocess(data)
    few = Splits(Split(splits.train.images[:1000], splits.train.labels[:1000]), splits.val, splits.test)
    model = MLP(generator=torch.Generator().manual_seed(0))
    history = train(model, few, num_epochs=1, progress=False).completed()
    seen = f"loss {history.train_loss[0]:.2f} after one epoch on 1,000 images ({history.seconds:.1f} s)"
    falls = history.train_loss[0] < 2.0  # an untrained model starts from ln 10 = 2.30
    return Finding("training", seen, "" if falls else "reinstall torch: its arithmetic is off", not falls)


def report(findings: Iterator[Finding]) -> bool:
    """Print the findings as they come; returns whether the course would run."""
    runs = True
    for finding in findings:
        mark = "✗" if finding.stops_the_course else "!" if finding.mend else "✓"
        print(f"{mark} {finding.name:<15} {finding.seen}")
        if finding.mend:
            print(f"{'':18}→ {finding.mend}")
        runs = runs and not finding.stops_the_course
    verdict = "runs here." if runs else "would not run here: mend the lines marked ✗ first."
    print(f"\nThe course {verdict}")
    return runs
