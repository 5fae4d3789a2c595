"""Teach it your hand: the steps in JavaScript against PyTorch's, the page, and the file that it saves."""

import re
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from app_hand import (
    TO_BASE64,
    answer,
    as_saved,
    complaints_of,
    draw_with_mouse,
    from_base64,
    look_inside,
    open_app,
    part,
    settle,
    to_base64,
    violations,
    wait_until_stored,
)
from torch import nn

from mnist_helpers import predict_proba
from mnist_helpers.app.exporting import About, read_model, write_model
from mnist_helpers.app.hand import read_hand
from mnist_helpers.app.site import MODELS, default_models
from mnist_helpers.app.teaching import (
    REHEARSAL,
    control_digits,
    rehearsal_digits,
    teach,
    write_rehearsal,
)
from mnist_helpers.digits import random_drawing, write_digits
from mnist_helpers.networks import ToSquare
from mnist_helpers.preprocessing import Split, flatten, normalise

SEVEN = random_drawing(7, np.random.default_rng(3), height=170, pen=20.0)
ABOUT = About("A test", "nothing", "none", "nothing", 10, 0.1)


def own_digits(count: int, kind: tuple[int, str] = (1, "upstroke"), seed: int = 5) -> Split:
    """Drawings of one kind, as if somebody had corrected them."""
    images, labels, _ = write_digits(count, np.random.default_rng(seed), only=kind)
    return Split(flatten(normalise(torch.from_numpy(images))), torch.from_numpy(labels))


def bytes_of(images: torch.Tensor) -> str:
    return to_base64((images * 255).round().to(torch.uint8).numpy())


@pytest.fixture(scope="module")
def page(browser, app_address):
    page = browser.new_context(viewport={"width": 900, "height": 900}).new_page()
    look_inside(page)
    open_app(page, app_address)
    return page


# Each test below asks the page's own modules, in the one page of this file.
SLOPES = f"""async ([weight, bias, entries, targets]) => {{ {TO_BASE64}
  const {{ slopesOf }} = await import("./gradients.js");
  const whole = (text) => new Float32Array(fromBase64(text).buffer);
  const examples = entries.map((text, index) => ({{ entry: whole(text), target: whole(targets[index]) }}));
  const slopes = slopesOf({{ weight: whole(weight), bias: whole(bias) }}, examples);
  return [slopes.weight, slopes.bias].map(toBase64);
}}"""


@pytest.mark.parametrize("inputs", [1, 64])
def test_the_backward_pass_gives_what_autograd_gives(page, inputs):
    torch.manual_seed(0)
    layer, entries, targets = nn.Linear(inputs, 10), 3 * torch.randn(5, inputs), torch.rand(5, 10).softmax(1)
    layer.bias.data[3] = 100.0  # a logit whose exponential no float holds
    F.cross_entropy(layer(entries), targets).backward()
    weights = [to_base64(weight.detach().numpy()) for weight in layer.parameters()]
    rows = [[to_base64(row.numpy()) for row in rows] for rows in (entries, targets)]
    for text, weight in zip(page.evaluate(SLOPES, [*weights, *rows]), layer.parameters(), strict=True):
        slopes = torch.tensor(from_base64(text, np.float32)).reshape(weight.shape)
        assert weight.grad.abs().max() > 0.1
        assert (slopes - weight.grad).abs().max() <= 1e-4


LESSON = f"""async ([name, drawn, digits, asked]) => {{ {TO_BASE64}
  const {{ loadModel }} = await import("./model.js");
  const {{ read }} = await import("./files.js");
  const {{ REHEARSAL, countRight, learn }} = await import("./learning.js");
  const {{ loadRehearsal }} = await import("./rehearsal.js");
  const {{ forward }} = await import("./network.js");
  const model = await loadModel(name, read);
  const rehearsal = await loadRehearsal(read);
  const images = (text) => {{
    const all = fromBase64(text);
    return Array.from({{ length: all.length / 784 }}, (_, row) => all.subarray(784 * row, 784 * row + 784));
  }};
  const drawings = images(drawn).map((image, index) => ({{ image, digit: digits[index] }}));
  learn(model, drawings, rehearsal.slice(0, REHEARSAL));
  const answers = images(asked).map((image) => [...model.probabilities(image)]);
  const others = rehearsal.slice(REHEARSAL);
  return {{ answers, weight: toBase64(model.last.weight), bias: toBase64(model.last.bias),
    before: countRight(model, others, false), after: countRight(model, others),
    same: toBase64(Float32Array.from(images(asked).flatMap((image) => [...forward(model.layers, image)]))) }};
}}"""


