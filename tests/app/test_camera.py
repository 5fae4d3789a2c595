"""Pictures in the app: the preparation in JavaScript against Python's; what the page shows and refuses."""

import io
from dataclasses import replace

import numpy as np
import pytest
from app_hand import (
    TO_BASE64,
    answer,
    complaints_of,
    draw_with_mouse,
    from_base64,
    open_app,
    part,
    put_in,
    to_base64,
    violations,
)
from hard_pictures import (
    BLANK,
    PEN,
    RULED,
    SQUARED,
    blurred,
    dark_squares,
    dust,
    hairline,
    joined_word,
    lined,
    pale,
    ruled_and_blank,
    side_by_side,
    skipping_pen,
)
from PIL import Image, ImageDraw

from mnist_helpers import flatten, normalise, predict, prepare_picture
from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.site import MODELS
from mnist_helpers.digits import Photo, draw_photo, random_drawing

COLOURED = Photo(3, centre=(0.36, 0.55), ink=(35, 60, 150), shadow=0.45)
PHONE = {"viewport": {"width": 360, "height": 720}, "is_mobile": True, "has_touch": True}


def on_nothing(colour: tuple[int, ...]) -> Image.Image:
    """A stroke with soft edges on a see-through page."""
    picture = Image.new("RGBA", (600, 500), (*colour[:3], 0))
    ImageDraw.Draw(picture).line([(160, 40), (360, 460)], fill=colour, width=44)
    return picture.resize((601, 503), Image.Resampling.LANCZOS)


def as_file(picture: Image.Image, kind: str = "png", **settings) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **settings)
    return buffer.getvalue()


def sideways() -> bytes:
    """A photo as a phone writes it: lying on its side, with a note of how the phone was held."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 270 degrees to look at it
    return as_file(draw_photo(COLOURED).rotate(90, expand=True), "jpeg", exif=exif, quality=92)


PICTURES = {
    "colour and shadow": draw_photo(COLOURED),
    "chalk": draw_photo(Photo(5, ink=(230, 230, 225), paper=(40, 60, 50))),
    "yellow": draw_photo(Photo(2, ink=(255, 240, 90), paper=(250, 250, 250))),
    "thick pen": draw_photo(Photo(5, size=(400, 400), height=0.95, pen=0.16)),
    "small part of a large picture": draw_photo(Photo(3, size=(1200, 900), height=0.2, pen=0.02)),
    "tall": draw_photo(Photo(3, size=(200, 900), height=0.9, pen=0.09)),
    "28 by 28": Image.fromarray(prepare_picture(draw_photo(PEN)).framed),
    "dark on nothing": on_nothing((0, 0, 60, 255)),
    "light on nothing": on_nothing((255, 255, 255, 255)),
    "half covering": on_nothing((200, 30, 30, 140)),
    "ruled": draw_photo(lined(PEN, digit=8, **RULED[0])),
    "squared, tilted": draw_photo(lined(PEN, digit=2, **RULED[2])),
    "squared, dark lines": draw_photo(lined(PEN, digit=8, **RULED[3])),
    "squared, shadow": draw_photo(lined(PEN, digit=2, **RULED[4])),
    "lines as dark as ink": dark_squares((40, 40, 45)),
    "pale": pale(26),
    "a pen that skips": skipping_pen(),
    "blurred": blurred(3),
    "hairline": hairline(),
    "too pale": pale(4),
    "grain": draw_photo(replace(COLOURED, ink=(235, 230, 220))),
    "blank, ruled": ruled_and_blank(RULED[0]),
    "blank, squared": ruled_and_blank(SQUARED),
    "blank, dark squares": dark_squares(Photo(4).paper),
    "dust": dust(),
    "blank": draw_photo(BLANK),
    "several": side_by_side(4, 2),
    "joined": joined_word(),
}
FILES = {
    "turned": sideways(),
    "jpeg": as_file(draw_photo(COLOURED), "jpeg", quality=80),
    "webp": as_file(draw_photo(COLOURED), "webp", lossless=True),
    "gif": as_file(draw_photo(PEN), "gif"),
    "bmp": as_file(draw_photo(PEN), "bmp"),
}


@pytest.fixture(scope="module")
def page(browser, app_address):
    """The app, whose every request and complaint is seen."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page, requests = context.new_page(), []
    complaints = complaints_of(page)
    context.on("request", lambda request: requests.append(request))
    open_app(page, app_address)
    yield page
    context.close()
    assert complaints == []
    assert {(request.method, request.post_data) for request in requests} == {("GET", None)}
    assert {request.url.startswith(app_address) for request in requests} == {True}


