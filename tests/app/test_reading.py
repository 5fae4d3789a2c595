"""Does the app read what people draw? Its arithmetic against Python's, and drawings on the real canvas."""

import numpy as np
import pytest
import torch
from app_hand import (
    TO_BASE64,
    answer,
    draw_with_mouse,
    from_base64,
    look_inside,
    open_app,
    part,
    thinned,
    to_base64,
)
from conftest import REAL_MNIST

from mnist_helpers import (
    flatten,
    load_embedded_digits,
    load_mnist,
    normalise,
    predict_logits,
)
from mnist_helpers.app.exporting import read_model
from mnist_helpers.app.site import MODELS, default_models
from mnist_helpers.digits import Drawing, draw_scrawls, prepare_drawing, random_drawing, write_digits
from mnist_helpers.recipes import digit_probability


@pytest.fixture(scope="module")
def page(browser, app_address):
    page = browser.new_context(viewport={"width": 900, "height": 640}).new_page()
    look_inside(page)
    open_app(page, app_address)
    return page


@pytest.mark.parametrize("name", default_models())
def test_the_networks_in_javascript_give_what_torch_gives(page, name):
    data = load_mnist(REAL_MNIST) if REAL_MNIST else load_embedded_digits()
    images = data.test_images[:1000]
    script = f"""async ([name, text]) => {{ {TO_BASE64}
      const {{ loadModel }} = await import("./model.js");
      const {{ read }} = await import("./files.js");
      const {{ forward }} = await import("./network.js");
      const model = await loadModel(`models/${{name}}.json`, read);
      const images = fromBase64(text);
      const results = [[], []];
      for (let start = 0; start < images.length; start += 784) {{
        const image = images.subarray(start, start + 784);
        results[0].push(...forward(model.layers.slice(0, -1), image));
        results[1].push(...model.probabilities(image));
      }}
      return results.map((values) => toBase64(Float32Array.from(values)));
    }}"""
    texts = page.evaluate(script, [name, to_base64(images.numpy())])
    logits, probabilities = (torch.tensor(from_base64(text, np.float32)).reshape(-1, 10) for text in texts)
    expected = predict_logits(read_model(MODELS / f"{name}.json")[0], flatten(normalise(images)))
    assert (logits - expected).abs().max() <= 1e-4
    assert (probabilities - expected.softmax(1)).abs().max() <= 1e-4
    assert torch.equal(probabilities.argmax(1), expected.argmax(1))


@pytest.mark.parametrize("name", default_models())
def test_what_is_no_digit_is_known_in_javascript_as_in_python(page, name):
    rng = np.random.default_rng(6)
    digits, scrawls = write_digits(60, rng)[0], draw_scrawls(70, rng)[0]
    script = f"""async ([name, text]) => {{ {TO_BASE64}
      const {{ loadModel }} = await import("./model.js");
      const {{ read }} = await import("./files.js");
      const model = await loadModel(`models/${{name}}.json`, read);
      const images = fromBase64(text);
      const known = [];
      for (let start = 0; start < images.length; start += 784) {{
        known.push(model.read(images.subarray(start, start + 784)).isDigit);
      }}
      return known;
    }}"""
    images = np.concatenate([digits, scrawls])
    known = np.array(page.evaluate(script, [name, to_base64(images)]))
    model, about = read_model(MODELS / f"{name}.json")
    sure = digit_probability(predict_logits(model, flatten(normalise(torch.from_numpy(images)))))
    clear = ((sure - about.least_digit_probability).abs() > 1e-4).numpy()
    assert (known == (sure >= about.least_digit_probability).numpy())[clear].all()
    assert known[:60].mean() >= 0.95
    most = {"mlp": 0.6, "small_cnn": 0.1}[name]  # the MLP has less room for what is no digit
    assert known[60:].mean() <= most


