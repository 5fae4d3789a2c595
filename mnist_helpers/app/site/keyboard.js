/** Draw with keys: arrows move a pen over the canvas, space puts it down and lifts it, others take back. */

import { CANVAS_SIZE } from "./drawing.js";

const STEP = 10;
const SMALL_STEP = 2; // with the shift key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A pen that keys move, and the keys for undo and clear. */
export class Keyboard {
  /**
   * @param {import("./pad.js").Pad} pad
   * @param {HTMLElement} cursor shows where the pen is; the canvas's parent is its frame
   * @param {Document | HTMLElement} root where the keys for undo and clear are heard
   */
  constructor(pad, cursor, root) {
    this.pad = pad;
    this.cursor = cursor;
    this.point = { x: CANVAS_SIZE / 2, y: CANVAS_SIZE / 2 };
    this.stroke = null;
    pad.canvas.addEventListener("keydown", (event) => this.press(event));
    pad.canvas.addEventListener("blur", () => this.hide());
    pad.canvas.addEventListener("pointerdown", () => this.hide());
    root.addEventListener("keydown", (event) => this.takeBack(event));
  }

  press(event) {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (event.key in ARROWS) this.move(ARROWS[event.key], event.shiftKey ? SMALL_STEP : STEP);
    else if (event.key === " ") this.toggle();
    else return;
    event.preventDefault(); // no scrolling
    this.show();
  }

  takeBack(event) {
    if (event.target instanceof HTMLSelectElement) return; // there the same keys close the list
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (isUndo || (event.key === "Backspace" && !event.ctrlKey)) this.pad.undo();
    else if (event.key === "Escape" || event.key === "Delete") this.pad.clear();
    else return;
    event.preventDefault();
    if (!this.cursor.hidden) this.show(); // the pen may have been lifted
  }

  move([right, down], step) {
    const within = (value) => Math.min(Math.max(value, 0), CANVAS_SIZE);
    this.point = { x: within(this.point.x + right * step), y: within(this.point.y + down * step) };
    if (this.isDown) this.extend();
  }

  toggle() {
    this.stroke = this.isDown ? null : this.pad.drawing.begin();
    if (this.stroke) this.extend();
  }

  /** Whether the pen is on the paper; undo and clear take away the stroke it was drawing. */
  get isDown() {
    return this.pad.drawing.strokes.includes(this.stroke);
  }

  extend() {
    this.pad.drawing.extend(this.stroke, this.point, this.pad.shown);
    this.pad.onChange();
  }

  show() {
    this.cursor.hidden = false;
    this.cursor.classList.toggle("down", this.isDown);
    this.cursor.style.left = `${(100 * this.point.x) / CANVAS_SIZE}%`;
    this.cursor.style.top = `${(100 * this.point.y) / CANVAS_SIZE}%`;
  }

  hide() {
    this.stroke = null;
    this.cursor.hidden = true;
  }
}
