"""How fast the app is ready and answers, and the pad in JupyterLab, in a real browser:
`python tests/benchmarks/bench_app.py`.

With `--photo` it only times a photo of 12 megapixels, with `--lessons` only lessons; with `--screenshot FILE`
it only photographs the app: on a desktop in light colours, on a phone in dark ones.
"""

import argparse
import base64
import io
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from app_hand import draw_with_mouse, open_app, part, settle
from conftest import CHROMIUM, QUIET
from hard_pictures import SQUARED, lined
from lab_hand import draw, jupyterlab, open_notebook, run_all, write_pad_notebook

from mnist_helpers.app.server import serve
from mnist_helpers.app.site import default_models, write_site
from mnist_helpers.digits import Photo, draw_photo, random_drawing

DESKTOP = {"viewport": {"width": 960, "height": 864}}
PHONE = {"viewport": {"width": 360, "height": 720}, "color_scheme": "dark", "device_scale_factor": 1}

# When the page is ready, and for every piece of a stroke the time from the pointer's event until the
# bars that it moved have been painted.
WATCH = """() => {
  globalThis.delays = [];
  let moved = null;
  const note = (event) => { moved = event.timeStamp; };
  for (const kind of ["pointerdown", "pointermove"]) addEventListener(kind, note, true);
  addEventListener("DOMContentLoaded", () => {
    const root = document.documentElement;
    const ready = new MutationObserver(() => { globalThis.readyAt ??= performance.now(); });
    ready.observe(root, { attributes: true });
    const painted = new MessageChannel();
    painted.port1.onmessage = ({ data }) => delays.push(performance.now() - data);
    new MutationObserver(() => {
      if (moved !== null) painted.port2.postMessage(moved);
      moved = null;
    }).observe(document.querySelector("[data-part=bars]"), { attributes: true, subtree: true });
  });
}"""


# In JupyterLab answers come from the kernel, one after the other: what counts is the time from the last
# piece of a stroke until the bars stand still.
WATCH_PAD = """() => {
  globalThis.drawnAt = globalThis.movedAt = 0;
  const pad = document.querySelector(".drawing-pad");
  const note = (event) => { if (event.buttons) drawnAt = event.timeStamp; };
  for (const kind of ["pointerdown", "pointermove"]) pad.addEventListener(kind, note, true);
  const painted = new MessageChannel();
  painted.port1.onmessage = () => { movedAt = performance.now(); };
  new MutationObserver(() => painted.port2.postMessage(null)).observe(
    pad.querySelector("[data-part=bars]"), { attributes: true, subtree: true });
}"""
REST = 500  # milliseconds after a stroke in which every answer has come


def watched_page(browser: Browser, slowdown: int) -> Page:
    page = browser.new_context(**DESKTOP).new_page()
    page.add_init_script(f"({WATCH})()")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    return page


def time_ready(browser: Browser, address: str, slowdown: int, times: int = 8) -> float:
    """Median of the milliseconds from the request to a model that is ready, without any cache."""
    measured = []
    for _ in range(times):
        page = watched_page(browser, slowdown)
        open_app(page, address)
        measured.append(page.evaluate("readyAt"))
        page.context.close()
    return float(np.median(measured))


def time_answers(browser: Browser, address: str, model: str, slowdown: int, digits: int = 40) -> np.ndarray:
    """Milliseconds from every piece of a stroke to the painted bars."""
    page = watched_page(browser, slowdown)
    open_app(page, address)
    part(page, "models").select_option(f"models/{model}.json")
    page.wait_for_selector("html[data-state=ready]")
    rng = np.random.default_rng(0)
    for index in range(digits):
        draw_with_mouse(page, random_drawing(index % 10, rng, pen=20.0))
        settle(page)
        page.keyboard.press("Escape")
    delays = np.array(page.evaluate("delays"))
    page.context.close()
    return delays


