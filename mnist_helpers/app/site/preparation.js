/**
 * Bring a drawing into MNIST's frame: cut out the ink, scale its longer side to 20 pixels, and put
 * its centre of mass at pixel 14 of 28×28. The same as `mnist_helpers.digits.prepare_drawing`.
 */

import { roundHalfEven } from "./numbers.js";
import { resize } from "./resampling.js";

const BOX_SIZE = 20;
const FRAME_SIZE = 28;

/**
 * The smallest box that holds all ink.
 * @returns {{left: number, top: number, width: number, height: number} | null} null without ink
 */
export function boundingBox(ink, width, height) {
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
export function crop(ink, width, box) {
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
 * Scale the longer side to 20 pixels; the proportions are kept.
 * @param {Uint8Array} ink row by row: 0 = empty, 255 = full ink
 * @returns {{values: Uint8Array, width: number, height: number}}
 */
export function fitToBox(ink, width, height) {
  const scale = BOX_SIZE / Math.max(width, height);
  const boxedWidth = Math.max(1, roundHalfEven(width * scale));
  const boxedHeight = Math.max(1, roundHalfEven(height * scale));
  const values = resize(ink, width, height, boxedWidth, boxedHeight);
  return { values, width: boxedWidth, height: boxedHeight };
}

/**
 * Put ink of at most 28×28 pixels into the frame, its centre of mass in the middle.
 * @returns {Uint8Array} 28×28 grey levels, row by row
 */
export function centreInFrame({ values, width, height }) {
  const [right, down] = centreOfMass(values, width, height);
  const [left, top] = [shift(right, width), shift(down, height)];
  const frame = new Uint8Array(FRAME_SIZE * FRAME_SIZE);
  for (let y = 0; y < height; y += 1) {
    frame.set(values.subarray(y * width, (y + 1) * width), (top + y) * FRAME_SIZE + left);
  }
  return frame;
}

/**
 * @param {Uint8Array} ink row by row: 0 = empty, 255 = full ink
 * @returns {Uint8Array | null} 28×28 grey levels, row by row; null for an empty drawing
 */
export function prepare(ink, width, height) {
  const box = boundingBox(ink, width, height);
  return box === null ? null : centreInFrame(fitToBox(crop(ink, width, box), box.width, box.height));
}
