/** A drawing: pen strokes on a square of 280 × 280 units, whatever its size on the screen. */

export const CANVAS_SIZE = 280;
const PEN_WIDTH = 20;

/**
 * Draw a piece of a line with round ends, or a dot if it has no length.
 * @param {CanvasRenderingContext2D} context whose stroke and fill style are the ink
 */
function drawSegment(context, from, to, pen) {
  context.beginPath();
  if (from.x === to.x && from.y === to.y) {
    context.arc(to.x, to.y, pen / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.lineWidth = pen;
  context.lineCap = "round";
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

/** What one finger or pen does between touching and leaving: one or more unbroken lines. */
class Stroke {
  constructor(pen) {
    this.pen = pen;
    this.lines = [];
    this.isBroken = true;
  }

  /** Add a point, and return the piece of line that leads to it. */
  extend(point) {
    if (this.isBroken) this.lines.push([point]);
    this.isBroken = false;
    const line = this.lines.at(-1);
    const from = line.at(-1);
    line.push(point); // a line's first point stands there twice, so that a tap is a dot
    return { from, to: point };
  }

  /** Start a new line with the next point: the paper has moved under the pen. */
  interrupt() {
    this.isBroken = true;
  }

  draw(context) {
    for (const line of this.lines) {
      line.slice(1).forEach((to, index) => drawSegment(context, line[index], to, this.pen));
    }
  }
}

/** All strokes so far, and their ink as grey levels. */
export class Drawing {
  constructor() {
    this.pen = PEN_WIDTH;
    this.strokes = [];
    const canvas = document.createElement("canvas");
    canvas.width = CANVAS_SIZE;
    canvas.height = CANVAS_SIZE;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  /** Begin a stroke; its first point comes with `extend`. */
  begin() {
    const stroke = new Stroke(this.pen);
    this.strokes.push(stroke);
    return stroke;
  }

  /**
   * Lead a stroke on to a point, in units of the canvas.
   * @param {CanvasRenderingContext2D} shown where to draw the new piece, besides the ink
   */
  extend(stroke, point, shown) {
    const { from, to } = stroke.extend(point);
    for (const context of [this.context, shown]) drawSegment(context, from, to, stroke.pen);
  }

  undo() {
    this.strokes.pop();
    this.redrawInk();
  }

  clear() {
    this.strokes = [];
    this.redrawInk();
  }

  draw(context) {
    for (const stroke of this.strokes) stroke.draw(context);
  }

  redrawInk() {
    this.context.clearRect(0, 0, CANVAS_SIZE, CANVAS_SIZE);
    this.draw(this.context);
  }

  /** The ink's coverage: 280 × 280 levels, 0 = empty, 255 = full. */
  ink() {
    const { data } = this.context.getImageData(0, 0, CANVAS_SIZE, CANVAS_SIZE);
    const ink = new Uint8Array(CANVAS_SIZE * CANVAS_SIZE);
    for (let pixel = 0; pixel < ink.length; pixel += 1) ink[pixel] = data[4 * pixel + 3];
    return ink;
  }
}