# From the choice of a file, some time after the window for it was opened, to the painted answer; and the same
# work in the page itself, because Chromium slows the page down and no worker. What decodes the file runs
# beside both and is never slowed down.
TIME_PHOTO = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const file = new File([bytes], "photo.jpg");
  const steps = document.querySelector("[data-part=steps]");
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const { prepareFile } = await import("./opening.js");
  const data = new DataTransfer();
  data.items.add(file);
  document.querySelector("[data-part=file]").dispatchEvent(new Event("click"));
  await new Promise((done) => setTimeout(done, 3000));
  const start = performance.now();
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
  while (steps.hidden) await painted();
  await painted();
  const chosen = performance.now();
  await prepareFile(file);
  return [chosen - start, performance.now() - chosen];
}"""


def time_photo(browser: Browser, address: str, slowdown: int, times: int = 7) -> np.ndarray:
    """Milliseconds for a photo of 12 megapixels: (times, 2), in a worker and in the page."""
    photo = draw_photo(lined(Photo(3, shadow=0.45, ink=(35, 60, 150)), **SQUARED))
    content = io.BytesIO()
    photo.resize((4000, 3000)).save(content, "jpeg", quality=92)
    measured = []
    for _ in range(times):
        page = watched_page(browser, slowdown)
        open_app(page, address)
        measured.append(page.evaluate(TIME_PHOTO, base64.b64encode(content.getvalue()).decode()))
        page.context.close()
    return np.array(measured)


# From the tap on the true digit until the bars have been painted anew, and until the sentence has that tells
# what was learnt, for which 150 digits are read.
WATCH_LESSON = """() => {
  globalThis.lessons = [];
  let [tapped, moved] = [0, 0];
  addEventListener("pointerup", (event) => { tapped = event.timeStamp; }, true);
  const painted = new MessageChannel();
  painted.port1.onmessage = ({ data: isTold }) => {
    if (isTold) lessons.push([moved - tapped, performance.now() - tapped]);
    else moved = performance.now();
  };
  const watch = (name, options, isTold) => new MutationObserver(() => painted.port2.postMessage(isTold))
    .observe(document.querySelector(`[data-part=${name}]`), options);
  watch("bars", { attributes: true, subtree: true }, false);
  watch("learnt", { childList: true }, true);
}"""


def time_lessons(browser: Browser, address: str, model: str, slowdown: int, count: int = 10) -> np.ndarray:
    """Milliseconds of learning, to the new answer and to the sentence, for each of `count` drawings."""
    page = watched_page(browser, slowdown)
    open_app(page, address)
    part(page, "models").select_option(f"models/{model}.json")
    page.wait_for_selector("html[data-state=ready]")
    page.evaluate(WATCH_LESSON)
    rng = np.random.default_rng(0)
    for index in range(count):
        draw_with_mouse(page, random_drawing(index % 10, rng, pen=20.0))
        page.wait_for_timeout(800 if index else 6000)  # the first time the hand rests, the app prepares
        page.get_by_role("button", name=f"It is a {(index + 1) % 10}").click()  # always wrong
        page.wait_for_function(f"() => lessons.length > {index}")
        page.keyboard.press("Escape")
    durations = 'performance.getEntriesByName("lesson", "measure").map(({ duration }) => duration)'
    learning = page.evaluate(durations)
    lessons = np.column_stack([learning, page.evaluate("lessons")])
    page.context.close()
    return lessons


def time_pad(browser: Browser, strokes: int = 60) -> np.ndarray:
    """Milliseconds from the end of a stroke on the pad to the bars of the kernel's last answer."""
    rng = np.random.default_rng(0)
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    delays = []
    with tempfile.TemporaryDirectory() as folder, jupyterlab(write_pad_notebook(Path(folder))) as address:
        open_notebook(page, address)
        run_all(page)
        page.evaluate(WATCH_PAD)
        for _ in range(strokes):
            draw(page, rng.uniform(30, 250, (4, 2)).tolist())
            page.wait_for_timeout(REST)
            delays.append(page.evaluate("movedAt - drawnAt"))
            page.locator(".drawing-pad [data-part=clear]").click()
        page.close()
    return np.array(delays)


