from .augmentation import RandomAffine, RandomElastic, RandomFlip, RandomPen, affine, change_pen
from .generated import add_generated, redraw
from .penalties import L1, L2, weight_matrices
from .schedules import cool_down, learning_rate_ramp, rates_of, warm_up

__all__ = [
    "L1",
    "L2",
    "RandomAffine",
    "RandomElastic",
    "RandomFlip",
    "RandomPen",
    "add_generated",
    "affine",
    "change_pen",
    "cool_down",
    "learning_rate_ramp",
    "rates_of",
    "redraw",
    "warm_up",
    "weight_matrices",
]
