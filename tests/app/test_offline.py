"""Without a network: the service worker, its updates, installing, and the app in one file."""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from app_hand import answer, draw_with_mouse, open_app, part, wait_until_stored
from conftest import CHROMIUM, QUIET

from mnist_helpers.app.bundle import write_single_file
from mnist_helpers.app.server import serve
from mnist_helpers.app.site import default_models, stamp_service_worker, write_site
from mnist_helpers.digits import random_drawing, sample_pictures

SEVEN = random_drawing(7, np.random.default_rng(3), height=170, pen=20.0)


class Host:
    """A web host of the app that can change its files and break down."""

    def __init__(self, folder):
        self.folder = write_site(folder)
        self.server = serve(folder, port=0)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def publish(self, heading: str) -> None:
        """Replace the page by a version with another heading."""
        page = self.folder / "index.html"
        page.write_text(page.read_text().replace("<h1>Draw a digit</h1>", f"<h1>{heading}</h1>"))
        stamp_service_worker(self.folder, default_models()[0])

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder)  # connections that are still open get nothing, either


@pytest.fixture
def host(tmp_path):
    host = Host(tmp_path / "site")
    yield host
    if host.folder.exists():
        host.stop()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 900, "height": 640})
    yield context.new_page()
    context.close()


def visit(page, host: Host) -> None:
    """Open the app and wait until it is stored on the device."""
    open_app(page, host.address)
    wait_until_stored(page)


def stored(page) -> dict[str, list[str]]:
    """Paths of the stored files by the name of their cache."""
    return page.evaluate("""async () => {
      const caches_ = {};
      for (const name of await caches.keys()) {
        const requests = await (await caches.open(name)).keys();
        caches_[name] = requests.map((request) => new URL(request.url).pathname);
      }
      return caches_;
    }""")


def reads_a_seven(page) -> bool:
    part(page, "clear").click()
    draw_with_mouse(page, SEVEN)
    return answer(page) == "7"


def reads_a_photo(page) -> bool:
    page.set_input_files("[data-part=file]", sample_pictures()["three_blue_ink.jpg"])
    part(page, "steps").wait_for()
    return answer(page) == "3"


def test_after_one_visit_the_app_opens_and_reads_without_a_server(page, host):
    visit(page, host)
    host.stop()
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    assert reads_a_seven(page)
    assert reads_a_photo(page)
    part(page, "models").select_option("models/small_cnn.json")
    page.wait_for_function(
        "() => document.querySelector('[data-part=model]').textContent.startsWith('Small')"
    )
    assert answer(page) == "3"


def test_without_a_server_the_pages_other_address_opens_too(page, host):
    visit(page, host)
    host.stop()
    page.goto(f"{host.address}index.html?from=bookmark")
    page.wait_for_selector("html[data-state=ready]")
    assert reads_a_seven(page)


@pytest.mark.parametrize("missing", ["icons/icon-512.png", "models/small_cnn.bin", "manifest.webmanifest"])
def test_one_missing_file_does_not_keep_the_app_from_being_stored(page, host, missing):
    (host.folder / missing).unlink()
    visit(page, host)
    host.stop()
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    assert reads_a_seven(page)


def test_a_new_version_replaces_the_stored_one_on_the_next_visit(page, host):
    visit(page, host)
    (before,) = stored(page)
    host.publish("Draw a digit, again")
    page.reload()
    page.wait_for_selector("h1:has-text('again')")
    page.wait_for_selector("html[data-state=ready]")
    (after,) = stored(page)
    assert before != after
    host.stop()
    page.reload()
    page.wait_for_selector("h1:has-text('again')")
    assert reads_a_seven(page)


def test_a_new_version_does_not_take_away_a_drawing(page, host):
    visit(page, host)
    page.reload()  # from now on the stored version answers
    page.wait_for_selector("html[data-state=ready]")
    page.evaluate("() => { globalThis.sameVisit = true; }")
    draw_with_mouse(page, SEVEN)
    host.publish("Draw a digit, again")
    page.evaluate("""async () => {
      const changed = new Promise((done, fail) => {
        navigator.serviceWorker.addEventListener("controllerchange", done, { once: true });
        setTimeout(() => fail(new Error("no new version after 20 s")), 20000);
      });
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      await changed;
    }""")
    page.wait_for_timeout(300)
    assert page.evaluate("globalThis.sameVisit")
    assert answer(page) == "7"