@pytest.mark.parametrize("count", [1, 5, 70])
@pytest.mark.parametrize("name", default_models())
def test_a_lesson_in_javascript_gives_what_it_gives_in_torch(page, name, count):
    model, _ = read_model(MODELS / f"{name}.json")
    drawings = own_digits(count)
    drawings = Split(drawings.images, (drawings.labels + 1) % 10)  # so there is much to learn
    asked = torch.cat([drawings.images, own_digits(20, (0, "slashed")).images])
    before = predict_proba(model, asked)
    taught = teach(model, drawings, rehearsal_digits())
    given = [
        f"models/{name}.json",
        bytes_of(drawings.images),
        drawings.labels.tolist(),
        bytes_of(asked),
    ]
    got = page.evaluate(LESSON, given)
    expected = predict_proba(taught, asked)
    assert (expected - before).abs().max() > 1e-3  # it did learn
    assert (torch.tensor(got["answers"]) - expected).abs().max() <= 1e-4
    for part_of_it in ("weight", "bias"):
        learnt = getattr(taught[-1], part_of_it).flatten()
        assert (torch.tensor(from_base64(got[part_of_it], np.float32)) - learnt).abs().max() <= 1e-4
    others = control_digits()
    right = [
        (predict_proba(m, others.images).argmax(1) == others.labels).sum().item() for m in (model, taught)
    ]
    assert [got["before"], got["after"]] == pytest.approx(right, abs=1)
    same = torch.tensor(from_base64(got["same"], np.float32)).reshape(-1, 10)
    assert (same - before).abs().max() <= 1e-4  # the model that came with the app is as it was


def fulfil(path, route) -> None:
    route.fulfill(path=path)


def test_a_model_whose_last_layer_is_not_linear_learns_in_one_behind_it(browser, app_address, tmp_path):
    page = browser.new_context(service_workers="block").new_page()
    open_app(page, app_address)
    torch.manual_seed(0)
    odd = nn.Sequential(
        ToSquare(), nn.Conv2d(1, 10, 5, stride=2), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten()
    )
    written = write_model(tmp_path / "models", "odd", odd, ABOUT)
    for kind in ("json", "bin"):
        path = written.with_suffix(f".{kind}")
        page.route(f"**/models/odd.{kind}", partial(fulfil, path))
    drawings, asked = own_digits(5), own_digits(20, (0, "slashed"))
    taught = teach(odd, drawings, rehearsal_digits())
    given = ["models/odd.json", bytes_of(drawings.images), drawings.labels.tolist(), bytes_of(asked.images)]
    got = page.evaluate(LESSON, given)
    expected = predict_proba(taught, asked.images)
    assert (expected - predict_proba(odd, asked.images)).abs().max() > 1e-3
    assert (torch.tensor(got["answers"]) - expected).abs().max() <= 1e-4
    page.context.close()


def test_learning_starts_from_the_model_as_it_came_and_leaves_it_alone():
    model, _ = read_model(MODELS / "mlp.json")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    once, again = (teach(model, own_digits(4), rehearsal_digits()).state_dict() for _ in range(2))
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())
    assert all(torch.equal(once[name], weight) for name, weight in again.items())
    moved = [name for name, weight in once.items() if not torch.equal(weight, before[name])]
    assert moved == list(before)[-2:]  # weight and bias of the last layer


def test_what_is_rehearsed_is_what_the_generator_writes(tmp_path):
    assert write_rehearsal(tmp_path / "rehearsal.bin").read_bytes() == REHEARSAL.read_bytes()
    assert REHEARSAL.stat().st_size <= 200_000
    digits, others = rehearsal_digits(), control_digits()
    assert (len(digits), len(digits) + len(others)) == (150, 300)
    assert digits.labels.bincount().min() >= 14


def test_drawings_are_read_as_they_were_saved(tmp_path):
    drawings = own_digits(3)
    (tmp_path / "my-digits.json").write_text(as_saved(drawings))
    read = read_hand(tmp_path / "my-digits.json")
    assert torch.equal(read.images, drawings.images)
    assert torch.equal(read.labels, drawings.labels)


