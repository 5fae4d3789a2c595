/** Teach the model in this browser: the drawings so far, what it makes of them, and where they are kept. */

import { Learner, REHEARSAL } from "./learning.js";
import { Lesson, describeLesson } from "./lesson.js";
import { asText, keep, recall } from "./memory.js";
import { loadRehearsal } from "./rehearsal.js";

const REST = 400; // milliseconds without a stroke, after which there is time for other work
const NOT_KEPT = "This browser keeps nothing, so it is forgotten when you close the page.";

/** Joins the page's lesson with a learner for the model in use. */
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
      else if (unlearn) this.change(this.drawings.slice(0, -1), "The latest one is taken back.");
      else this.change([], "All forgotten: the model is as it came.");
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
    this.learner = model && new Learner(model.layers);
    this.isReady = false;
    if (model !== null && this.drawings.length > 0) await this.learn(this.drawings);
  }

  /** Learn these drawings from now on; false, and no change, if that was not possible. */
  async learn(drawings) {
    const { model, learner } = this;
    try {
      this.digits ??= await loadRehearsal(this.read);
    } catch (error) {
      this.say(`The digits to rehearse cannot be read (${error.message}). Reload the page.`);
      return false;
    }
    learner.learn(drawings, this.digits.slice(0, REHEARSAL));
    model.layers = learner.layers;
    this.drawings = drawings;
    return true;
  }

  async teach(digit) {
    const image = this.image();
    if (image === null || this.model === null) return this.say("Draw a digit first, then tap which one it is.");
    const { learner, model, drawings } = this;
    const before = model.probabilities(image)[digit];
    const isSame = String(drawings.at(-1)?.image) === String(image); // tapped again: the latest tap counts
    const more = [...(isSame ? drawings.slice(0, -1) : drawings), { digit, image }];
    if (!(await this.learn(more))) return;
    this.onLearnt();
    await new Promise((done) => setTimeout(done)); // the new answer is painted before the counting
    const others = this.digits.slice(REHEARSAL);
    const right = [false, true].map((after) => learner.countRight(others, after));
    const sentence = describeLesson(
      this.drawings.length,
      { digit, before, after: model.probabilities(image)[digit] },
      { total: others.length, before: right[0], after: right[1] },
    );
    this.say(keep(this.drawings) ? sentence : `${sentence} ${NOT_KEPT}`);
  }

  /** Learn from other drawings than before. */
  async change(drawings, sentence) {
    if (this.model === null || !(await this.learn(drawings))) return;
    keep(drawings);
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

  /** While the hand rests, look at the digits to rehearse, one at a time, so that a lesson is quick. */
  rest() {
    clearTimeout(this.timer);
    if (!this.isReady) this.timer = setTimeout(() => this.prepare().catch(() => {}), REST);
  }

  async prepare() {
    if (this.model === null) return;
    this.digits ??= await loadRehearsal(this.read);
    const next = this.digits.find(({ image }) => !this.learner.seen.has(image));
    this.isReady = next === undefined;
    if (this.isReady) return;
    this.learner.look(next);
    this.timer = setTimeout(() => this.prepare(), 0);
  }
}