@pytest.mark.parametrize("missing", ["network.js", "models/mlp.bin"])
def test_a_new_version_that_lacks_what_it_needs_leaves_the_old_one(page, host, missing):
    visit(page, host)
    host.publish("Draw a digit, again")
    (host.folder / missing).unlink()
    page.evaluate("""async () => {
      const registration = await navigator.serviceWorker.ready;
      const over = new Promise((done, fail) => {
        registration.addEventListener("updatefound", () => {
          const worker = registration.installing;
          worker.addEventListener("statechange", () => worker.state === "redundant" && done());
        });
        setTimeout(() => fail(new Error("the new version was not refused after 20 s")), 20000);
      });
      await Promise.all([registration.update().catch(() => null), over]);
    }""")
    host.stop()
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    assert page.locator("h1").inner_text() == "Draw a digit"
    assert reads_a_seven(page)


def test_what_was_missing_is_stored_when_it_comes_back(page, host):
    icon = host.folder / "icons" / "icon-512.png"
    content = icon.read_bytes()
    icon.unlink()
    visit(page, host)
    assert not any("/icons/icon-512.png" in files for files in stored(page).values())
    icon.write_bytes(content)
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    assert page.evaluate("async () => (await fetch('icons/icon-512.png')).ok")
    assert any("/icons/icon-512.png" in files for files in stored(page).values())


def test_in_a_subfolder_of_another_host_it_works_all_the_same(page, tmp_path):
    write_site(tmp_path / "pages" / "digits")

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    host = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path / "pages"))
    threading.Thread(target=host.serve_forever, args=(0.05,), daemon=True).start()
    open_app(page, f"http://127.0.0.1:{host.server_port}/digits/")
    wait_until_stored(page)
    host.shutdown()
    host.server_close()
    shutil.rmtree(tmp_path / "pages")
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    assert reads_a_seven(page)


@pytest.fixture
def hindrances(playwright, host, tmp_path):
    """What the browser says that hinders installing the app: codes of errors."""

    def hindrances() -> set[str]:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=QUIET
        )
        page = context.new_page()
        visit(page, host)
        session = context.new_cdp_session(page)
        syntax = session.send("Page.getAppManifest")["errors"]
        errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        context.close()
        return {error["message"] for error in syntax} | {error["errorId"] for error in errors}

    return hindrances


def test_browsers_find_nothing_that_hinders_installing(hindrances):
    assert hindrances() == set()


def test_browsers_would_say_what_hinders_installing(hindrances, host):
    for icon in (host.folder / "icons").iterdir():
        icon.unlink()
    assert "no-acceptable-icon" in hindrances()


@pytest.fixture
def single_file(tmp_path):
    return write_single_file(tmp_path / "digits.html", write_site(tmp_path / "site"))


def test_the_single_file_works_from_disk_and_asks_for_no_other_file(browser, single_file):
    context = browser.new_context(viewport={"width": 900, "height": 640})
    page, requests, complaints = context.new_page(), [], []
    context.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    shutil.rmtree(single_file.parent / "site")
    open_app(page, single_file.as_uri())
    assert reads_a_photo(page)
    assert reads_a_seven(page)
    part(page, "models").select_option("models/small_cnn.json")
    page.wait_for_function(
        "() => document.querySelector('[data-part=model]').textContent.startsWith('Small')"
    )
    assert answer(page) == "7"
    assert requests == [single_file.as_uri()]
    assert complaints == []
    context.close()


@pytest.mark.parametrize("sandbox", ["", 'sandbox="allow-scripts"'])  # the second is Jupyter's
def test_the_single_file_works_in_an_iframe(page, single_file, sandbox):
    around = single_file.with_name("notebook.html")
    around.write_text(
        f'<p>A notebook</p><iframe src="{single_file.name}" {sandbox} width="800" height="600"></iframe>'
    )
    page.goto(around.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("html[data-state=ready]").wait_for()
    box = frame.locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    frame.locator('[data-part="digit"]', has_text="1").wait_for()
