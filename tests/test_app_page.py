"""The page in a real browser: drawing with mouse, fingers and keys; what it shows; what it never does."""

import json
import re

import numpy as np
import pytest
from app_hand import Fingers, answer, count_strokes, draw_with_mouse, ink, open_app, part, settle, to_page

from mnist_helpers.app.site import write_site
from mnist_helpers.drawings import random_drawing

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
        open_app(page, address)
        return page

    open_page.complaints, open_page.requests = complaints, requests
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("http://127.0.0.1:", "file:"))] == []


def test_a_page_weighs_at_most_600_kilobytes_and_comes_from_one_place(open_page, app_address):
    page = open_page()
    sizes = {}
    page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
    page.goto(app_address)
    page.wait_for_selector("html[data-state=ready]")
    draw_with_mouse(page, SEVEN)
    assert answer(page) == "7"
    assert 437_544 < sum(sizes.values()) <= 600_000
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
    assert page.locator(".bars li").nth(7).get_attribute("class") == "best"
    assert page.locator(".bars small").nth(7).inner_text() == f"{round(100 * shares(page)[7])}%"
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


def test_a_screen_reader_hears_one_sentence_after_the_hand_has_rested(open_page):
    page = open_page()
    spoken = part(page, "spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    script = """spoken => {
      globalThis.said = [];
      new MutationObserver(() => said.push(spoken.textContent)).observe(spoken, { childList: true });
    }"""
    spoken.evaluate(script)
    draw_with_mouse(page, SEVEN)
    page.wait_for_function("() => globalThis.said.some((sentence) => sentence.includes('looks like 7'))")
    said = page.evaluate("() => globalThis.said.filter((sentence) => sentence !== 'The canvas is empty.')")
    assert len(said) <= 2
    assert re.fullmatch(r"This looks like 7, \d+%\.( Or \d, \d+%\.)?", said[-1])
    names = page.eval_on_selector_all("[role=meter]", "bars => bars.map((bar) => bar.ariaLabel)")
    assert names == [f"Digit {digit}, percent" for digit in range(10)]


def test_a_stroke_goes_on_outside_of_the_canvas_and_back(open_page):
    page = open_page()
    script = "async () => { globalThis.pad = (await import('./app.js')).pad; }"
    page.evaluate(script)
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


def test_dark_and_light_follow_the_system_and_ink_stays_readable(open_page):
    page = open_page()
    draw_with_mouse(page, SEVEN)
    for scheme, is_dark in (("light", False), ("dark", True)):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        paper, pen = page.evaluate("""() => {
          const canvas = document.querySelector("canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let at = 3;
          while (data[at] < 255) at += 4;
          const paper = getComputedStyle(canvas).backgroundColor.match(/\\d+/g).map(Number);
          return [paper, [data[at - 3], data[at - 2], data[at - 1]]];
        }""")
        assert (np.mean(paper) < 128) == is_dark
        assert abs(np.mean(paper) - np.mean(pen)) > 150


def test_the_other_model_can_be_chosen(open_page):
    page = open_page()
    draw_with_mouse(page, SEVEN)
    part(page, "models").select_option("models/small_cnn.json")
    page.wait_for_function(
        "() => document.querySelector('[data-part=model]').textContent.startsWith('Small conv')"
    )
    assert answer(page) == "7"


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
    if name == "missing":
        assert len(open_page.complaints) == 1
        assert "404" in open_page.complaints.pop()
    if name != "missing":  # the page is not lost: another model can be chosen
        part(page, "models").select_option("models/small_cnn.json")
        page.wait_for_selector("html[data-state=ready]")
        assert not problem.is_visible()
        assert answer(page) == "7"