IMAGE = to_base64(np.zeros(784, np.uint8))
BROKEN = {
    "": "is not a file of drawings",
    "[" * 100_000: "is not a file of drawings",
    "null": "is not a file of drawings",
    "[]": "is not a file of drawings",
    "{}": "is not a file of drawings",
    '{"format": 2, "drawings": []}': "is of another version of the app",
    '{"format": 1, "drawings": {"digit": 1}}': "is not a file of drawings",
    '{"format": 1, "drawings": 5}': "is not a file of drawings",
    '{"format": 1, "drawings": []}': "holds no drawings of 28×28 pixels",
    '{"format": 1, "drawings": [{"digit": 1, "image": "AAAA"}]}': "holds no drawings of 28×28 pixels",
    '{"format": 1, "drawings": [{"digit": 1, "image": "€"}]}': "is not a file of drawings",
    '{"format": 1, "drawings": [{"digit": 1, "image": 7}]}': "is not a file of drawings",
    f'{{"format": 1, "drawings": [{{"digit": 10, "image": "{IMAGE}"}}]}}': "names a digit that is none",
    f'{{"format": 1, "drawings": [{{"digit": true, "image": "{IMAGE}"}}]}}': "names a digit that is none",
    f'{{"format": 1, "drawings": [{{"digit": 1e999, "image": "{IMAGE}"}}]}}': "names a digit that is none",
    f'{{"format": 1, "drawings": [{{"image": "{IMAGE}"}}]}}': "is not a file of drawings",
}


@pytest.mark.parametrize(("text", "message"), BROKEN.items(), ids=range(len(BROKEN)))
def test_a_broken_file_of_drawings_is_one_sentence(tmp_path, text, message):
    path = tmp_path / "mine.json"
    path.write_bytes(text.encode())
    with pytest.raises(ValueError, match=message) as raised:
        read_hand(path)
    assert str(raised.value).startswith("mine.json ")
    assert str(raised.value).endswith("; save it from the app again")


def test_a_missing_and_a_huge_file_of_drawings_are_one_sentence(tmp_path):
    with pytest.raises(
        ValueError, match=r"there is no file .*none\.json; save your drawings in the app first"
    ):
        read_hand(tmp_path / "none.json")
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(ValueError, match=r"huge\.json is larger than any file of drawings"):
        read_hand(huge)


@pytest.fixture
def lesson(browser, app_address):
    """The app in a context of its own, where nothing is remembered; the page must not complain."""
    context = browser.new_context(viewport={"width": 393, "height": 800})
    page = context.new_page()
    complaints = complaints_of(page)
    open_app(page, app_address)
    yield page
    context.close()
    assert complaints == []


TEACH = (
    r"Learnt from (\d+) drawings?\. As a 1, this one had (>?[\d.]+)% and now has (>?[\d.]+)%\. "
    r"Of 150 other digits, (\d+) were right before and (\d+) are now\."
)


def shares(page) -> list[float]:
    return page.eval_on_selector_all(
        ".bars i", "bars => bars.map((bar) => Number(bar.style.getPropertyValue('--share')))"
    )


def tap(page, digit: int) -> None:
    page.get_by_role("button", name=f"It is a {digit}").click()


def learnt(page, start: str) -> str:
    """What the page says of its lesson, once that begins like this."""
    page.wait_for_function(
        "start => document.querySelector('[data-part=learnt]').textContent.startsWith(start)", arg=start
    )
    return part(page, "learnt").inner_text()


def test_a_tap_teaches_and_undo_reload_and_reset_do_what_they_say(lesson):
    page = lesson
    tap(page, 1)
    learnt(page, "Draw a digit first")
    assert not part(page, "ways").is_visible()
    draw_with_mouse(page, SEVEN)
    assert answer(page) == "7"
    seen = [shares(page)]
    for count, digit in ((1, 2), (1, 1), (2, 1)):  # a mistaken tap, the right one, and another drawing
        if count == 2:
            draw_with_mouse(page, random_drawing(1, np.random.default_rng(0)))
            settle(page)
        tap(page, digit)
        learnt(page, f"Learnt from {count} drawing")
        seen.append(shares(page))
    count, before, after, once, now = re.fullmatch(TEACH, learnt(page, "Learnt from 2")).groups()
    assert float(after.strip(">")) > float(before.strip(">"))
    assert abs(int(once) - int(now)) < 20
    part(page, "clear").click()
    draw_with_mouse(page, SEVEN)
    settle(page)
    taught = shares(page)
    assert taught[1] > 10 * seen[0][1]
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    learnt(page, "The model has learnt from the drawings kept in this browser.")
    draw_with_mouse(page, SEVEN)
    settle(page)
    assert shares(page) == taught
    part(page, "unlearn").click()
    learnt(page, "The latest one is taken back.")
    part(page, "unlearn").click()
    page.wait_for_selector("[data-part=ways]", state="hidden")
    assert shares(page) == seen[0]
    assert page.evaluate("document.activeElement.dataset.part") == "canvas"
    assert page.evaluate("localStorage.length") == 0


