"""Checkers of notebooks/extensions/web_and_mobile_app.ipynb."""

import math
import random
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mnist_helpers.checks import IMAGE_SIZE
from mnist_helpers.digits import BOX_SIZE
from mnist_helpers.exercises.feedback import Hint, call, checker, number

# ------------------------------------------------------------------ where the arrays lie in the file

FLOAT32_BYTES = 4


@checker("Return a list with one place per array, and the bytes of all arrays together.")
def check_lay_out(lay_out: Callable[[list], tuple[Sequence[int], int]]) -> str:
    """A function from the shapes of arrays to the places of their first values and the file's length."""
    for _ in range(3):
        shapes = _random_shapes()
        given = [list(shape) for shape in shapes]
        result = call(lay_out, given, missing="Return two things: the places, and the bytes.")
        try:
            places, length = result
            places = [number(place) for place in places]
        except (TypeError, ValueError):
            raise Hint("Two things are wanted.", "End with `return places, num_bytes`.") from None
        _check_places(shapes, places)
        _check_length(shapes, number(length))
    return "Places and length agree, for three sets of arrays made up on the spot."


def _random_shapes() -> list[tuple[int, ...]]:
    """Shapes of three to five arrays, of one to four axes; products differ from sums."""
    return [
        tuple(random.randint(3, 12) for _ in range(axes))
        for axes in [2, 1, *random.choices([1, 2, 4], k=random.randint(1, 3))]
    ]


def _check_places(shapes: list[tuple[int, ...]], places: list[float]) -> None:
    counts = [math.prod(shape) for shape in shapes]
    ends = np.cumsum(counts).tolist()
    expected = [0, *ends[:-1]]
    if places == expected:
        return
    sums = np.cumsum([0, *(sum(shape) for shape in shapes)]).tolist()
    if len(places) != len(shapes):
        raise Hint(
            "One place for every array.", f"{len(shapes)} shapes were given; you return {len(places)} places."
        )
    if places == [place * FLOAT32_BYTES for place in expected]:
        raise Hint("In which unit?", "The JSON file counts values, not bytes, up to the first of the array.")
    if places == ends:
        raise Hint("These are the ends.", "The first array begins at 0; each later one where the last ended.")
    if places == counts:
        raise Hint(
            "That is how long each array is.", "An array begins after all the arrays before it together."
        )
    if places == sums[:-1]:
        raise Hint(
            "How many values has an array?", "An array of shape (3, 4) has 3 times 4 values, not 3 plus 4."
        )
    raise Hint(
        "The places are not right yet.",
        f"For the shapes {shapes} the second array begins at {expected[1]}; you say {places[1]:g}.",
    )


def _check_length(shapes: list[tuple[int, ...]], length: float) -> None:
    count = sum(math.prod(shape) for shape in shapes)
    if length == FLOAT32_BYTES * count:
        return
    if length == count:
        raise Hint("The places are right. And the unit of the length?", "That many values; float32 means …?")
    if length == 8 * count:
        raise Hint(
            "The places are right, the file is too long.", "32 bits are four bytes; float64 would take eight."
        )
    last = count - math.prod(shapes[-1])
    if length in (last, FLOAT32_BYTES * last):
        raise Hint("The places are right, the file is too short.", "The last array belongs to it, too.")
    raise Hint(
        "The places are right, the length is not.",
        f"For the shapes {shapes} the file holds {count} values; you say {length:g} bytes.",
    )


# ------------------------------------------------------------------ a softmax that nothing upsets

ROUNDING = 1e-3  # near 1,000 the floats of four bytes lie 6e-5 apart


