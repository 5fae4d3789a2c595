"""The page in a real browser: drawing with mouse, fingers and keys; what it shows; what it never does."""

import hashlib
import json
import re

import numpy as np
import pytest
import torch
from app_hand import (
    Fingers,
    answer,
    count_strokes,
    draw_with_mouse,
    ink,
    look_inside,
    open_app,
    part,
    settle,
    stop_clock,
    to_page,
)

from mnist_helpers import predict_proba, save_checkpoint
from mnist_helpers.app.own_model import export_own_model
from mnist_helpers.app.site import write_site
from mnist_helpers.digits import random_drawing
from mnist_helpers.plotting.style import percent

DESKTOP = {"viewport": {"width": 1000, "height": 700}}
PHONE = {
    "viewport": {"width": 393, "height": 727},
    "device_scale_factor": 2.75,
    "is_mobile": True,
    "has_touch": True,
}
SEVEN = random_drawing(7, np.random.default_rng(3), height=170, pen=20.0)


@pytest.fixture
def open_page(browser, app_address):
    """Opens the app in a context of its own, which fails the test if the page complains or asks elsewhere."""
    contexts, complaints, requests = [], [], []

    def open_page(address: str = app_address, **settings):
        contexts.append(browser.new_context(**(settings or DESKTOP)))
        page = contexts[-1].new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        contexts[-1].on("request", lambda request: requests.append(request.url))
        look_inside(page)
        open_app(page, address)
        return page

    open_page.complaints, open_page.requests = complaints, requests
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("http://127.0.0.1:", "file:"))] == []


def test_a_page_weighs_at_most_700_kilobytes_and_comes_from_one_place(open_page, app_address):
    page = open_page()
    sizes = {}
    page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
    page.goto(app_address)
    page.wait_for_selector("html[data-state=ready]")
    draw_with_mouse(page, SEVEN)
    assert answer(page) == "7"
    assert 437_544 < sum(sizes.values()) <= 700_000
    assert {url.startswith(app_address) for url in open_page.requests} == {True}


def test_the_answer_moves_while_the_pen_is_down_and_an_empty_canvas_has_none(open_page):
    page = open_page()
    assert answer(page) == "?"
    first, *others = to_page(page, SEVEN.strokes[-1][::6])
    page.mouse.move(*first)
    page.mouse.down()
    seen = []
    for point in others:
        page.mouse.move(*point)
        settle(page)
        seen.append(tuple(shares(page)))
    assert len(set(seen)) > len(seen) / 2  # it changed with most pieces, and the pen is still down
    assert all(sum(share) == pytest.approx(1, abs=1e-3) for share in seen)
    page.mouse.up()
    part(page, "clear").click()
    assert answer(page) == "?"
    assert shares(page) == [0] * 10
    assert not seen_image(page).any()


def shares(page) -> list[float]:
    return page.eval_on_selector_all(
        ".bars i", "bars => bars.map((bar) => Number(bar.style.getPropertyValue('--share')))"
    )


def seen_image(page) -> np.ndarray:
    """The picture of what the model sees: (28, 28)."""
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data)"
    return np.array(part(page, "seen").evaluate(script)).reshape(28, 28, 4)[..., 0]


def test_bars_numbers_and_picture_show_what_the_model_says_and_sees(open_page):
    page = open_page()
    draw_with_mouse(page, SEVEN)
    assert answer(page) == "7"
    assert int(np.argmax(shares(page))) == 7
    assert page.locator(".bars > div").nth(7).get_attribute("class") == "best"
    assert page.locator(".bars small").nth(7).inner_text() == percent(shares(page)[7])
    rows, columns = np.nonzero(seen_image(page))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20


