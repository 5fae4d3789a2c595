from .keys import describe, fingerprint, key_of
from .results import ResultsFile
from .run import STORED, Budget, Experiments, chosen_budget
from .significance import mcnemar
from .tables import last_epochs, mean_and_spread
from .trials import Trial

__all__ = [
    "STORED",
    "Budget",
    "Experiments",
    "ResultsFile",
    "Trial",
    "chosen_budget",
    "describe",
    "fingerprint",
    "key_of",
    "last_epochs",
    "mcnemar",
    "mean_and_spread",
]