@checker("Return an array of the same shape as `logits`, in which each row adds up to 1.")
def check_softmax(softmax: Callable[[NDArray], NDArray]) -> str:
    """A function from logits (n, k), float32, to probabilities (n, k), for logits of any size."""
    rng = np.random.default_rng(random.getrandbits(32))
    ordinary = rng.normal(0, 3, (random.randint(4, 8), 10)).astype(np.float32)
    _check_ordinary(ordinary, _probabilities(softmax, ordinary))
    for size in (1000, -1000):
        _check_extreme(softmax, ordinary + np.float32(size), f"about {size}")
    mixed = ordinary + rng.permutation(np.linspace(-1000, 1000, len(ordinary), dtype=np.float32))[:, None]
    result = _probabilities(softmax, mixed)
    if not np.allclose(result, _softmax(mixed), atol=ROUNDING):
        raise Hint(
            "Large logits work, but not when rows of very different sizes come together.",
            "Each row has a largest logit of its own: subtract that (axis=1, keepdims=True), not the largest "
            "of the whole array.",
        )
    return "The same as torch's on ordinary logits, and nothing overflows at 1,000 or -1,000."


def _softmax(logits: NDArray) -> NDArray:
    return special.softmax(logits.astype(np.float64), axis=1)


def _probabilities(softmax: Callable, logits: NDArray) -> NDArray:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what overflows is said in words
        result = call(softmax, logits.copy(), missing="Return the probabilities.")
    result = np.asarray(result, dtype=np.float64)
    if result.shape != logits.shape:
        raise Hint(
            "One probability for every logit.",
            f"The logits have the shape {logits.shape}, what you return has {result.shape}.",
        )
    return result


def _check_ordinary(logits: NDArray, result: NDArray) -> None:
    if np.allclose(result, _softmax(logits), atol=1e-5):
        return
    sums, powers = result.sum(axis=1), np.exp(logits.astype(np.float64))
    if np.allclose(result.sum(axis=0), 1, atol=1e-4):
        raise Hint("Each column adds up to 1.", "It is each row, the ten digits of one image: axis=1.")
    if np.allclose(result.sum(), 1, atol=1e-4):
        raise Hint("All rows together add up to 1.", "Divide each row by its own sum: axis=1, keepdims=True.")
    shares = result / result.max(axis=1, keepdims=True)
    if np.allclose(shares, powers / powers.max(axis=1, keepdims=True), atol=1e-4):
        raise Hint(
            "Nearly: the ratios are right, the sums are not.",
            f"Your first row adds up to {sums[0]:.3g}; divide each row by its sum.",
        )
    raise Hint(
        "That is no softmax yet.",
        "e to the power of each logit, divided by the sum of these powers in the same row.",
    )


def _check_extreme(softmax: Callable, logits: NDArray, size: str) -> None:
    result = _probabilities(softmax, logits)
    if np.allclose(result, _softmax(logits), atol=ROUNDING):
        return
    if np.isfinite(result).all():
        raise Hint(
            "No overflow, but the probabilities of large logits are wrong.",
            f"Logits {size} that differ by 2 must still give different probabilities. Shift them all by the "
            "same amount; do not cut them off.",
        )
    raise Hint(
        "It works for ordinary logits. Now try logits of 1,000, and of -1,000.",
        f"Logits {size} give {result[0, 0]}. Adding the same number to all logits of a row changes no "
        "probability. Which number makes the largest power harmless?",
    )


# ------------------------------------------------------------------ a place inside the frame


@checker("Return one whole number: the row of the frame in which the picture begins.")
def check_start(start: Callable[[float, int], int]) -> str:
    """A function (centre of mass, length) -> first pixel, so that the centre comes to 14 in 0..27."""
    ordinary = [_random_place() for _ in range(20)]
    lopsided = [(random.uniform(15.6, 18.9), BOX_SIZE), (random.uniform(0.1, 4.4), BOX_SIZE)]
    results = {case: _whole(call(start, *case, missing="Return one number."), case) for case in ordinary}
    wrong = [case for case, result in results.items() if result != _start(*case)]
    if wrong:
        _explain_start(results, wrong[0])
    for case in lopsided:
        result = _whole(call(start, *case, missing="Return one number."), case)
        if result != _start(*case):
            centre, length = case
            what = "begin above row 0" if result < 0 else f"end at row {result + length - 1}, below row 27"
            if 0 <= result <= IMAGE_SIZE - length:
                what = f"lie inside, but begin at {result} where {_start(*case)} is closer to the middle"
            raise Hint(
                "It works for most digits. A very lopsided one leaves the frame.",
                f"{length} rows with their centre of mass at {centre:.1f} would {what}. Keep the start "
                "between the two ends that it may have.",
            )
    return "In the middle by its mass, whatever the digit, and never outside the frame."