def test_undo_takes_back_one_stroke_and_clear_all(open_page):
    page = open_page()
    draw_with_mouse(page, SEVEN)
    strokes, before = count_strokes(page), ink(page)
    draw_with_mouse(page, random_drawing(1, np.random.default_rng(0)))
    page.keyboard.press("Control+z")
    while count_strokes(page) > strokes:
        part(page, "undo").click()
    assert np.array_equal(ink(page), before)
    page.keyboard.press("Backspace")
    assert count_strokes(page) == strokes - 1
    page.keyboard.press("Escape")
    assert count_strokes(page) == 0
    assert not ink(page).any()
    part(page, "undo").click()  # nothing left to take back is no error


def test_a_tap_is_a_dot_as_wide_as_the_pen(open_page):
    page = open_page()
    page.mouse.click(*to_page(page, [(140, 140)])[0])
    rows, columns = np.nonzero(ink(page) > 127)
    assert np.ptp(rows) == pytest.approx(19, abs=1)
    assert np.ptp(columns) == pytest.approx(19, abs=1)


def test_a_digit_can_be_drawn_with_keys_alone(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.part") == "canvas"
    for key in ["ArrowUp"] * 8 + [" "] + ["ArrowDown"] * 16 + [" ", "ArrowRight"]:
        page.keyboard.press(key)
    assert answer(page) == "1"
    assert count_strokes(page) == 1
    rows = np.nonzero(ink(page)[:, 140])[0]
    assert (rows[0], rows[-1]) == pytest.approx((140 - 80 - 10, 140 + 80 + 10), abs=1)
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("Backspace")
    assert answer(page) == "?"


def test_the_keys_pen_shows_whether_it_is_down(open_page):
    page = open_page()
    cursor = part(page, "cursor")
    part(page, "canvas").focus()
    page.keyboard.press("Control+z")
    assert not cursor.is_visible()  # nobody has moved it yet
    seen = []
    for key in ("ArrowUp", " ", "ArrowUp", "Backspace", " ", "Escape"):
        page.keyboard.press(key)
        seen.append("down" in cursor.get_attribute("class"))
    assert seen == [False, True, True, False, True, False]
    page.keyboard.press("Tab")
    assert not cursor.is_visible()


def test_keys_pressed_in_the_list_of_models_do_not_touch_the_drawing(open_page):
    page = open_page()
    draw_with_mouse(page, SEVEN)
    part(page, "models").focus()
    for key in ("Escape", "Delete", "Backspace"):
        page.keyboard.press(key)
    assert answer(page) == "7"


def test_a_screen_reader_hears_one_sentence_after_the_hand_has_rested(open_page):
    page = open_page()
    spoken = part(page, "spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    script = """spoken => {
      globalThis.said = [];
      new MutationObserver(() => said.push(spoken.textContent)).observe(spoken, { childList: true });
    }"""
    stop_clock(page)
    assert spoken.inner_text() == "The canvas is empty."
    spoken.evaluate(script)
    draw_with_mouse(page, SEVEN)
    page.clock.run_for(600)
    assert page.evaluate("globalThis.said") == []
    page.clock.run_for(200)
    (said,) = page.evaluate("globalThis.said")
    assert re.fullmatch(r"This looks like 7, >?\d+\.\d%\.( Or \d, \d+\.\d%\.)?", said)
    names = page.eval_on_selector_all("[role=meter]", "bars => bars.map((bar) => bar.ariaLabel)")
    assert names == [f"Digit {digit}, percent" for digit in range(10)]


def test_a_stroke_goes_on_outside_of_the_canvas_and_back(open_page):
    page = open_page()
    for index, point in enumerate(to_page(page, [(100, 60), (100, 200), (330, 240), (200, 240), (200, 100)])):
        page.mouse.move(*point)
        if index == 0:
            page.mouse.down()
    assert count_strokes(page) == 1
    assert ink(page)[100:180, 95:105].all()  # before it left
    assert ink(page)[130:200, 195:205].all()  # after it came back
    page.mouse.move(*to_page(page, [(-30, 100)])[0])
    page.mouse.up()
    before = ink(page)
    page.mouse.move(*to_page(page, [(50, 20)])[0])  # the pen is up
    assert np.array_equal(ink(page), before)


def test_touch_draws_and_never_scrolls_the_page(open_page):
    page = open_page(**(PHONE | {"viewport": {"width": 393, "height": 500}}))
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight")  # it could scroll
    part(page, "canvas").evaluate(
        "canvas => { globalThis.cancelled = 0; canvas.addEventListener('pointercancel', () => cancelled++); }"
    )
    Fingers(page).draw(SEVEN)
    assert answer(page) == "7"
    assert page.evaluate("[scrollY, cancelled]") == [0, 0]


def test_a_finger_may_leave_the_canvas_and_come_back(open_page):
    page = open_page(**PHONE)
    fingers = Fingers(page)
    for point in [(100, 60), (100, 200), (200, 330), (200, 240), (200, 100)]:
        fingers.put(1, point)
    fingers.lift(1)
    assert count_strokes(page) == 1
    assert ink(page)[60:190, 100].all()  # before it left
    assert ink(page)[110:240, 200].all()  # after it came back
    assert page.evaluate("scrollY") == 0


def test_two_fingers_draw_two_strokes(open_page):
    page = open_page(**PHONE)
    fingers = Fingers(page)
    fingers.put(1, (80, 60))
    fingers.put(2, (200, 60))
    for y in (120, 180, 220):
        fingers.put(1, (80, y))
        fingers.put(2, (200, y))
    fingers.lift(1)
    fingers.put(2, (200, 250))
    fingers.lift(2)
    drawn = ink(page)
    assert count_strokes(page) == 2
    assert drawn[60:220, 80].all()
    assert drawn[60:250, 200].all()
    assert not drawn[60:250, 120:160].any()  # and nothing between them


@pytest.mark.parametrize("size", [{"width": 500, "height": 800}, {"width": 727, "height": 393}])
def test_resize_and_rotation_in_the_middle_of_a_stroke_lose_nothing(open_page, size):
    page = open_page(**PHONE)
    fingers = Fingers(page)
    for y in range(40, 140, 20):
        fingers.put(1, (90, y))
    settle(page)
    before = ink(page)
    page.set_viewport_size(size)
    settle(page)
    assert np.array_equal(ink(page), before)
    sharpness = part(page, "canvas").evaluate(
        "canvas => canvas.width / canvas.clientWidth / devicePixelRatio"
    )
    assert sharpness == pytest.approx(1, abs=0.01)  # drawn anew, not stretched
    for y in range(150, 240, 20):
        fingers.put(1, (190, y))  # the same finger, where the canvas now is
    settle(page)
    after = ink(page)
    assert (after >= before).all()
    assert after[160:220, 190].all()
    assert not after[:, 115:165].any()  # no line jumps over to where the canvas has moved
    fingers.lift(1)
    assert count_strokes(page) == 1
    shown = part(page, "canvas").evaluate("""canvas => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((level, index) => index % 4 === 3 && level > 0).length / canvas.width ** 2;
    }""")
    assert shown == pytest.approx((after > 0).mean(), rel=0.15)


def test_an_interrupted_touch_keeps_its_ink(open_page):
    page = open_page(**PHONE)
    fingers = Fingers(page)
    for y in range(60, 200, 20):
        fingers.put(1, (140, y))
    fingers.session.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    assert ink(page)[60:180, 140].all()
    assert answer(page) == "1"


@pytest.mark.parametrize(("width", "height"), [(320, 568), (393, 727), (768, 1024), (700, 340), (1400, 900)])
def test_everything_that_moves_is_in_sight_while_drawing(open_page, width, height):
    page = open_page(viewport={"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("canvas", "seen", "bars"):
        box = part(page, name).bounding_box()
        assert box["y"] + box["height"] <= height + 12, name
    assert part(page, "canvas").bounding_box()["width"] >= 190


@pytest.mark.parametrize("width", [320, 393, 1280])
def test_nothing_moves_when_the_first_answer_comes(open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    names = ("canvas", "seen", "bars", "digit", "model")
    before = [part(page, name).bounding_box()["y"] for name in names]
    draw_with_mouse(page, SEVEN)
    assert answer(page) == "7"
    after = [part(page, name).bounding_box()["y"] for name in names]
    assert after == pytest.approx(before, abs=0.1)


COLOURS = """() => {
  const style = getComputedStyle(document.documentElement);
  const names = ["page", "sheet", "ink", "quiet", "line", "bar", "best", "alarm"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]));
}"""


def luminance(colour: str) -> float:
    """As WCAG defines it: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    levels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_outlines_have_the_contrast_that_wcag_asks_for(open_page, scheme):
    page = open_page(**DESKTOP, color_scheme=scheme)
    levels = {name: luminance(colour.strip()) for name, colour in page.evaluate(COLOURS).items()}
    needed = {"ink": 4.5, "quiet": 4.5, "best": 4.5, "alarm": 4.5, "line": 3, "bar": 3}
    for name, least in needed.items():
        for ground in ("page", "sheet"):
            dark, bright = sorted((levels[name], levels[ground]))
            assert (bright + 0.05) / (dark + 0.05) >= least, f"{name} on {ground}"


