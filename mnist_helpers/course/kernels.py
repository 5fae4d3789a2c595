"""Which Python executes the notebooks: the course's own, or one that another program has registered."""

import sys
from pathlib import Path
from typing import Any

import zmq.asyncio
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets import default

QUIET = ["--log-level=ERROR"]  # ipykernel's remarks on its transport are nothing for a learner
LANGUAGE = {  # what a kernel of Python says of itself, without the version that this machine happens to have
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class SafeKernel(AsyncKernelManager):
    """A kernel whose end nobody has to wait for.

    nbclient ends the ZeroMQ context that a kernel would have of its own, which waits until every socket in it
    is closed: for ever, if the heartbeat's thread opens one at that moment. So all kernels share one context
    that is never ended.
    """

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        return zmq.asyncio.Context.instance()


class OwnKernel(SafeKernel):
    """The kernel of this very Python, whatever another one has registered under the name python3."""

    @property
    def kernel_spec(self) -> KernelSpec:
        drawing = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # whatever was exported
        return KernelSpec(argv=get_kernel_dict()["argv"], language="python", env=drawing)


def run_cells(notebook: NotebookNode, timeout: int, folder: Path = Path(), **options: Any) -> None:
    """Execute the notebook in a fresh kernel of this Python that starts in `folder`; its outputs go into it.

    A cell may run for `timeout` seconds; `options` are nbclient's. Ctrl-C is KeyboardInterrupt, though
    nbclient stumbles over it.
    """
    usual: dict[str, Any] = {"kernel_manager_class": OwnKernel, "extra_arguments": QUIET}
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=timeout, resources=where, record_timing=False, **(usual | options)
    )
    try:
        client.execute()
    except Exception:
        if hasattr(client, "_async_cleanup_kernel_future"):  # a signal came, and the kernel was stopped
            raise KeyboardInterrupt from None
        raise


def foreign_kernel() -> tuple[Path, Path] | None:
    """Python and folder of the kernel that JupyterLab starts instead of this Python's; None if ours."""
    found = KernelSpecManager().get_kernel_spec(KERNEL["name"])
    python = Path(found.argv[0])
    if not python.is_absolute() or python.parent.resolve() == Path(sys.executable).parent.resolve():
        return None
    return python, Path(found.resource_dir)
