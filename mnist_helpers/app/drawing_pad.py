"""A drawing pad in the notebook, answered by the learner's own model while she draws."""

from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets
from torch import Tensor, nn

from mnist_helpers.app.bundle import bundle
from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.model import predict_proba

WIDGET = Path(__file__).parent / "widget"
WITHOUT_WIDGETS = (
    "<i>A drawing pad: run this cell in JupyterLab to draw a digit and watch the model read it.</i>"
)


class DrawingPad(anywidget.AnyWidget):
    """Draw a digit, and see the model's ten probabilities move with every piece of a stroke.

    The browser brings the drawing into MNIST's frame, as the course's app does; the model, living in this
    kernel, is asked about the 28×28 pixels. So what it has learnt since is in the next answer.

    Parameters
    ----------
    model : maps float32 images of shape (n, 784) to logits of shape (n, 10).
    """

    _esm = bundle(WIDGET / "widget.js")
    _css = (WIDGET / "widget.css").read_text(encoding="utf-8")

    image = traitlets.CBytes(help="784 grey levels, 0 = black; nothing while the canvas is empty.").tag(
        sync=True
    )
    probabilities = traitlets.List(traitlets.Float(), help="One per digit, or none.").tag(sync=True)

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model
        self.observe(self._answer, "image")

    @property
    def pixels(self) -> Tensor | None:
        """What the model sees: float32 Tensor of shape (1, 784) in [0, 1]; None while nothing is drawn."""
        if len(self.image) != IMAGE_SIZE**2:
            return None
        return torch.frombuffer(bytearray(self.image), dtype=torch.uint8)[None] / 255

    def _answer(self, change: object = None) -> None:
        pixels = self.pixels
        self.probabilities = [] if pixels is None else predict_proba(self.model, pixels)[0].tolist()

    _ipython_display_ = None  # with ipywidgets 7, as on Colab, it would be asked instead of the next

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict, dict]:
        """Where there are no widgets, as on a web page, a sentence stands in the pad's place."""
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        return {**data, "text/plain": "DrawingPad", "text/html": WITHOUT_WIDGETS}, metadata
