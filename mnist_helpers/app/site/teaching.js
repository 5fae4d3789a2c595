/** Teach the model in this browser: the drawings so far, what it makes of them, and where they are kept. */

import { REHEARSAL, countRight, learn, practise } from "./learning.js";
import { Lesson, describeLesson } from "./lesson.js";
import { asText, keep, recall } from "./memory.js";
import { loadRehearsal } from "./rehearsal.js";

const REST = 400; // milliseconds without a stroke, after which there is time for other work
const CHUNK = 8; // milliseconds of that work at a time: a stroke waits no longer
const NOT_KEPT = "This browser keeps nothing, so it is forgotten when you close the page.";

/** Joins the page's lesson with the model in use. */
export class Teacher {
  /**
   * @param {Document} root the page
   * @param {(file: string) => Promise<ArrayBuffer>} read gives a file's bytes
   * @param {() => Uint8Array | null} image the present drawing in 28×28 grey levels
   * @param {() => void} onLearnt called when the model answers differently
   */
  constructor(root, { read, image, onLearnt }) {
    Object.assign(this, { read, image, onLearnt, drawings: [], isReady: false });
    this.lesson = new Lesson(root, ({ teach, unlearn }) => {
      if (teach !== undefined) this.teach(teach);
      else if (unlearn) this.change((drawings) => drawings.slice(0, -1), "The latest one is taken back.");
      else this.change(() => [], "All forgotten: the model is as it came.");
    });
    root.querySelector("[data-part=save]").addEventListener("click", () => this.save());
    try {
      this.drawings = recall();
      this.say(this.drawings.length > 0 ? "The model has learnt from the drawings kept in this browser." : "");
    } catch (error) {
      this.say(error.message);
    }
  }

  say(sentence) {
    this.lesson.show(sentence, this.drawings.length);
  }

  /** From now on teach this model, which may be null; what was learnt from the drawings is learnt again. */
  async use(model) {
    this.model = model;
    this.isReady = false;
    if (model !== null && this.drawings.length > 0) await this.learn((drawings) => drawings);
    this.rest();
  }

  /**
   * Learn other drawings from now on; false, and no change, if that was not possible.
   * @param {(drawings: object[]) => object[]} change from the drawings so far to those from now on
   */
  async learn(change) {
    const { model } = this;
    try {
      this.digits ??= await loadRehearsal(this.read);
    } catch (error) {
      this.say(`The digits to rehearse cannot be read (${error.message}). Reload the page.`);
      return false;
    }
    const rehearsal = this.digits.slice(0, REHEARSAL);
    while (!lookAt(rehearsal, model)) await pause(); // seen already, unless the tap came early
    if (model !== this.model) return false; // another one was chosen meanwhile
    this.drawings = change(this.drawings);
    performance.mark("lesson"); // to be read by a browser's own tools, and by bench_app.py
    learn(model, this.drawings, rehearsal);
    performance.measure("lesson", "lesson");
    return true;
  }

  async teach(digit) {
    const image = this.image();
    if (image === null || this.model === null) return this.say("Draw a digit first, then tap which one it is.");
    const { model } = this;
    const before = model.probabilities(image)[digit];
    const isOther = (drawing) => String(drawing.image) !== String(image); // tapped again: the latest tap counts
    const add = (drawings) => [...drawings.slice(0, -1), ...drawings.slice(-1).filter(isOther), { digit, image }];
    if (!(await this.learn(add))) return;
    this.onLearnt();
    await painted(); // the new answer comes before the counting
    const others = this.digits.slice(REHEARSAL);
    const right = [false, true].map((after) => countRight(model, others, after));
    const sentence = describeLesson(
      this.drawings.length,
      { digit, before, after: model.probabilities(image)[digit] },
      { total: others.length, before: right[0], after: right[1] },
    );
    this.say(keep(this.drawings) ? sentence : `${sentence} ${NOT_KEPT}`);
  }

  /** Learn from other drawings than before. */
  async change(change, sentence) {
    if (this.model === null || !(await this.learn(change))) return;
    keep(this.drawings);
    this.onLearnt();
    this.say(sentence);
  }

  save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([asText(this.drawings)], { type: "application/json" }));
    link.download = "my-digits.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  /** While the hand rests, look at the digits to rehearse, a few at a time, so that a lesson is quick. */
  rest() {
    clearTimeout(this.timer);
    if (!this.isReady) this.timer = setTimeout(() => this.prepare().catch(() => {}), REST);
  }

  async prepare() {
    const { model } = this;
    if (model === null) return;
    this.digits ??= await loadRehearsal(this.read);
    this.isReady = lookAt(this.digits, model);
    if (!this.isReady) this.timer = setTimeout(() => this.prepare(), 0);
  }
}

/** Let the model look at digits for some milliseconds; whether it has seen all now. */
function lookAt(digits, model) {
  const end = performance.now() + CHUNK;
  const unseen = digits.filter(({ image }) => !model.seen.has(image));
  while (unseen.length > 0 && performance.now() < end) practise(model, unseen.shift().image);
  return unseen.length === 0;
}

/** Wait until what was changed is on the screen. */
function painted() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

/** Let the browser do what waits. */
function pause() {
  return new Promise((done) => setTimeout(done));
}
