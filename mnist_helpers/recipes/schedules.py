"""Learning rates that change while a network trains: `Extras(schedule=partial(warm_up, share=0.1))`.

`train` calls a schedule as `schedule(optimizer, total_steps=steps)`, and steps it after every batch. Those
of `torch.optim.lr_scheduler` that take `total_steps` go as well: `partial(OneCycleLR, max_lr=0.01)`.
"""

import math
from collections.abc import Callable

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler


def learning_rate_ramp(
    optimizer: torch.optim.Optimizer, total_steps: int, lowest: float, highest: float
) -> LambdaLR:
    """From `lowest` in the first step to `highest` in the last, each step by the same factor.

    The ramp of a learning-rate range test (Smith, 2017, Cyclical Learning Rates for Training Neural
    Networks, https://arxiv.org/abs/1506.01186). It takes the place of the optimiser's own rate.

    Raises
    ------
    ValueError
        Not 0 < lowest < highest.
    """
    if not 0 < lowest < highest:
        raise ValueError(f"a ramp rises: 0 < lowest < highest, not {lowest} and {highest}")
    for group in optimizer.param_groups:
        group["lr"] = lowest
        group.pop("initial_lr", None)
    factor, last = highest / lowest, max(total_steps - 1, 1)
    return LambdaLR(optimizer, lambda step: factor ** (step / last))


def warm_up(optimizer: torch.optim.Optimizer, total_steps: int, share: float = 0.1) -> LambdaLR:
    """Straight up to the optimiser's rate over the first `share` of all steps, then constant.

    Raises
    ------
    ValueError
        Not 0 < share <= 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, not {share}")
    rising = max(round(share * total_steps), 1)
    return LambdaLR(optimizer, lambda step: min((step + 1) / rising, 1.0))


def cool_down(optimizer: torch.optim.Optimizer, total_steps: int) -> LambdaLR:
    """From the optimiser's rate in the first step down to 0 after the last, on half a cosine.

    Cosine annealing (Loshchilov and Hutter, 2017, SGDR, https://arxiv.org/abs/1608.03983), once and without
    a restart: torch's `CosineAnnealingLR`, with the name `total_steps` for its length.
    """
    return LambdaLR(optimizer, lambda step: (1 + math.cos(math.pi * step / total_steps)) / 2)


def rates_of(
    schedule: Callable[..., LRScheduler] | None, total_steps: int, learning_rate: float = 1e-3
) -> list[float]:
    """The learning rate of each of `total_steps` steps, without training anything."""
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=learning_rate)
    scheduler = schedule(optimizer, total_steps=total_steps) if schedule else None
    rates = []
    for _ in range(total_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return rates
