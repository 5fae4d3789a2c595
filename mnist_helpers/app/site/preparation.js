/**
 * Bring a drawing into MNIST's frame: cut out the ink, scale its longer side to 20 pixels, and put
 * its centre of mass at pixel 14 of 28×28. The same as `mnist_helpers.framing.prepare_drawing`.
 */

import { resize } from "./resampling.js";

const BOX_SIZE = 20;
const FRAME_SIZE = 28;

/** Round to the nearest whole number, halves to the even one, as Python does. */
function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The smallest box that holds all ink.
 * @returns {{left: number, top: number, width: number, height: number} | null} null without ink
 */
function boundingBox(ink, width, height) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (ink[y * width + x] > 0) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = y;
      }
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Cut the box out of a picture `width` pixels wide. */
function crop(ink, width, box) {
  const result = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y += 1) {
    const start = (box.top + y) * width + box.left;
    result.set(ink.subarray(start, start + box.width), y * box.width);
  }
  return result;
}

/** The mean position of the ink, in pixels from the left and from the top. */
function centreOfMass(ink, width, height) {
  let [mass, right, down] = [0, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const grey = ink[y * width + x];
      mass += grey;
      right += grey * x;
      down += grey * y;
    }
  }
  return [right / mass, down / mass];
}

/** How far to shift `length` pixels so that their centre comes to the frame's, staying inside it. */
function shift(centre, length) {
  return Math.min(Math.max(roundHalfEven(FRAME_SIZE / 2 - centre), 0), FRAME_SIZE - length);
}

/**
 * @param {Uint8Array} ink row by row: 0 = empty, 255 = full ink
 * @returns {Uint8Array | null} 28×28 grey levels, row by row; null for an empty drawing
 */
export function prepare(ink, width, height) {
  const box = boundingBox(ink, width, height);
  if (box === null) return null;
  const scale = BOX_SIZE / Math.max(box.width, box.height);
  const boxedWidth = Math.max(1, roundHalfEven(box.width * scale));
  const boxedHeight = Math.max(1, roundHalfEven(box.height * scale));
  const boxed = resize(crop(ink, width, box), box.width, box.height, boxedWidth, boxedHeight);
  const [right, down] = centreOfMass(boxed, boxedWidth, boxedHeight);
  const [left, top] = [shift(right, boxedWidth), shift(down, boxedHeight)];
  const frame = new Uint8Array(FRAME_SIZE * FRAME_SIZE);
  for (let y = 0; y < boxedHeight; y += 1) {
    const row = boxed.subarray(y * boxedWidth, (y + 1) * boxedWidth);
    frame.set(row, (top + y) * FRAME_SIZE + left);
  }
  return frame;
}