def test_dark_and_light_follow_the_system_and_ink_stays_readable(open_page):
    page = open_page()
    draw_with_mouse(page, SEVEN)
    for scheme, is_dark in (("light", False), ("dark", True)):
        page.emulate_media(color_scheme=scheme)
        paper = part(page, "canvas").evaluate("canvas => getComputedStyle(canvas).backgroundColor")
        paper = np.mean([int(level) for level in re.findall(r"\d+", paper)])
        assert (paper < 128) == is_dark
        page.wait_for_function(
            """(paper) => {
              const canvas = document.querySelector("canvas");
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let at = 3;
              while (data[at] < 255) at += 4;
              return Math.abs(paper - (data[at - 3] + data[at - 2] + data[at - 1]) / 3) > 150;
            }""",
            arg=paper,
        )


def test_the_other_model_can_be_chosen(open_page):
    page = open_page()
    draw_with_mouse(page, SEVEN)
    part(page, "models").select_option("models/small_cnn.json")
    page.wait_for_function(
        "() => document.querySelector('[data-part=model]').textContent.startsWith('Small conv')"
    )
    assert answer(page) == "7"


def test_the_latest_choice_counts_even_if_an_earlier_one_arrives_after_it(open_page):
    page = open_page(**DESKTOP, service_workers="block")
    held = []
    page.route("**/models/mlp.bin", lambda route: held.append(route))
    with page.expect_request("**/models/mlp.bin"):
        page.evaluate(
            "import('./app.js').then((app) => { globalThis.late = app.choose('models/mlp.json'); })"
        )
    part(page, "models").select_option("models/small_cnn.json")
    page.wait_for_selector("html[data-state=ready]")
    held[0].continue_()
    page.evaluate("globalThis.late")
    assert part(page, "model").inner_text().startswith("Small convolutional network")


