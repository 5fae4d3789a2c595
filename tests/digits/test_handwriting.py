"""The hand made of code: every kind of every digit, and what each of the hand's habits does to it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from mnist_helpers.digits import KINDS, SCRAWLS, STYLES, draw_scrawls, write_digits
from mnist_helpers.digits.handwriting import Hand, draw, random_hand, strokes_of, write

HAND = Hand(width=0.7, slant=0, turn=0, wobble=0, haste=0, pen=0.12, pressure=0, breaks=0, blur=0.8)
ALL = [(digit, name) for digit, kinds in KINDS.items() for name in kinds]
every_kind = pytest.mark.parametrize(("digit", "name"), ALL, ids=str)


def drawn(hand: Hand, digit: int = 4, name: str = "closed"):
    rng = np.random.default_rng(0)
    return draw(write(strokes_of(digit, name, rng), hand, rng), hand, np.random.default_rng(1))


def test_the_kinds_that_strangers_write_are_all_there():
    wanted = {0: {"plain", "slashed"}, 1: {"bare", "upstroke", "base line", "upstroke and base line"},
              2: {"looped", "plain"}, 4: {"open", "closed", "square"}, 6: {"loop first", "loop last"},
              7: {"plain", "barred"}, 8: {"in one go", "two rings"},
              9: {"straight", "hooked", "round"}}  # fmt: skip
    assert KINDS.keys() == set(range(10))
    for digit, names in wanted.items():
        assert names <= KINDS[digit].keys()


@every_kind
def test_extremes_differ_and_have_the_same_strokes_and_are_not_the_test_hands(digit, name):
    first, second = KINDS[digit][name]
    assert [len(stroke) for stroke in first] == [len(stroke) for stroke in second]
    assert first != second
    assert first not in STYLES[digit]
    assert second not in STYLES[digit]


@every_kind
def test_every_kind_is_framed_as_mnist_is(digit, name):
    rng = np.random.default_rng(digit)
    for _ in range(6):
        hand = replace(random_hand(rng), breaks=0)
        image = draw(write(strokes_of(digit, name, rng), hand, rng), hand, rng)
        assert image.shape == (28, 28)
        assert image.dtype == np.uint8
        rows, columns = np.nonzero(image > 127)
        assert 16 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22  # pressure moves its ends
        assert np.abs(np.array(center_of_mass(image)) - 14).max() <= 0.51


def test_one_kind_alone_can_be_written():
    images, labels, names = write_digits(6, np.random.default_rng(0), (7, "barred"))
    assert images.shape == (6, 28, 28)
    assert images.dtype == np.uint8
    assert (set(labels), set(names)) == ({7}, {"barred"})


def test_digits_come_in_turn_in_all_their_kinds_and_the_same_seed_writes_the_same():
    images, labels, names = write_digits(400, np.random.default_rng(0))
    assert np.array_equal(np.bincount(labels), [40] * 10)
    assert set(zip(labels.tolist(), names, strict=True)) == set(ALL)
    again, _, _ = write_digits(400, np.random.default_rng(0))
    other, _, _ = write_digits(400, np.random.default_rng(1))
    assert np.array_equal(images, again)
    assert not np.array_equal(images, other)


def test_a_wider_pen_leaves_more_ink_and_a_break_less():
    plain = drawn(HAND).sum(dtype=float)
    assert drawn(replace(HAND, pen=0.2)).sum(dtype=float) > 1.3 * plain
    assert drawn(replace(HAND, breaks=3)).sum(dtype=float) < 0.97 * plain


def test_blur_fades_edges_and_pressure_changes_the_width_along_a_stroke():
    def grey(image):
        return ((image > 20) & (image < 235)).mean()

    assert grey(drawn(replace(HAND, blur=3))) > 1.5 * grey(drawn(HAND))
    widths = [
        (drawn(replace(HAND, pressure=pressure), 1, "bare")[6:22] > 127).sum(axis=1) for pressure in (0, 0.4)
    ]
    assert np.ptp(widths[1]) > np.ptp(widths[0])


def test_a_slant_leans_the_top_to_the_right_and_a_turn_is_clockwise():
    for hand in (replace(HAND, slant=0.4), replace(HAND, turn=0.4)):
        image = drawn(hand, 1, "bare").astype(float)
        assert center_of_mass(image[:14])[1] > center_of_mass(image[14:])[1] + 2


def test_haste_keeps_the_pen_on_the_paper():
    strokes = strokes_of(7, "plain", np.random.default_rng(0))
    calm, hasty = (
        write(strokes, replace(HAND, haste=haste), np.random.default_rng(0)) for haste in (0.1, 0.9)
    )
    assert (len(calm), len(hasty)) == (2, 1)


def test_random_hands_differ():
    rng = np.random.default_rng(0)
    hands = [random_hand(rng) for _ in range(200)]
    assert max(hand.breaks for hand in hands) > 0
    assert max(hand.blur for hand in hands) > 1.5
    assert len({hand.slant for hand in hands}) == 200


@pytest.mark.parametrize("name", SCRAWLS)
def test_every_kind_of_scrawl_is_drawn_in_the_frame(name):
    images, names = draw_scrawls(8, np.random.default_rng(0), only=name)
    assert set(names) == {name}
    assert images.shape == (8, 28, 28)
    assert (images > 127).any(axis=(1, 2)).all()
    assert len({image.tobytes() for image in images}) == 8


def test_scrawls_come_in_turn():
    _, names = draw_scrawls(2 * len(SCRAWLS), np.random.default_rng(0))
    assert names == [*SCRAWLS] * 2