def test_the_saved_file_is_one_that_python_reads(lesson, tmp_path):
    draw_with_mouse(lesson, SEVEN)
    part(lesson, "canvas").press("Tab")
    for _ in range(4):  # past undo, clear, a picture and 0: the keyboard is enough
        lesson.keyboard.press("Tab")
    lesson.keyboard.press("Enter")
    learnt(lesson, "Learnt from 1 drawing.")
    with lesson.expect_download() as download:
        part(lesson, "save").click()
    assert download.value.suggested_filename == "my-digits.json"
    download.value.save_as(tmp_path / "my-digits.json")
    drawings = read_hand(tmp_path / "my-digits.json")
    assert drawings.labels.tolist() == [1]
    rows = drawings.images.reshape(28, 28).nonzero()[:, 0]
    assert rows.max() - rows.min() == 19


def test_damaged_memories_are_one_sentence_and_a_clean_start(lesson):
    kept = [
        "",
        "null",
        "{}",
        '{"format":1,"drawings":{}}',
        '{"format":1,"drawings":[{"digit":11,"image":""}]}',
        '{"format":1,"drawings":[{"digit":1,"image":"AAAA"}]}',
    ]
    script = """async (texts) => {
      const { recall } = await import("./memory.js");
      return texts.map((text) => {
        localStorage.setItem("draw-a-digit-hand", text);
        try { return recall(); } catch (error) { return [error.message, localStorage.length]; }
      });
    }"""
    damaged = "The drawings kept in this browser are damaged and were thrown away."
    assert lesson.evaluate(script, kept) == [[damaged, 0]] * len(kept)
    lesson.evaluate("kept => localStorage.setItem('draw-a-digit-hand', kept)", kept[-1])
    lesson.reload()
    lesson.wait_for_selector("html[data-state=ready]")
    learnt(lesson, damaged)
    draw_with_mouse(lesson, SEVEN)
    assert answer(lesson) == "7"


def test_it_learns_without_a_network_in_the_other_model_too_and_where_nothing_is_kept(lesson):
    wait_until_stored(lesson)
    lesson.context.set_offline(True)
    lesson.reload()
    lesson.wait_for_selector("html[data-state=ready]")
    part(lesson, "models").select_option("models/small_cnn.json")
    lesson.get_by_text("Small convolutional network, 24,058 parameters; it reads").wait_for()
    lesson.evaluate("void (Storage.prototype.setItem = () => { throw new Error('full') })")
    draw_with_mouse(lesson, SEVEN)
    settle(lesson)
    tap(lesson, 1)
    assert learnt(lesson, "Learnt from 1").endswith("it is forgotten when you close the page.")


def test_a_lesson_without_the_digits_to_rehearse_says_so_and_teaches_nothing(browser, app_address):
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.route("**/rehearsal.bin", lambda route: route.fulfill(body=b"broken"))
    open_app(page, app_address)
    draw_with_mouse(page, SEVEN)
    settle(page)
    tap(page, 1)
    learnt(page, "The digits to rehearse cannot be read")
    assert answer(page) == "7"
    assert not part(page, "ways").is_visible()
    context.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"viewport": {"width": 320, "height": 640}},
        {"viewport": {"width": 1100, "height": 800}, "color_scheme": "dark"},
    ],
    ids=["phone", "dark"],
)
def test_the_lesson_fits_and_axe_finds_nothing(browser, app_address, axe, settings):
    context = browser.new_context(**settings)
    page = context.new_page()
    open_app(page, app_address)
    draw_with_mouse(page, SEVEN)
    settle(page)
    tap(page, 1)
    learnt(page, "Learnt from 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= settings["viewport"]["width"]
    sizes = page.eval_on_selector_all(
        ".lesson button", "all => all.map((one) => [one.offsetWidth, one.offsetHeight])"
    )
    assert all(width >= 24 and height >= 40 for width, height in sizes)  # for fingers
    assert violations(page, axe) == []
    context.close()
