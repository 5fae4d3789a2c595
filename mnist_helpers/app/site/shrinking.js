/** Make a large picture small: the means of whole squares of pixels first, then `resize`. As in Python. */

import { roundHalfEven } from "./numbers.js";
import { resize } from "./resampling.js";

/**
 * How a picture becomes small enough; null if it is.
 * @returns {{square: number, width: number, height: number, covered: number[]} | null} side of the squares,
 *   the final size, and how many squares there are each way
 */
export function planShrinking(width, height, longestSide) {
  const scale = longestSide / Math.max(width, height);
  if (scale >= 1) return null;
  const square = Math.max(1, Math.trunc(1 / scale / 2));
  return {
    square,
    width: Math.max(1, roundHalfEven(width * scale)),
    height: Math.max(1, roundHalfEven(height * scale)),
    covered: [width / square, height / square],
  };
}

/**
 * The mean of each square of pixels, rounded as Pillow's `Image.reduce` does; the last ones may not be whole.
 * @param {Uint8Array | Uint8ClampedArray} values row by row, so many `channels` per pixel
 * @param {number} channel which of them is reduced
 * @returns {Uint8Array} row by row
 */
export function reduce(values, width, height, square, channels = 1, channel = 0) {
  if (square === 1 && channels === 1) return values;
  const [columns, rows] = [Math.ceil(width / square), Math.ceil(height / square)];
  const result = new Uint8Array(columns * rows);
  const sums = new Uint32Array(columns);
  for (let row = 0; row < rows; row += 1) {
    const [top, bottom] = [row * square, Math.min((row + 1) * square, height)];
    sums.fill(0);
    for (let y = top; y < bottom; y += 1) {
      addLine(sums, values, y * width * channels + channel, (y + 1) * width * channels, square * channels, channels);
    }
    for (let column = 0; column < columns; column += 1) {
      const pixels = (bottom - top) * Math.min(square, width - column * square);
      const share = Math.floor(2 ** 24 / pixels); // in fixed point
      result[row * columns + column] = Math.floor(((sums[column] + (pixels >> 1)) * share) / 2 ** 24);
    }
  }
  return result;
}

/** Add a line of pixels, `step` apart, to the sums of its squares, each `length` long. */
function addLine(sums, values, start, end, length, step) {
  for (let column = 0, left = start; column < sums.length; column += 1, left += length) {
    const right = Math.min(left + length, end);
    let sum = 0;
    for (let at = left; at < right; at += step) sum += values[at];
    sums[column] += sum;
  }
}

/** Finish what `reduce` began, by a plan that is not null. */
export function finishShrinking(reduced, plan, filter) {
  const { width, height, covered } = plan;
  const [columns, rows] = covered.map(Math.ceil);
  return { values: resize(reduced, columns, rows, width, height, { covered, filter }), width, height };
}

/**
 * @param {{values: Uint8Array, width: number, height: number}} grey
 * @returns {{values: Uint8Array, width: number, height: number}} with at most `longestSide` pixels a side
 */
export function shrink(grey, longestSide, filter) {
  const { values, width, height } = grey;
  const plan = planShrinking(width, height, longestSide);
  return plan === null ? grey : finishShrinking(reduce(values, width, height, plan.square), plan, filter);
}
