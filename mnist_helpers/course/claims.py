"""What a page says, checked: the folded last cell of every notebook states its claims with this."""

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from mnist_helpers.data import Source

RECORD = "MNIST_CLAIMS"  # names the file that a run's claims are added to; then none of them stops the run


class ClaimError(AssertionError):
    """A page says what is not so; the message quotes it."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a page, quoted, and what was measured.

    A law has neither bound: its value is 1 where it holds, else 0.
    """

    quote: str
    value: float
    above: float | None = None
    below: float | None = None

    @property
    def is_law(self) -> bool:
        return self.above is None and self.below is None

    @property
    def holds(self) -> bool:
        if self.is_law:
            return self.value == 1
        above = -math.inf if self.above is None else self.above
        return above < self.value < (math.inf if self.below is None else self.below)

    def __str__(self) -> str:
        if self.is_law:
            return f"“{self.quote}” is not so"
        bounds = {"above": self.above, "below": self.below}
        told = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
        return f"“{self.quote}” promises {told}, measured {self.value:.6g}"


class Claims:
    """The claims of one page.

    Parameters
    ----------
    source : where the digits came from, as in `MnistData.source`. Regularities speak of MNIST, and are not
        judged on other digits.
    """

    def __init__(self, source: Source):
        self._on_mnist = source.is_mnist
        self._claims: list[Claim] = []

    def law(self, quote: str, holds: object) -> None:
        """State what is true on every run; `quote` is the page's own words, and " … " leaves some out."""
        self._claims.append(Claim(quote, float(bool(holds))))

    def regularity(
        self, quote: str, value: float, *, above: float | None = None, below: float | None = None
    ) -> None:
        """State what is true for every seed and machine: `value` lies above and below the bounds given.

        `make claims` measures the values' spread, and how far the bounds stand from them.
        """
        if above is None and below is None:
            raise TypeError("a regularity needs a bound: above=, below= or both")
        if self._on_mnist:
            plain = value.detach() if hasattr(value, "detach") else value  # a loss has a gradient
            self._claims.append(Claim(quote, float(plain), above, below))

    def verdict(self) -> None:
        """Print how many claims hold.

        Raises
        ------
        ClaimError
            Some do not; each is quoted with what was measured.
        """
        if path := os.environ.get(RECORD):
            with Path(path).open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(claim)) + "\n" for claim in self._claims)
        elif false := [str(claim) for claim in self._claims if not claim.holds]:
            raise ClaimError("; ".join(false))
        laws = sum(claim.is_law for claim in self._claims)
        print(f"This page's claims were checked: {laws} laws, {len(self._claims) - laws} regularities.")
