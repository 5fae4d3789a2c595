"""What a training leaves behind: loss and accuracy after every epoch, loss of every step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")  # one value per epoch each


@dataclass(frozen=True)
class History:
    """Mean loss (nats) and accuracy (share) on all images of a split after each epoch, and the time.

    `step_loss` is the loss of every batch, before the step that it led to. `interrupted` says that a person
    stopped the training: the epoch under way is missing here, but has left its traces in the model.
    """

    train_loss: tuple[float, ...] = ()
    train_accuracy: tuple[float, ...] = ()
    val_loss: tuple[float, ...] = ()
    val_accuracy: tuple[float, ...] = ()
    seconds: float = 0.0
    step_loss: tuple[float, ...] = field(default=(), repr=False)
    interrupted: bool = False

    @property
    def num_epochs(self) -> int:
        return len(self.train_loss)

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest validation loss, counted from 1."""
        return 1 + min(range(self.num_epochs), key=self.val_loss.__getitem__)

    def extended(self, measured: Sequence[float], step_loss: Sequence[float], seconds: float) -> "History":
        """This history with one more epoch: its four `CURVES`, the losses of its steps, the time so far."""
        news = zip(CURVES, measured, strict=True)
        curves: dict[str, Any] = {name: (*getattr(self, name), new) for name, new in news}
        return History(**curves, seconds=seconds, step_loss=(*self.step_loss, *step_loss))

    def completed(self) -> "History":
        """The history itself, for whom half a training is of no use; KeyboardInterrupt if it is one."""
        if self.interrupted:
            raise KeyboardInterrupt
        return self

    def epoch_line(self, num_epochs: int) -> str:
        """One line for the last finished epoch of `num_epochs`."""
        return (
            f"epoch {self.num_epochs:2d}/{num_epochs}   "
            f"training: loss {self.train_loss[-1]:.4f}, accuracy {self.train_accuracy[-1]:7.2%}   "
            f"validation: loss {self.val_loss[-1]:.4f}, accuracy {self.val_accuracy[-1]:7.2%}"
        )


class TrainingDivergedError(ArithmeticError):
    """The loss is no longer a number; `history` holds the epochs that went well."""

    def __init__(self, message: str, history: History):
        super().__init__(message)
        self.history = history
