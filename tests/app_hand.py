"""A hand for the app's tests: it opens the page, draws with mouse or finger, and reads the answer."""

import base64
import json

import numpy as np
import torch

from mnist_helpers.app.site import SOURCE
from mnist_helpers.digits import CANVAS_SIZE, Drawing
from mnist_helpers.preprocessing import Split


def look_inside(page) -> None:
    """Before the page is opened: let its test import what the app's main module keeps to itself."""
    script = (SOURCE / "app.js").read_text(encoding="utf-8") + "\nexport { choose, pad, update };\n"
    page.route("**/app.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))


def open_app(page, address: str) -> None:
    """Open the page and wait until its model is ready, or is known to be broken."""
    page.on("filechooser", lambda chooser: None)  # heard from the start: a key may be quicker
    page.goto(address)
    page.wait_for_selector("html[data-state]")


def stop_clock(page) -> None:
    """From now on no time passes for the page but what a test lets pass, however busy the machine is."""
    # What waits for the real clock since the page was opened would speak in the middle of the test.
    page.locator("[data-part=spoken]:not(:empty)").wait_for(state="attached")
    page.clock.install(time="2026-01-01")
    page.clock.pause_at("2026-01-02")


def wait_until_stored(page) -> None:
    """Wait until the service worker has stored the app, and not for ever."""
    page.evaluate("""() => Promise.race([
      navigator.serviceWorker.ready.then(() => null),
      new Promise((_, fail) => setTimeout(() => fail(new Error("no service worker after 20 s")), 20000)),
    ])""")


def part(page, name: str):
    return page.locator(f'[data-part="{name}"]')


def to_page(page, points) -> list[tuple[float, float]]:
    """From canvas units to the page's pixels."""
    box = part(page, "canvas").bounding_box()
    scale = box["width"] / CANVAS_SIZE
    return [(box["x"] + x * scale, box["y"] + y * scale) for x, y in np.asarray(points).tolist()]


def thinned(stroke, step: int = 10):
    """Fewer points of a smooth curve, the last one included: as many as a quick hand gives."""
    return np.concatenate([stroke[:-1:step], stroke[-1:]])


def draw_with_mouse(page, drawing: Drawing, step: int = 10) -> None:
    for stroke in drawing.strokes:
        first, *others = to_page(page, thinned(stroke, step))
        page.mouse.move(*first)
        page.mouse.down()
        for point in others:
            page.mouse.move(*point)
        page.mouse.up()


class Fingers:
    """Fingers on an emulated touch screen, each known by a number."""

    def __init__(self, page):
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.points: dict[int, tuple[float, float]] = {}

    def put(self, finger: int, point) -> None:
        """Put a finger down at a point of the canvas, or move it there."""
        kind = "touchMove" if finger in self.points else "touchStart"
        self.points[finger] = to_page(self.page, [point])[0]
        self._send(kind)

    def lift(self, finger: int) -> None:
        del self.points[finger]
        self._send("touchMove" if self.points else "touchEnd")  # a finger that is missing has been lifted

    def draw(self, drawing: Drawing) -> None:
        for stroke in drawing.strokes:
            for point in thinned(stroke):
                self.put(1, point)
            self.lift(1)

    def _send(self, kind: str) -> None:
        touches = [{"x": x, "y": y, "id": finger} for finger, (x, y) in self.points.items()]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def settle(page) -> None:
    """Wait until what was drawn is on the screen."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def answer(page) -> str:
    """The digit that the page shows, "?" for none."""
    settle(page)
    return part(page, "digit").inner_text()


def ink(page) -> np.ndarray:
    """The ink on the canvas, after `look_inside`: (280, 280) uint8."""
    text = page.evaluate(
        f"async () => {{ {TO_BASE64} return toBase64((await import('./app.js')).pad.drawing.ink()); }}"
    )
    return from_base64(text).reshape(CANVAS_SIZE, CANVAS_SIZE)


def count_strokes(page) -> int:
    return page.evaluate("async () => (await import('./app.js')).pad.drawing.strokes.length")


TO_BASE64 = """
  const toBase64 = (values) => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    let text = "";
    for (let start = 0; start < bytes.length; start += 4096) {
      text += String.fromCharCode(...bytes.subarray(start, start + 4096));
    }
    return btoa(text);
  };
  const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
"""


def from_base64(text: str, dtype=np.uint8) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def to_base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def as_saved(drawings: Split) -> str:
    """Drawings, images of shape (n, 784) in [0, 1] and their digits, as the file that the app saves."""
    images = (drawings.images * 255).round().to(torch.uint8).numpy()
    pairs = zip(drawings.labels.tolist(), map(to_base64, images), strict=True)
    return json.dumps({"format": 1, "drawings": [{"digit": digit, "image": image} for digit, image in pairs]})


def put_in(page, way: str, content: bytes) -> None:
    """Paste a picture, or drop it on the page."""
    script = f"""([way, text]) => {{ {TO_BASE64}
      const data = new DataTransfer();
      data.items.add(new File([fromBase64(text)], "picture"));
      const told = {{ bubbles: true, cancelable: true }};
      const event = way === "paste"
        ? new ClipboardEvent(way, {{ ...told, clipboardData: data }})
        : new DragEvent(way, {{ ...told, dataTransfer: data }});
      document.body.dispatchEvent(event);
    }}"""
    page.evaluate(script, [way, to_base64(np.frombuffer(content, np.uint8))])


def violations(page, axe: str) -> list[tuple[str, str]]:
    """What axe-core, as text, finds on the page that keeps people out: rules, and where they are broken."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")["violations"]
    return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]


def complaints_of(page) -> list[str]:
    """A list that the page's errors, and what it writes to the console as such, are added to from now on."""
    complaints: list[str] = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
