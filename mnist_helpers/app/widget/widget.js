/** The drawing pad in a notebook: draws and prepares here, and asks the Python model for the answer. */

import { CANVAS_SIZE } from "./drawing.js";
import { Keyboard } from "./keyboard.js";
import { Lesson, describeLesson } from "./lesson.js";
import { Pad } from "./pad.js";
import { prepare } from "./preparation.js";
import { View } from "./view.js";

const ANSWER_WITHIN = 3000; // milliseconds, then the pad says what may be wrong
const NO_ANSWER = "No answer yet. Unless the kernel is busy, run this cell again.";
const KEYS = "Arrows move a pen, space puts it down and lifts it.";
const PARTS = `
  <div class="paper">
    <div class="frame">
      <canvas data-part="canvas" tabindex="0" role="application" aria-label="Canvas: draw a digit. ${KEYS}"></canvas>
      <span data-part="cursor" class="cursor" hidden></span>
    </div>
    <div class="buttons">
      <button type="button" data-part="undo">Undo</button>
      <button type="button" data-part="clear">Clear</button>
    </div>
  </div>
  <div class="answer">
    <p aria-hidden="true"><b data-part="digit">?</b> <span data-part="confidence"></span></p>
    <div class="bars" data-part="bars" role="group" aria-label="Probability of each digit"></div>
    <p class="spoken" data-part="spoken" aria-live="polite"></p>
  </div>
  <figure>
    <canvas data-part="seen" width="28" height="28" role="img" aria-label="Your drawing in 28 by 28 pixels"></canvas>
    <figcaption>what the model sees</figcaption>
  </figure>`;
const LESSON = `
  <div class="lesson">
    <p>Wrong? Tap the right digit, and the model learns how you write it.</p>
    <div class="truth" data-part="truth" role="group" aria-label="The right digit"></div>
    <p data-part="learnt" role="status"></p>
    <div class="buttons" data-part="ways" hidden>
      <button type="button" data-part="unlearn">Take back</button>
      <button type="button" data-part="forget">Forget all</button>
    </div>
  </div>`;

/** @param {{model: object, el: HTMLElement}} widget as anywidget hands it over */
function render({ model, el }) {
  el.classList.add("drawing-pad");
  el.innerHTML = model.get("learns") ? PARTS + LESSON : PARTS;
  const part = (name) => el.querySelector(`[data-part="${name}"]`);
  const view = new View(el);
  let image = null;
  let isScheduled = false;
  let alarm;

  /** Send the drawing as the model will see it; no bytes for an empty canvas. */
  function send() {
    isScheduled = false;
    const next = prepare(pad.drawing.ink(), CANVAS_SIZE, CANVAS_SIZE);
    if (String(next) === String(image)) return; // the kernel would say nothing new
    image = next;
    view.showImage(image);
    model.set("image", new DataView((image ?? new Uint8Array(0)).buffer));
    model.save_changes();
    clearTimeout(alarm);
    if (image !== null) alarm = setTimeout(() => view.show(null, image, NO_ANSWER), ANSWER_WITHIN);
  }

  function schedule() {
    if (!isScheduled) requestAnimationFrame(send);
    isScheduled = true;
  }

  function show() {
    clearTimeout(alarm);
    const probabilities = model.get("probabilities");
    const isAnswer = image !== null && probabilities.length > 0;
    view.show(isAnswer ? Float32Array.from(probabilities) : null, image);
  }

  /** Show what the kernel says of its latest lesson. */
  function showLesson() {
    const { sentence = "", count = 0, drawing, others } = model.get("lesson");
    lesson.show(drawing ? describeLesson(count, drawing, others) : sentence, count);
  }

  const pad = new Pad(part("canvas"), schedule);
  const lesson = model.get("learns") ? new Lesson(el, (wish) => model.send(wish)) : null;
  part("undo").addEventListener("click", () => pad.undo());
  part("clear").addEventListener("click", () => pad.clear());
  new Keyboard(pad, part("cursor"), el);
  for (const key of ["keydown", "keyup"]) {
    el.addEventListener(key, (event) => event.stopPropagation()); // JupyterLab's shortcuts stay out of it
  }
  model.on("change:probabilities", show);
  if (lesson !== null) {
    model.on("change:lesson", showLesson);
    showLesson();
  }
  show();
  return () => {
    clearTimeout(alarm);
    model.off("change:probabilities", show);
    model.off("change:lesson", showLesson);
    pad.release();
  };
}

export default { render };
