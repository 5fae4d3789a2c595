"""The drawing pad: the kernel's model answers, in a real JupyterLab page too."""

import pytest
import torch
from app_hand import settle, stop_clock
from lab_hand import draw, jupyterlab, open_notebook, run_all, write_pad_notebook

from mnist_helpers import predict_proba
from mnist_helpers.app.bundle import bundle
from mnist_helpers.app.drawing_pad import WIDGET, DrawingPad
from mnist_helpers.app.exporting import ExportError, read_model
from mnist_helpers.app.site import MODELS
from mnist_helpers.app.teaching import rehearsal_digits, teach
from mnist_helpers.app.teaching_pad import TeachingPad
from mnist_helpers.course import runner
from mnist_helpers.extensions.your_own_digit.hands import strangers_hand
from mnist_helpers.networks import small_resnet


@pytest.fixture
def model():
    return read_model(MODELS / "mlp.json")[0]


def test_the_answer_is_the_models(model):
    pad = DrawingPad(model)
    levels = torch.randint(0, 256, (784,), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    pad.image = levels.numpy().tobytes()
    assert torch.equal(pad.pixels, levels[None].float() / 255)
    assert pad.probabilities == pytest.approx(predict_proba(model, pad.pixels)[0].tolist())


def test_an_empty_canvas_has_no_answer(model):
    pad = DrawingPad(model)
    assert (pad.probabilities, pad.pixels) == ([], None)
    pad.image = bytes(783) + b"\xff"
    assert len(pad.probabilities) == 10
    pad.image = b""
    assert (pad.probabilities, pad.pixels) == ([], None)


def test_what_the_model_has_learnt_since_is_in_the_next_answer(model):
    pad = DrawingPad(model)
    pad.image = bytes(784)
    before = pad.probabilities
    with torch.no_grad():
        model[-1].bias[3] += 20
    pad.image = bytes(783) + b"\x01"
    assert pad.probabilities[3] > 0.99 > before[3]


def test_where_there_are_no_widgets_a_sentence_stands_in_its_place(tmp_path):
    (output,) = runner.execute(write_pad_notebook(tmp_path)).cells[1].outputs
    assert output["data"] == {
        "text/plain": "DrawingPad",
        "text/html": "<i>A drawing pad: run this cell in JupyterLab to draw a digit and watch the model "
        "read it.</i>",
    }


# A kernel that does not answer until it is told to: the module gets what anywidget would give it.
ALONE = """async ([script, style, more]) => {
  document.documentElement.lang = "en";
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const module = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const traits = { image: new DataView(new ArrayBuffer(0)), probabilities: [], ...more };
  globalThis.sent = [];
  globalThis.wishes = [];
  const hear = {};
  const model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    save_changes: () => { sent.push(traits.image.byteLength); },
    send: (wish) => wishes.push(wish),
    on: (event, call) => { hear[event] = call; },
    off: () => {},
  };
  const say = (name) => (value) => { traits[name] = value; hear[`change:${name}`](); };
  globalThis.answer = say("probabilities");
  globalThis.tell = say("lesson");
  const el = document.createElement("div");
  document.body.append(el);
  globalThis.listening = 0;
  for (const [name, change] of [["addEventListener", 1], ["removeEventListener", -1]]) {
    const call = MediaQueryList.prototype[name];
    MediaQueryList.prototype[name] = function (...all) { listening += change; return call.apply(this, all); };
  }
  globalThis.leave = module.default.render({ model, el });
}"""
SEVEN = [(90, 70), (190, 70), (130, 220)]


@pytest.fixture
def alone(browser):
    """The pad on a page of its own, without JupyterLab and without a kernel."""
    page = browser.new_page(viewport={"width": 900, "height": 500})
    page.evaluate(ALONE, [bundle(WIDGET / "widget.js"), (WIDGET / "widget.css").read_text(), {}])
    settle(page)
    yield page
    page.close()


def shown(page, name: str) -> str:
    return page.locator(f".drawing-pad [data-part={name}]").inner_text()


def test_a_pad_that_is_left_listens_to_nothing(alone):
    assert alone.evaluate("listening") == 1
    alone.evaluate("leave()")
    assert alone.evaluate("listening") == 0


def test_the_picture_does_not_wait_for_the_kernel(alone):
    assert (shown(alone, "digit"), shown(alone, "confidence")) == ("?", "Draw a digit")
    draw(alone, SEVEN)
    settle(alone)
    assert set(alone.evaluate("sent")) == {784}
    brightest = "canvas => Math.max(...canvas.getContext('2d').getImageData(0, 0, 28, 28).data.filter(\
      (_, index) => index % 4 === 0))"
    assert alone.locator("[data-part=seen]").evaluate(brightest) > 200
    alone.evaluate("answer([0, 0, 0, 0, 0, 0, 0, 0.9, 0, 0.1])")
    assert (shown(alone, "digit"), shown(alone, "confidence")) == ("7", "90.0%")


def test_a_drawing_that_the_kernel_has_not_answered_is_not_called_empty(alone):
    draw(alone, SEVEN)
    settle(alone)
    alone.evaluate("answer([])")
    assert (shown(alone, "digit"), shown(alone, "confidence")) == ("?", "")


def test_a_kernel_that_stays_silent_is_told_of_until_it_answers(alone):
    silence = "No answer yet. Unless the kernel is busy, run this cell again."
    stop_clock(alone)
    draw(alone, SEVEN)
    alone.clock.run_for(100)  # the question is sent
    alone.evaluate("answer([0, 0, 0, 0, 0, 0, 0, 0.9, 0, 0.1])")
    alone.clock.fast_forward(10_000)
    assert (shown(alone, "digit"), shown(alone, "confidence")) == ("7", "90.0%")
    draw(alone, [(90, 140), (190, 140)])
    alone.clock.run_for(2_000)
    assert shown(alone, "confidence") == "90.0%"
    alone.clock.run_for(2_000)
    assert (shown(alone, "digit"), shown(alone, "confidence")) == ("?", silence)
    assert shown(alone, "spoken") == silence
    alone.evaluate("answer([0, 0, 0, 0, 0, 0, 0, 0.8, 0, 0.2])")
    assert (shown(alone, "digit"), shown(alone, "confidence")) == ("7", "80.0%")


def test_the_same_picture_is_no_new_question(alone):
    draw(alone, SEVEN)
    for _ in range(2):
        alone.locator("[data-part=clear]").click()
        settle(alone)
    assert alone.evaluate("sent").count(0) == 1


def test_an_answer_that_comes_after_clear_is_not_shown(alone):
    draw(alone, SEVEN)
    alone.locator("[data-part=clear]").click()
    settle(alone)
    assert alone.evaluate("sent.at(-1)") == 0
    alone.evaluate("answer([0, 0, 0, 0, 0, 0, 0, 1, 0, 0])")
    assert shown(alone, "digit") == "?"


def test_the_pad_can_be_used_with_keys_alone(alone):
    alone.keyboard.press("Tab")
    for key in ["ArrowUp", " ", "ArrowDown", "ArrowDown"]:
        alone.keyboard.press(key)
    settle(alone)
    cursor = alone.locator(".drawing-pad .cursor")
    place, canvas = cursor.bounding_box(), alone.locator("[data-part=canvas]").bounding_box()
    assert place["x"] - canvas["x"] == pytest.approx(130, abs=1)
    assert place["y"] - canvas["y"] == pytest.approx(140, abs=1)
    assert alone.evaluate("sent.at(-1)") == 784
    alone.keyboard.press("Backspace")
    settle(alone)
    assert alone.evaluate("sent.at(-1)") == 0


def test_ink_stays_readable_when_the_theme_changes(alone):
    draw(alone, SEVEN)
    for name, colour in {
        "content-font-color0": "rgb(250, 250, 250)",
        "layout-color0": "rgb(17, 17, 17)",
    }.items():
        alone.evaluate(f"document.body.style.setProperty('--jp-{name}', '{colour}')")
    settle(alone)
    draw(alone, [(60, 100), (60, 240)])
    ink, paper = alone.locator("[data-part=canvas]").evaluate("""canvas => {
      const { data } = canvas.getContext("2d").getImageData(60, 150, 1, 1);
      return [`rgb(${data.slice(0, 3).join(", ")})`, getComputedStyle(canvas).backgroundColor];
    }""")
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")


def test_a_pad_that_learns_asks_the_kernel_to_and_shows_what_it_says(browser):
    page = browser.new_page(viewport={"width": 900, "height": 700})
    script, style = bundle(WIDGET / "widget.js"), (WIDGET / "widget.css").read_text()
    page.evaluate(ALONE, [script, style, {"learns": True, "lesson": {}}])
    page.get_by_role("button", name="It is a 1").click()
    assert not page.locator("[data-part=ways]").is_visible()
    drawing = {"digit": 1, "before": 0.02, "after": 0.9999}
    lesson = {"count": 1, "drawing": drawing, "others": {"total": 150, "before": 148, "after": 147}}
    page.evaluate("lesson => tell(lesson)", lesson)
    assert shown(page, "learnt") == (
        "Learnt from 1 drawing. As a 1, this one had 2.0% and now has >99.9%. "
        "Of 150 other digits, 148 were right before and 147 are now."
    )
    for name in ("unlearn", "forget"):
        page.locator(f"[data-part={name}]").click()
    page.evaluate("lesson => tell(lesson)", {"count": 0, "sentence": "Gone."})
    assert shown(page, "learnt") == "Gone."
    assert not page.locator("[data-part=ways]").is_visible()
    assert page.evaluate("wishes") == [{"teach": 1}, {"unlearn": True}, {"forget": True}]
    page.close()


def test_a_tap_teaches_the_kernels_model_and_can_be_taken_back(model):
    pad = TeachingPad(model)
    drawings = strangers_hand(3)
    pad.teach(1)
    assert pad.lesson == {"count": 0, "sentence": "Draw a digit first, then tap which one it is."}
    seen = []
    for index, image in enumerate((drawings.images * 255).round().to(torch.uint8)):
        pad.image = image.numpy().tobytes()
        before = pad.probabilities[1]
        pad._hear({"teach": 5})  # a mistaken tap: the next one takes its place
        pad._hear({"teach": 1})
        assert len(pad.drawings) == pad.lesson["count"] == index + 1
        assert pad.lesson["drawing"]["after"] == pad.probabilities[1] >= before
        seen.append(pad.probabilities)
    assert torch.equal(pad.drawings.images, drawings.images)
    assert pad.drawings.labels.tolist() == [1, 1, 1]
    taught = teach(model, drawings, rehearsal_digits())
    assert pad.probabilities == pytest.approx(predict_proba(taught, pad.pixels)[0].tolist())
    pad._hear({"unlearn": True})
    assert len(pad.drawings) == 2
    pad._hear({"forget": True})
    assert (len(pad.drawings), pad.model) == (0, model)
    for wish in ({"teach": 10}, {"teach": "1"}, {"unlearn": False}, {}, [], None, {"teach": True}):
        pad._hear(wish)
    assert len(pad.drawings) == 0


def test_a_model_that_cannot_be_taught_is_one_sentence():
    with pytest.raises(ExportError, match="one after the other only"):
        TeachingPad(small_resnet())


def reads(page, digit):
    from playwright.sync_api import expect

    expect(page.locator(".drawing-pad [data-part=digit]")).to_have_text(digit, timeout=60_000)


def test_drawing_in_jupyterlab_asks_the_kernels_model(browser, tmp_path):
    errors = []
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.on("pageerror", lambda error: errors.append(str(error)))
    with jupyterlab(write_pad_notebook(tmp_path)) as address:
        open_notebook(page, address)
        for restart in (False, True):
            run_all(page, restart)
            reads(page, "?")
            draw(page, SEVEN)
            reads(page, "7")
            page.locator(".drawing-pad [data-part=clear]").click()
            reads(page, "?")
        draw(page, [(140, 60), (140, 220)])
        reads(page, "1")
        page.get_by_role("button", name="It is a 7").click()
        page.get_by_text("Learnt from 1 drawing. As a 7, this one had").wait_for(timeout=60_000)
        page.locator("[data-part=unlearn]").click()
        page.get_by_text("The latest one is taken back.").wait_for(timeout=60_000)
        reads(page, "1")
        page.keyboard.press("z")  # a shortcut of JupyterLab's: the pad keeps its keys to itself
        reads(page, "1")
        page.locator(".drawing-pad [data-part=undo]").click()
        reads(page, "?")
        assert errors == []
        page.close()
