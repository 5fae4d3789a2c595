/** The canvas that people draw on: pointers become strokes, strokes become visible ink. */

import { CANVAS_SIZE, Drawing } from "./drawing.js";

/** A canvas for mouse, pen and fingers, several at a time. */
export class Pad {
  /**
   * @param {HTMLCanvasElement} canvas square, without border or padding, with `touch-action: none`
   * @param {() => void} onChange called after every piece of a stroke, undo and clear
   */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.drawing = new Drawing();
    this.shown = canvas.getContext("2d");
    this.active = new Map(); // strokes in progress, by pointer
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.active.delete(event.pointerId));
    }
    this.onLook = () => this.redraw();
    this.sizes = new ResizeObserver(this.onLook);
    this.sizes.observe(canvas);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", this.onLook);
    this.redraw();
  }

  /** Let go of what outlives the canvas: a notebook makes a new pad at every run of its cell. */
  release() {
    this.sizes.disconnect();
    this.scheme.removeEventListener("change", this.onLook);
  }

  press(event) {
    if (event.button !== 0 || this.active.has(event.pointerId)) return;
    try {
      this.canvas.setPointerCapture(event.pointerId); // the stroke goes on outside of the canvas
    } catch {
      // The pointer is gone already, or was made up by a script.
    }
    this.active.set(event.pointerId, this.drawing.begin());
    this.extend(event.pointerId, [event]);
  }

  move(event) {
    if (!this.active.has(event.pointerId)) return;
    const between = event.getCoalescedEvents?.() ?? [];
    this.extend(event.pointerId, between.length > 0 ? between : [event]);
  }

  extend(pointer, events) {
    const place = this.canvas.getBoundingClientRect();
    if (this.hasMoved(place)) this.interrupt();
    this.place = place;
    const stroke = this.active.get(pointer);
    for (const { clientX, clientY } of events) {
      this.drawing.extend(stroke, toCanvas(clientX, clientY, place), this.shown);
    }
    this.onChange();
  }

  /** Whether the canvas lies elsewhere, or in another size, than at the latest point. */
  hasMoved(place) {
    const sides = ["left", "top", "width"];
    return this.place !== undefined && sides.some((side) => Math.abs(place[side] - this.place[side]) > 0.5);
  }

  /** Keep lines in progress from jumping to where the canvas has moved. */
  interrupt() {
    for (const stroke of this.active.values()) stroke.interrupt();
  }

  undo() {
    this.drawing.undo();
    this.restart();
  }

  clear() {
    this.drawing.clear();
    this.restart();
  }

  restart() {
    this.active.clear();
    this.redraw();
    this.onChange();
  }

  /** Draw all strokes in the canvas's present size and colour. */
  redraw() {
    const scale = (this.canvas.clientWidth / CANVAS_SIZE) * (globalThis.devicePixelRatio || 1);
    this.canvas.width = Math.round(CANVAS_SIZE * scale);
    this.canvas.height = this.canvas.width;
    const colour = getComputedStyle(this.canvas).color;
    this.shown.setTransform(scale, 0, 0, scale, 0, 0);
    this.shown.strokeStyle = colour;
    this.shown.fillStyle = colour;
    this.drawing.draw(this.shown);
  }
}

/** From a point on the page to units of the canvas. */
function toCanvas(clientX, clientY, place) {
  const scale = CANVAS_SIZE / place.width;
  return { x: (clientX - place.left) * scale, y: (clientY - place.top) * scale };
}
