"""A drawing pad whose model learns: after a wrong answer its user taps the right digit."""

import torch
import traitlets
from torch import nn

from mnist_helpers.app.drawing_pad import DrawingPad
from mnist_helpers.app.teaching import control_digits, rehearsal_digits, teach
from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.model import predict_proba
from mnist_helpers.preprocessing import Split

NO_DRAWINGS = Split(torch.zeros(0, IMAGE_SIZE**2), torch.zeros(0, dtype=torch.int64))


class TeachingPad(DrawingPad):
    """Draw a digit, tap the right one after a wrong answer, and the model learns how you write it.

    Attributes
    ----------
    drawings : images of shape (n, 784) and digits of shape (n,), all that were corrected so far.
    model : what answers: the model that was given, or what it became by `teach`. The given one stays
        as it is, in `untaught`.

    Raises
    ------
    ExportError
        The model has a part that `teach` cannot compute.
    """

    learns = traitlets.Bool(True).tag(sync=True)
    lesson = traitlets.Dict(help="What the latest lesson changed.").tag(sync=True)

    def __init__(self, model: nn.Module):
        teach(model, control_digits(), None)  # or a first tap would wait seconds for what torch loads then
        super().__init__(model)
        self.untaught, self.drawings = model, NO_DRAWINGS
        self.on_msg(lambda _, wish, buffers: self._hear(wish))

    def teach(self, digit: int) -> None:
        """Learn that the present drawing shows this digit, as a tap does."""
        if self.pixels is None:
            self._say("Draw a digit first, then tap which one it is.")
            return
        earlier, others = self.drawings, control_digits()
        if len(earlier) and torch.equal(earlier.images[-1:], self.pixels):  # tapped again: the latest counts
            earlier = Split(earlier.images[:-1], earlier.labels[:-1])
        before = predict_proba(self.model, self.pixels)[0, digit].item()
        images, labels = torch.cat([earlier.images, self.pixels]), [*earlier.labels.tolist(), digit]
        self._learn(Split(images, torch.tensor(labels)))
        right = [
            (predict_proba(model, others.images).argmax(1) == others.labels).sum().item()
            for model in (self.untaught, self.model)
        ]
        self.lesson = {
            "count": len(self.drawings),
            "drawing": {"digit": digit, "before": before, "after": self.probabilities[digit]},
            "others": {"total": len(others), "before": right[0], "after": right[1]},
        }

    def _say(self, sentence: str) -> None:
        self.lesson = {"count": len(self.drawings), "sentence": sentence}

    def _learn(self, drawings: Split) -> None:
        self.drawings = drawings
        self.model = teach(self.untaught, drawings, rehearsal_digits()) if len(drawings) else self.untaught
        self._answer()

    def _hear(self, wish: dict) -> None:
        """What the page asks for."""
        match wish:
            case {"teach": int(digit)} if digit in range(10) and digit is not True:
                self.teach(digit)
            case {"unlearn": True}:
                self._learn(Split(self.drawings.images[:-1], self.drawings.labels[:-1]))
                self._say("The latest one is taken back.")
            case {"forget": True}:
                self._learn(NO_DRAWINGS)
                self._say("All forgotten: the model is as it came.")