def _start(centre: float, length: int) -> int:
    return min(max(round(IMAGE_SIZE / 2 - centre), 0), IMAGE_SIZE - length)


def _random_place() -> tuple[float, int]:
    """A centre of mass and a length that fit the frame; the start is no matter of rounding."""
    length = random.randint(12, BOX_SIZE)
    whole = random.randint(7, min(length - 3, 13))
    return whole + random.choice([-1, 1]) * random.uniform(0.1, 0.4), length


def _whole(result: object, case: tuple[float, int]) -> int:
    value = number(result)
    if value != round(value):
        raise Hint(
            "Half a pixel cannot be shifted.",
            f"For the centre {case[0]:.2f} you return {value:g}; round it to a whole number.",
        )
    return int(value)


def _explain_start(results: dict[tuple[float, int], int], wrong: tuple[float, int]) -> None:
    def all_are(formula: Callable[[float, int], float]) -> bool:
        return all(result == formula(*case) for case, result in results.items())

    if all_are(lambda centre, length: math.floor(IMAGE_SIZE / 2 - centre)):  # also with 13.5, rounded
        raise Hint(
            "Up to a pixel too high, at times.",
            "The middle is pixel 14, not 13.5; and int and // cut off, while round goes to the nearest.",
        )
    if any(
        all_are(lambda centre, length, half=half: half((IMAGE_SIZE - length) / 2))
        for half in (math.floor, math.ceil, round)
    ):
        raise Hint(
            "That centres the box, not the ink.", "Use the centre of mass: it is what has to come to 14."
        )
    if all_are(lambda centre, length: round(centre - IMAGE_SIZE / 2)):
        raise Hint(
            "The wrong direction.", "A centre at 10 has to move down by 4, so the picture begins at row 4."
        )
    centre, length = wrong
    raise Hint(
        "Not the right row yet.",
        f"{length} rows with their centre of mass at {centre:.2f}: if they begin at {results[wrong]}, the "
        f"centre comes to {results[wrong] + centre:.2f} instead of 14.",
    )


# ------------------------------------------------------------------ where the app can be installed

ADDRESSES = {
    "a": ("http://localhost:8010/", True),
    "b": ("http://192.168.1.20:8010/", False),
    "c": ("https://ada.github.io/digits/", True),
    "d": ("http://www.example.org/digits/", False),
    "e": ("file:///digits.html", False),
}
CLUES = {
    "a": "the browser and the server are the same machine, so nobody can listen in between.",
    "b": "the phone's browser reaches the laptop through the air, and without encryption.",
    "c": "look at the first letters.",
    "d": "look at the first letters, and at whose machine it is.",
    "e": "a service worker stands between a page and its server. Is there one?",
}


@checker("A yes or a no for each of the five addresses.")
def check_installable(*answers: bool) -> str:
    """Whether the app can be installed from each of the addresses a to e, in that order."""
    if len(answers) != len(ADDRESSES):
        raise Hint(
            f"There are {len(ADDRESSES)} addresses, and you gave {len(answers)} answers.",
            "Hand over five times True or False, for a to e.",
        )
    wrong = []
    for (letter, (address, right)), answer in zip(ADDRESSES.items(), answers, strict=True):
        if np.ndim(answer) != 0 or answer not in (True, False):
            raise Hint("A yes or a no each.", f"True or False for {address}; you wrote {answer!r}.")
        if bool(answer) != right:
            wrong.append(letter)
    if wrong:
        right = f"{len(ADDRESSES) - len(wrong)} of {len(ADDRESSES)} are right."
        raise Hint(f"{right} Look at {wrong[0]} again.", f"{right} Address {wrong[0]}: {CLUES[wrong[0]]}")
    return "All five: encryption, or your own machine; and there has to be a server."
