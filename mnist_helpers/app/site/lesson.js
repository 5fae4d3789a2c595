/** The part of the page that teaches: ten digits to tap, what it changed, and three ways back or out. */

import { percent } from "./view.js";

/**
 * What a correction changed, in words.
 * @param {number} count of drawings learnt from
 * @param {{digit: number, before: number, after: number}} drawing this one's probability of the true digit
 * @param {{total: number, before: number, after: number}} others digits that were not learnt from, read right
 */
export function describeLesson(count, { digit, before, after }, { total, before: once, after: now }) {
  const drawings = count === 1 ? "1 drawing" : `${count} drawings`;
  return (
    `Learnt from ${drawings}. As a ${digit}, this one had ${percent(before)} and now has ${percent(after)}. ` +
    `Of ${total} other digits, ${once} were right before and ${now} are now.`
  );
}

/** Buttons and a sentence; what they do is the page's, or the notebook's, business. */
export class Lesson {
  /**
   * @param {Document | HTMLElement} root holds elements with data-part of these names
   * @param {(wish: {teach: number} | {unlearn: true} | {forget: true}) => void} hear
   */
  constructor(root, hear) {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.sentence = part("learnt");
    this.ways = part("ways");
    this.canvas = part("canvas");
    part("truth").append(...Array.from({ length: 10 }, (_, digit) => createButton(digit, hear)));
    part("unlearn").addEventListener("click", () => hear({ unlearn: true }));
    part("forget").addEventListener("click", () => hear({ forget: true }));
  }

  /** @param {number} count of drawings that the model has learnt from */
  show(sentence, count) {
    this.sentence.textContent = sentence;
    if (count === 0 && this.ways.contains(document.activeElement)) this.canvas.focus();
    this.ways.hidden = count === 0;
  }
}

function createButton(digit, hear) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = digit;
  button.setAttribute("aria-label", `It is a ${digit}`);
  button.addEventListener("click", () => hear({ teach: digit }));
  return button;
}
