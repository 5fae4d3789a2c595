from .augmentation import RandomAffine, RandomFlip, RandomPen, affine, change_pen
from .generated import NO_DIGIT, WithNone, add_generated, digit_probability, redraw
from .penalties import L1, L2, weight_matrices
from .schedules import cool_down, learning_rate_ramp, rates_of, warm_up

__all__ = [
    "L1",
    "L2",
    "NO_DIGIT",
    "RandomAffine",
    "RandomFlip",
    "RandomPen",
    "WithNone",
    "add_generated",
    "affine",
    "change_pen",
    "cool_down",
    "digit_probability",
    "learning_rate_ramp",
    "rates_of",
    "redraw",
    "warm_up",
    "weight_matrices",
]