def test_the_learners_own_model_comes_first_and_answers(
    open_page, serve_folder, tmp_path, trained, tiny_data
):
    own = export_own_model(save_checkpoint(tmp_path / "own.pt", *trained), tiny_data, tmp_path / "own")
    page = open_page(serve_folder(write_site(tmp_path / "site", own)))
    title = part(page, "models").locator("option").first.inner_text()
    assert title == "Your MLP(), 109,386 parameters"
    assert part(page, "model").inner_text().startswith(f"{title}; it reads ")
    draw_with_mouse(page, SEVEN)
    settle(page)
    pixels = torch.tensor(seen_image(page), dtype=torch.float32).reshape(1, 784) / 255
    assert shares(page) == pytest.approx(predict_proba(trained[0], pixels)[0].tolist(), abs=1e-4)


def test_a_script_that_was_smuggled_in_does_not_run(open_page):
    page = open_page()
    page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.smuggled = true";
      document.body.append(script);
      const picture = new Image();
      picture.src = "https://example.org/spy.png";
    }""")
    settle(page)
    assert page.evaluate("globalThis.smuggled") is None
    for attempt in ("inline script", "https://example.org/spy.png"):
        assert any(attempt in complaint for complaint in open_page.complaints)
    assert all("Content Security Policy" in complaint for complaint in open_page.complaints)
    open_page.complaints.clear()
    open_page.requests.clear()  # the picture was asked for, and not let out


def test_where_browsers_compute_no_checksums_the_app_reads_all_the_same(browser, app_address):
    """As on a phone that asks a computer at home, by http."""
    page = browser.new_page(**DESKTOP)
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined });")
    open_app(page, app_address)
    draw_with_mouse(page, SEVEN)
    assert answer(page) == "7"
    page.close()


def change_description(change):
    def breakage(models):
        path = models / "mlp.json"
        description = json.loads(path.read_text())
        change(description)
        path.write_text(json.dumps(description))

    return breakage


def cut(models):
    content = (models / "mlp.bin").read_bytes()
    (models / "mlp.bin").write_bytes(content[:-4])


def alter(models):
    content = bytearray((models / "mlp.bin").read_bytes())
    content[1000] ^= 1
    (models / "mlp.bin").write_bytes(content)


def half_a_number(models):
    """A file of 437,542 bytes, which the description agrees with."""
    content = (models / "mlp.bin").read_bytes()[:-2]
    (models / "mlp.bin").write_bytes(content)
    checksum = hashlib.sha256(content).hexdigest()
    change_description(lambda d: d["weights"].update(length=len(content), sha256=checksum))(models)


BREAKAGES = {
    "length": (cut, "have 437540 bytes instead of 437544"),
    "checksum": (alter, "do not match their checksum"),
    "unknown layer": (
        change_description(lambda d: d["layers"][2].update(type="gelu")),
        'Layer 3 in models/mlp.json is of the unknown kind "gelu"',
    ),
    "layers that do not fit": (change_description(lambda d: d["layers"].pop(3)), "do not fit together"),
    "too few weights": (
        change_description(lambda d: d["layers"][5]["weight"].update(offset=109_000)),
        "too short for the weight of layer 6",
    ),
    "a layer that is none": (change_description(lambda d: d["layers"].insert(0, None)), "is damaged ("),
    "weights without a shape": (
        change_description(lambda d: d["layers"][1]["weight"].pop("shape")),
        "The description in models/mlp.json is damaged (",
    ),
    "weights in half a number": (half_a_number, "The description in models/mlp.json is damaged ("),
    "format": (change_description(lambda d: d.update(format=9)), "has format 9; this app reads format 1"),
    "no JSON": (lambda models: (models / "mlp.json").write_text("<html>"), "is no JSON"),
    "missing": (lambda models: (models / "mlp.bin").unlink(), "cannot be read (the server answered 404)"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_broken_weights_are_one_clear_message_on_the_page(open_page, serve_folder, tmp_path, name):
    breakage, message = BREAKAGES[name]
    folder = write_site(tmp_path / "site")
    breakage(folder / "models")
    page = open_page(serve_folder(folder))
    problem = part(page, "problem")
    assert problem.is_visible()
    assert problem.get_attribute("role") == "alert"
    assert message in problem.inner_text()
    assert problem.inner_text().endswith("Reload the page; if that does not help, export the app again.")
    draw_with_mouse(page, SEVEN)
    assert answer(page) == "?"
    assert part(page, "confidence").inner_text() == ""  # the canvas is not empty, there is just no answer
    assert part(page, "model").inner_text() == ""
    if name == "missing":
        assert len(open_page.complaints) == 1
        assert "404" in open_page.complaints.pop()
    if name != "missing":  # the page is not lost: another model can be chosen
        part(page, "models").select_option("models/small_cnn.json")
        page.wait_for_selector("html[data-state=ready]")
        assert not problem.is_visible()
        assert answer(page) == "7"
