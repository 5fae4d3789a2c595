"""The course's recipe as fast as one processor core goes: no autograd, and no new memory in a step."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_helpers.devices import cpu_threads, flushed_denormals
from mnist_helpers.model import MLP
from mnist_helpers.preprocessing import Split


def _views(vector: Tensor, arrays: list[Tensor]) -> list[Tensor]:
    """The vector cut up, each part in the shape of its array: the same memory, seen another way."""
    parts = vector.split([array.numel() for array in arrays])
    return [part.view_as(array) for part, array in zip(parts, arrays, strict=True)]


class FlatTraining:
    """Trains an `MLP` with cross-entropy and Adam on the CPU: a call of `epoch` per epoch.

    All parameters move into one long vector, and the model's layers become views of it. So Adam takes one
    step for all of them, and the model has what was learnt at once.
    """

    def __init__(self, model: MLP, learning_rate: float = 1e-3):
        arrays = [parameter.detach() for parameter in model.parameters()]
        self.values = torch.cat([array.flatten() for array in arrays])  # (109386,)
        self.slopes, self.averages, self.squares = (torch.zeros_like(self.values) for _ in range(3))
        self.layers, self.layer_slopes = (_views(vector, arrays) for vector in (self.values, self.slopes))
        for parameter, view in zip(model.parameters(), self.layers, strict=True):
            parameter.data = view
        self.steps, self.learning_rate = torch.zeros(()), learning_rate

    @torch.no_grad()
    def epoch(self, split: Split, batch_size: int, generator: torch.Generator) -> None:
        """Take a step for every batch of `split`, shuffled."""
        batches = torch.randperm(len(split), generator=generator).split(batch_size)
        targets = F.one_hot(split.labels, 10).float()  # (n,) -> (n, 10)
        widths = (784, 10, 128, 64, 10, 64, 128)
        room = {size: [torch.empty(size, width) for width in widths] for size in set(map(len, batches))}
        with cpu_threads(1), flushed_denormals():
            for chosen in batches:
                self._step(split.images, targets, chosen, *room[len(chosen)])

    def _step(self, images, targets, chosen, x, y, a1, a2, p, s2, s1):
        w1, b1, w2, b2, w3, b3 = self.layers
        dw1, db1, dw2, db2, dw3, db3 = self.layer_slopes
        torch.index_select(images, 0, chosen, out=x)
        torch.index_select(targets, 0, chosen, out=y)

        torch.addmm(b1, x, w1.T, out=a1).relu_()  # x @ w1.T + b1, and ReLU
        torch.addmm(b2, a1, w2.T, out=a2).relu_()
        torch.addmm(b3, a2, w3.T, out=p)
        torch.softmax(p, 1, out=p)

        s3 = p.sub_(y).mul_(1 / len(chosen))  # probability minus truth
        torch.mm(s3.T, a2, out=dw3)
        torch.sum(s3, 0, out=db3)
        torch.mm(s3, w3, out=s2).mul_(a2.sign_())  # the gates: 1 where a unit was on, else 0
        torch.mm(s2.T, a1, out=dw2)
        torch.sum(s2, 0, out=db2)
        torch.mm(s2, w2, out=s1).mul_(a1.sign_())
        torch.mm(s1.T, x, out=dw1)
        torch.sum(s1, 0, out=db1)

        self.steps += 1
        torch._fused_adam_(  # what torch.optim.Adam(fused=True) calls in the end
            [self.values], [self.slopes], [self.averages], [self.squares], [], [self.steps],
            lr=self.learning_rate, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0, amsgrad=False,
            maximize=False,
        )  # fmt: skip