def measure(browser: Browser, address: str) -> None:
    print("processor   model       ready     stroke to bars: median     95 %   of pieces")
    for slowdown in (1, 6):
        ready = time_ready(browser, address, slowdown)
        for model in default_models():
            delays = time_answers(browser, address, model, slowdown)
            print(
                f"{'as it is' if slowdown == 1 else f'{slowdown}x slower':<11} {model:<10} {ready:5.0f} ms"
                f" {np.median(delays):21.1f} ms {np.percentile(delays, 95):6.1f} ms {len(delays):8,}",
                flush=True,
            )


def measure_lessons(browser: Browser, address: str) -> None:
    print(
        "a lesson     model       learning: median    most   to the answer: median   first   most"
        "   to the sentence: median"
    )
    for slowdown in (1, 6):
        for model in default_models():
            learning, answered, told = time_lessons(browser, address, model, slowdown).T
            print(
                f"{'as it is' if slowdown == 1 else f'{slowdown}x slower':<12} {model:<10}"
                f" {np.median(learning):16.0f} ms {learning.max():4.0f} ms"
                f" {np.median(answered):20.0f} ms {answered[0]:4.0f} ms {answered.max():3.0f} ms"
                f" {np.median(told):22.0f} ms",
                flush=True,
            )


def measure_photo(browser: Browser, address: str) -> None:
    print("photo of 12 megapixels   in a worker: median    best   in the page: median    best")
    for slowdown in (1, 4):
        worker, page = time_photo(browser, address, slowdown).T
        print(
            f"{'as it is' if slowdown == 1 else f'{slowdown}x slower':<23} {np.median(worker):18.0f} ms "
            f"{worker.min():4.0f} ms {np.median(page):18.0f} ms {page.min():4.0f} ms",
            flush=True,
        )


def measure_pad(browser: Browser) -> None:
    delays = time_pad(browser)
    print(f"pad in JupyterLab, stroke to bars: {np.median(delays):.1f} ms, 95 %", end=" ")
    print(f"{np.percentile(delays, 95):.1f} ms of {len(delays)} strokes")


def photograph(browser: Browser, address: str, path: Path) -> None:
    """Desktop and phone side by side, each with a digit drawn."""
    shots = []
    for settings, digit, height in ((DESKTOP, 3, 190.0), (PHONE, 8, 180.0)):
        page = browser.new_context(**settings).new_page()
        open_app(page, address)
        drawing = random_drawing(digit, np.random.default_rng(12), height=height, pen=20.0)
        draw_with_mouse(page, drawing, step=2)
        settle(page)
        shots.append(Image.open(io.BytesIO(page.screenshot(full_page=True))))
        page.context.close()
    gap = 24
    size = (sum(shot.width for shot in shots) + gap, max(shot.height for shot in shots))
    picture = Image.new("RGB", size, "white")
    picture.paste(shots[0], (0, 0))
    picture.paste(shots[1], (shots[0].width + gap, 0))
    picture.quantize(128).save(path, optimize=True)
    print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", action="store_true", help="only time a photo")
    parser.add_argument("--lessons", action="store_true", help="only time lessons")
    parser.add_argument("--screenshot", type=Path, help="only photograph the app")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = serve(write_site(Path(folder, "site")), port=0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        address = f"http://127.0.0.1:{server.server_port}/"
        if chosen.screenshot:
            photograph(browser, address, chosen.screenshot)
        elif chosen.photo:
            measure_photo(browser, address)
        elif chosen.lessons:
            measure_lessons(browser, address)
        else:
            measure(browser, address)
            measure_lessons(browser, address)
            measure_photo(browser, address)
            measure_pad(browser)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
