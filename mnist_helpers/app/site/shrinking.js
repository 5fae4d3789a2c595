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

/** A mean of grey levels, rounded as Pillow's `Image.reduce` does: in fixed point. */
export function mean(sum, pixels) {
  return Math.floor(((sum + (pixels >> 1)) * Math.floor(2 ** 24 / pixels)) / 2 ** 24);
}

/**
 * The mean of each square of pixels; the last ones may not be whole.
 * @param {Uint8Array} grey row by row
 * @returns {Uint8Array} row by row
 */
function reduce(grey, width, height, square) {
  if (square === 1) return grey;
  const [columns, rows] = [Math.ceil(width / square), Math.ceil(height / square)];
  const result = new Uint8Array(columns * rows);
  for (let place = 0; place < result.length; place += 1) {
    const [left, top] = [(place % columns) * square, Math.floor(place / columns) * square];
    const [right, bottom] = [Math.min(left + square, width), Math.min(top + square, height)];
    let sum = 0;
    for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) sum += grey[y * width + x];
    result[place] = mean(sum, (right - left) * (bottom - top));
  }
  return result;
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
