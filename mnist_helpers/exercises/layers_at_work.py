"""What the layers of a learner's network do to many images, and whether anything bends between two."""

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class LayersAtWork(TorchFunctionMode):
    """Notes what goes into and comes out of each layer: a function of all images and a parameter matrix.

    `used` has a pair for each, (n, …) tensors of the `num_images`, while a network computes within the block.
    """

    def __init__(self, network: nn.Module, num_images: int):
        super().__init__()
        self.num_images = num_images
        self.matrices = {p.untyped_storage().data_ptr() for p in network.parameters() if p.ndim > 1}
        self.used: list[tuple[Tensor, Tensor]] = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **kwargs or {})
        tensors = [value for value in (*args, *(kwargs or {}).values()) if isinstance(value, Tensor)]
        weights = [t for t in tensors if t.untyped_storage().data_ptr() in self.matrices]
        images = [t for t in tensors if self.num_images in t.shape]
        if weights and images and isinstance(result, Tensor) and self.num_images in result.shape:
            # Images first, unlike in `weight @ images.T`; copies, because an activation may work in place.
            pair = (t if len(t) == self.num_images else t.mT for t in (images[0], result))
            self.used.append(tuple(t.clone() for t in pair))
        return result


def bends(before: Tensor, after: Tensor) -> bool:
    """Whether `after` is no linear function of `before`, plus a constant, over many images: (n, …) each."""
    before, after = (tensor.flatten(1).double() for tensor in (before, after))
    before = torch.cat([before, torch.ones(len(before), 1, dtype=torch.float64)], dim=1)
    residual = after - before @ torch.linalg.lstsq(before, after).solution
    return bool(residual.abs().max() > 1e-4 * after.abs().max())