PREPARE = f"""async ([name, text]) => {{ {TO_BASE64}
  const {{ prepareInBackground }} = await import("./background.js");
  const {{ loadModel }} = await import("./model.js");
  const {{ read }} = await import("./files.js");
  const prepared = await prepareInBackground(new Blob([fromBase64(text)]));
  const steps = Object.entries(prepared.steps).map(
    ([step, {{ values, width, height }}]) => [step, toBase64(values), height, width]);
  const model = await loadModel("models/mlp.json", read);
  const probabilities = prepared.image === null ? [] : [...model.probabilities(prepared.image)];
  return {{ steps, problem: prepared.problem, digit: probabilities.indexOf(Math.max(...probabilities)) }};
}}"""


@pytest.mark.parametrize("name", [*PICTURES, *FILES])
def test_a_picture_is_prepared_in_javascript_as_in_python_and_read_alike(page, name, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(FILES.get(name) or as_file(PICTURES[name]))
    given = page.evaluate(PREPARE, [name, to_base64(np.frombuffer(path.read_bytes(), np.uint8))])
    expected, problem = None, ""
    try:
        expected = prepare_picture(path)
    except ValueError as refusal:
        problem = str(refusal)
    assert given["problem"] == problem
    if expected is None:
        return
    assert [step for step, *_ in given["steps"]] == list(vars(expected))
    for step, text, *shape in given["steps"]:
        theirs = getattr(expected, step)
        assert tuple(shape) == theirs.shape, step
        difference = np.abs(from_base64(text).reshape(shape).astype(int) - theirs)
        limit = 1 if step in ("grey", "framed") or name in PICTURES else 4  # a file's levels may be rounded
        assert difference.max() <= limit, step
    model, _ = read_model(MODELS / "mlp.json")
    assert given["digit"] == predict(model, flatten(normalise(expected.image))).digit.item()


def choose(page, content: bytes, name: str = "picture.png") -> None:
    """Choose a file, and wait until it is prepared or refused."""
    part(page, "clear").click()
    page.set_input_files("[data-part=file]", {"name": name, "mimeType": "", "buffer": content})
    wait_for_picture(page)


def wait_for_picture(page) -> None:
    part(page, "steps").or_(part(page, "refusal")).filter(visible=True).first.wait_for()


def test_a_chosen_picture_is_answered_with_every_step_and_a_stroke_takes_it_away(page):
    with page.expect_event("worker"):  # the page stays alive meanwhile
        choose(page, as_file(PICTURES["squared, shadow"]))
    assert answer(page) == "2"
    assert part(page, "steps").locator("li").all_inner_texts() == [
        "grey, and upright", "ink, bright on black", "threshold: no grain, lines or dust", "crop",
        "a box of 20 × 20", "centre of mass in 28 × 28",
    ]  # fmt: skip
    sizes = "canvases => canvases.map((canvas) => canvas.width)"
    assert part(page, "steps").locator("canvas").evaluate_all(sizes)[::5] == [280, 28]
    assert part(page, "picture").is_visible()
    page.wait_for_function(
        "() => document.querySelector('[data-part=spoken]').textContent.startsWith('This looks like 2')"
    )
    draw_with_mouse(page, random_drawing(7, np.random.default_rng(3), height=170, pen=20.0))
    assert answer(page) == "7"
    for name in ("picture", "steps", "refusal"):
        assert not part(page, name).is_visible()


def test_clear_takes_a_picture_away_and_the_same_one_can_be_chosen_again(page):
    for _ in range(2):
        choose(page, as_file(PICTURES["colour and shadow"]))
        assert answer(page) == "3"
        assert part(page, "file").evaluate("input => input.files.length") == 0
        page.keyboard.press("Escape")
        assert answer(page) == "?"
        assert not part(page, "steps").is_visible()


HUGE = b"\x89PNG\r\n\x1a\n" + bytes.fromhex(
    "0000000d49484452 000186a0 000186a0 0802000000 00000000  00000000 49454e44 ae426082"
)
PHOTO_OF_AN_IPHONE = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
BROKEN = {
    "empty": (b"", "The file is empty; take or choose the picture again."),
    "text": (b"dear diary", "This is not a picture that a browser can read; save it as PNG or JPEG."),
    "HEIC": (PHOTO_OF_AN_IPHONE, "This browser cannot read HEIC photos; set the camera to JPEG"),
    "huge": (HUGE, "The picture has too many pixels, or none; make a smaller copy."),
    "half a JPEG": (FILES["jpeg"][:6000], "The picture is damaged, or only a part of it has arrived;"),
    "head of a JPEG": (FILES["jpeg"][:100], "The picture is damaged"),
    "half a PNG": (as_file(PICTURES["pale"])[:20000], "The picture is damaged"),
    "half a GIF": (FILES["gif"][:9], "The picture is damaged"),
    "a spoilt PNG": (as_file(PICTURES["pale"]).replace(b"IDAT", b"IDAX"), "The picture is damaged"),
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_size_and_end_are_seen_before_a_browser_decodes_what_is_half_there(page, kind):
    """Not every browser refuses a file that ends too early."""
    content = as_file(PICTURES["tall"], kind)
    script = f"""async (text) => {{ {TO_BASE64}
      const {{ kindOf, look }} = await import("./headers.js");
      const bytes = fromBase64(text);
      const parts = [bytes, bytes.subarray(0, bytes.length / 2)];
      return parts.map((part) => [kindOf(part), look(part, kindOf(part))]);
    }}"""
    whole, half = page.evaluate(script, to_base64(np.frombuffer(content, np.uint8)))
    assert whole == [kind, {"size": [200, 900], "isWhole": True}]
    assert half[1]["isWhole"] is False


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_whole_picture_is_one_sentence(page, name):
    content, sentence = BROKEN[name]
    choose(page, content)
    refusal = part(page, "refusal")
    assert refusal.inner_text().startswith(sentence)
    assert refusal.inner_text().endswith(".")
    assert refusal.get_attribute("role") == "alert"
    assert not part(page, "steps").is_visible()
    assert answer(page) == "?"


def test_a_refused_picture_shows_the_steps_so_far_and_only_the_alert_speaks(page):
    choose(page, as_file(PICTURES["several"]))
    assert part(page, "refusal").inner_text() == (
        "There seem to be several digits on this picture; photograph one, with nothing beside it."
    )
    assert part(page, "steps").locator("li").count() == 3
    assert answer(page) == "?"
    assert part(page, "confidence").inner_text() == ""
    page.locator("[data-part=spoken]:empty").wait_for(state="attached")


@pytest.mark.parametrize(
    ("happening", "sentence"),
    [
        (
            "document.querySelector('[data-part=camera]').dispatchEvent(new Event('cancel'))",
            "No photo was taken; if the camera did not open, allow it for this browser in the settings",
        ),
        (
            """{ const file = new File(["x"], "x.png");
              file.arrayBuffer = () => Promise.reject(new DOMException("no", "NotReadableError"));
              import("./opening.js").then(async ({ prepareFile }) => {
                const refusal = document.querySelector("[data-part=refusal]");
                refusal.textContent = (await prepareFile(file)).problem;
                refusal.hidden = false;
              }); }""",
            "the file cannot be read; allow this app to read it, or choose the picture again",
        ),
    ],
    ids=["camera", "file"],
)
def test_a_permission_that_is_refused_is_one_sentence(page, happening, sentence):
    part(page, "clear").click()
    page.evaluate(f"() => {{ {happening} }}")
    wait_for_picture(page)
    assert part(page, "refusal").inner_text().startswith(sentence)


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_can_be_pasted_and_dropped(page, way):
    part(page, "clear").click()
    put_in(page, way, as_file(PICTURES["colour and shadow"]))
    wait_for_picture(page)
    assert answer(page) == "3"


def start_choosing(page):
    """Open the window in which a picture is chosen."""
    with page.expect_file_chooser() as opened:
        part(page, "file").press("Enter")
    return opened.value


def test_the_worker_starts_while_a_picture_is_being_chosen(browser, app_address):
    page, started = browser.new_context(service_workers="block").new_page(), []
    page.on("request", lambda request: started.append(request.url.endswith("photo-worker.js")))
    open_app(page, app_address)
    with page.expect_request("**/photo-worker.js"):
        chooser = start_choosing(page)
    start_choosing(page)
    chooser.set_files({"name": "a.jpg", "mimeType": "", "buffer": FILES["turned"]})
    wait_for_picture(page)
    assert (answer(page), sum(started)) == ("3", 1)
    page.context.close()


def test_the_latest_picture_counts(browser, app_address):
    page, held = browser.new_context(service_workers="block").new_page(), []
    page.route("**/photo-worker.js", lambda route: route.continue_() if held else held.append(route))
    open_app(page, app_address)
    with page.expect_request("**/photo-worker.js"):
        put_in(page, "paste", as_file(PICTURES["chalk"]))
    put_in(page, "paste", as_file(PICTURES["colour and shadow"]))
    wait_for_picture(page)
    assert answer(page) == "3"
    held[0].continue_()
    for _ in range(2):  # meanwhile the first one is ready, too
        page.evaluate(PREPARE, ["", to_base64(np.frombuffer(as_file(PICTURES["chalk"]), np.uint8))])
    assert answer(page) == "3"
    page.context.close()


@pytest.mark.parametrize(
    "worker", ["", "self.onmessage = () => self.postMessage(null);"], ids=["none", "old"]
)
def test_without_a_worker_that_can_the_page_prepares_the_picture_itself(browser, app_address, worker):
    page = browser.new_context(service_workers="block").new_page()
    answer_with = {"body": worker, "content_type": "text/javascript"} if worker else {"status": 404}
    page.route("**/photo-worker.js", lambda route: route.fulfill(**answer_with))
    open_app(page, app_address)
    with page.expect_response("**/photo-worker.js"):  # which fails before there is a picture
        start_choosing(page)
    choose(page, as_file(PICTURES["colour and shadow"]))
    assert answer(page) == "3"
    page.evaluate("""() => {
      globalThis.createImageBitmap = async () => ({ width: 9, height: 9, close() {} });  // nothing to draw
    }""")
    choose(page, as_file(PICTURES["colour and shadow"]))
    assert part(page, "refusal").inner_text() == (
        "This device cannot prepare the picture; make a smaller copy."
    )
    page.context.close()


def test_with_keys_alone_a_picture_can_be_chosen(page):
    part(page, "clear").focus()
    page.keyboard.press("Tab")  # a desk has no camera, so the next thing is the picture
    assert page.evaluate("document.activeElement.dataset.part") == "file"
    ring = page.locator(".button:focus-within").evaluate("label => getComputedStyle(label).outlineStyle")
    assert ring == "solid"
    with page.expect_file_chooser():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_there_is_a_camera_and_nothing_is_wider_than_the_screen(browser, app_address, scheme, axe):
    page = browser.new_context(**PHONE, color_scheme=scheme).new_page()
    open_app(page, app_address)
    camera = part(page, "camera")
    assert page.locator(".camera").is_visible()
    assert (camera.get_attribute("accept"), camera.get_attribute("capture")) == ("image/*", "environment")
    page.set_input_files("[data-part=camera]", {"name": "a.jpg", "mimeType": "", "buffer": FILES["turned"]})
    wait_for_picture(page)
    assert answer(page) == "3"
    for width, height in ((360, 720), (320, 568), (700, 340)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [
            box.bounding_box() for box in (part(page, "canvas"), *page.locator(".paper .buttons > *").all())
        ]
        ends = [box["x"] + box["width"] for box in boxes]
        assert max(ends) <= ends[0] + 1  # four buttons below the canvas, and none beside it
    assert violations(page, axe) == []
    page.set_input_files("[data-part=file]", {"name": "a.jpg", "mimeType": "", "buffer": b""})
    wait_for_picture(page)
    assert violations(page, axe) == []
    page.context.close()


def test_at_a_desk_only_a_picture_is_offered(page):
    assert not page.locator(".camera").is_visible()
    assert page.locator(".button", has=part(page, "file")).inner_text().lower() == "choose a picture"