def test_the_page_gives_no_digit_for_a_scribble_and_shows_the_bars(page):
    strokes = [np.array([[x, 60 + 160 * (x // 20 % 2)] for x in range(20, 260, 20)], dtype=float)]
    page.keyboard.press("Escape")
    draw_with_mouse(page, Drawing(0, tuple(strokes), 20.0), step=1)
    assert answer(page) == "?"
    assert part(page, "confidence").inner_text() == "This does not look like one digit."
    assert "%" in part(page, "bars").inner_text()
    page.keyboard.press("Escape")


def test_preparation_in_javascript_and_python_agree_on_pictures_of_every_shape(page):
    rng = np.random.default_rng(5)
    pictures = []
    for _ in range(60):
        height, width = rng.integers(1, 120, 2)
        picture = np.zeros((height + 20, width + 20), dtype=np.uint8)
        picture[7 : 7 + height, 4 : 4 + width] = rng.integers(1, 256, (height, width))
        pictures.append(picture)
    script = f"""async (pictures) => {{ {TO_BASE64}
      const {{ prepare }} = await import("./preparation.js");
      return pictures.map(([text, width, height]) => toBase64(prepare(fromBase64(text), width, height)));
    }}"""
    texts = page.evaluate(script, [[to_base64(p), p.shape[1], p.shape[0]] for p in pictures])
    assert_same_images(texts, pictures)


def assert_same_images(texts: list[str], inks: list[np.ndarray]) -> None:
    in_javascript = np.stack([from_base64(text).reshape(28, 28) for text in texts]).astype(int)
    in_python = np.stack([prepare_drawing(ink) for ink in inks]).astype(int)
    difference = np.abs(in_javascript - in_python)
    assert (difference <= 1).mean() >= 0.99
    assert difference.max() <= 3


DRAW = f"""async ([drawings, howManyInks]) => {{ {TO_BASE64}
  const {{ pad, update }} = await import("./app.js");
  const {{ loadModel }} = await import("./model.js");
  const {{ read }} = await import("./files.js");
  const {{ resize }} = await import("./resampling.js");
  const {{ prepare }} = await import("./preparation.js");
  const model = await loadModel("models/mlp.json", read);
  const best = (values) => values.indexOf(Math.max(...values));
  const place = pad.canvas.getBoundingClientRect();
  const scale = place.width / 280;
  const send = (kind, [x, y]) => pad.canvas.dispatchEvent(new PointerEvent(kind, {{
    pointerId: 1, button: kind === "pointermove" ? -1 : 0,
    clientX: place.left + x * scale, clientY: place.top + y * scale,
  }}));
  const results = drawings.map(({{ pen, strokes }}, index) => {{
    pad.clear();
    pad.drawing.pen = pen;
    for (const points of strokes) {{
      send("pointerdown", points[0]);
      for (const point of points.slice(1)) send("pointermove", point);
      send("pointerup", points.at(-1));
    }}
    const ink = pad.drawing.ink();
    const result = {{
      read: best(update()),
      control: best(model.probabilities(resize(ink, 280, 280, 28, 28))),
    }};
    if (index < howManyInks) {{
      Object.assign(result, {{ ink: toBase64(ink), image: toBase64(prepare(ink, 280, 280)) }});
    }}
    return result;
  }});
  pad.drawing.pen = 20;
  pad.clear();
  return results;
}}"""


@pytest.fixture(scope="module")
def drawn(page):
    """500 digits in every style, size, place and pen, drawn on the real canvas: labels and results."""
    rng = np.random.default_rng(2024)
    drawings = [random_drawing(index % 10, rng) for index in range(500)]
    sent = [
        {"pen": d.pen, "strokes": [thinned(stroke, 3).round(2).tolist() for stroke in d.strokes]}
        for d in drawings
    ]
    return np.array([d.digit for d in drawings]), page.evaluate(DRAW, [sent, 60])


def test_at_least_97_percent_of_500_drawings_are_read_right(drawn):
    digits, results = drawn
    assert np.mean(digits == [result["read"] for result in results]) >= 0.97


def test_without_the_preparation_the_same_drawings_are_read_far_worse(drawn):
    digits, results = drawn
    assert np.mean(digits == [result["control"] for result in results]) <= 0.75


def test_preparation_in_javascript_and_python_agree_on_drawings(drawn):
    with_ink = [result for result in drawn[1] if "ink" in result]
    assert len(with_ink) == 60
    inks = [from_base64(result["ink"]).reshape(280, 280) for result in with_ink]
    assert_same_images([result["image"] for result in with_ink], inks)


def test_digits_drawn_in_corners_with_a_real_mouse_are_read(page):
    rng, right = np.random.default_rng(7), 0
    for digit, corner in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)] * 5):
        height = float(rng.uniform(80, 140))
        page.keyboard.press("Escape")
        draw_with_mouse(page, random_drawing(digit % 10, rng, height=height, pen=20.0, corner=corner))
        right += answer(page) == str(digit % 10)
    assert right >= 19
