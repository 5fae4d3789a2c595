/**
 * Find and erase the printed lines of ruled and squared paper: thin, straight, and across the whole page.
 * The same as in Python, `mnist_helpers.digits.rulings`, where the numbers are explained.
 */

import { count, mapped, roundHalfEven } from "./numbers.js";
import { findPieces, growUpright, open, where } from "./pieces.js";

const [SMALLEST, THICKEST, FAINTEST, COVERED] = [60, 5, 20, 0.7];
const [STEEPEST, FEW] = [0.1, 3];
export const CLEAR = 150; // grey levels: ink that bright is written

/**
 * @param {import("./ink.js").Grey} ink
 * @returns {import("./ink.js").Grey} the ink itself if there are no lines
 */
export function removeRulings(ink) {
  if (Math.min(ink.width, ink.height) < SMALLEST) return ink;
  const [across, level] = eraseLevelLines(ink);
  const [upright, more] = eraseLevelLines(turned(across));
  const erased = turned(upright);
  if (level + more === 0) return ink;
  if (level + more < FEW && !isMuchSmaller(erased, level, more)) return ink;
  return withoutCrumbs(erased);
}

/** Rows become columns. */
function turned({ values, width, height }) {
  const result = new Uint8Array(values.length);
  values.forEach((level, pixel) => {
    result[(pixel % width) * height + Math.floor(pixel / width)] = level;
  });
  return { values: result, width: height, height: width };
}

/** Erase pieces that are thinner than 3 pixels all over, unless everything is. */
function withoutCrumbs({ values, width, height }) {
  const { numbers } = findPieces(where(values, (level) => level > FAINTEST), width, height);
  const thick = new Set();
  open(values, width, height, [3, 3]).forEach((level, pixel) => {
    if (level > FAINTEST) thick.add(numbers[pixel]);
  });
  const kept = mapped(Uint8Array, values, (level, pixel) => (thick.has(numbers[pixel]) ? level : 0));
  return { values: thick.size > 0 ? kept : values, width, height };
}

/** Whether the rest of the ink is far from as wide (high) as the level (upright) lines are long. */
function isMuchSmaller({ values, width, height }, level, upright) {
  if (values.every((grey) => grey < CLEAR)) return false;
  let [left, right, top, bottom] = [width, -1, height, -1];
  values.forEach((grey, pixel) => {
    if (grey <= 63) return;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  return (!level || right - left + 1 < 0.6 * width) && (!upright || bottom - top + 1 < 0.6 * height);
}

/** Erase the lines that run about level, and say how many there were. */
function eraseLevelLines(ink) {
  const { values, width, height } = ink;
  const withoutThin = open(values, width, height, [THICKEST, 1], 0);
  const thin = mapped(Uint8Array, values, (level, pixel) => (level - withoutThin[pixel] > FAINTEST ? 1 : 0));
  const lines = levelLines(thin, where(withoutThin, (level) => level > FAINTEST), width, height);
  if (lines.length === 0) return [ink, 0];
  const band = new Uint8Array(values.length);
  const reach = Math.ceil(THICKEST / 2);
  for (const { row, fall } of lines) {
    for (let column = 0; column < width; column += 1) {
      const middle = row + fallAt(fall, column, width);
      for (let y = Math.max(middle - reach, 0); y <= Math.min(middle + reach, height - 1); y += 1) {
        band[y * width + column] = 1;
      }
    }
  }
  const near = growUpright(thin, width, height);
  const erased = mapped(Uint8Array, values, (level, pixel) => (band[pixel] && near[pixel] ? withoutThin[pixel] : level));
  const smooth = open(erased, width, height, [2, 2]);
  const rest = mapped(Uint8Array, erased, (level, pixel) => (band[pixel] ? smooth[pixel] : level)); // no crumbs of lines
  return [{ values: rest, width, height }, lines.length];
}

/** By how many rows a line has fallen at a column, compared with its middle. */
function fallAt(fall, column, width) {
  return roundHalfEven(fall * (column / width - 0.5));
}

/**
 * Straight lines across a page. Every row and fall is tried, and the share of the way on which there is
 * something thin is counted, where no stroke hides it: a Hough transform for lines that are nearly level.
 * @param {Uint8Array} thin where something thin is
 * @param {Uint8Array} hidden where something thick is
 * @returns {{row: number, fall: number}[]} the row at the page's middle; the fall from left to right
 */
function levelLines(thin, hidden, width, height) {
  if (count(thin) < COVERED * width) return [];
  const near = growUpright(thin, width, height);
  const steepest = roundHalfEven(STEEPEST * width);
  const best = new Float64Array(height);
  const falls = new Int32Array(height);
  for (let fall = -steepest; fall <= steepest; fall += 2) {
    const way = Array.from({ length: width }, (_, column) => fallAt(fall, column, width));
    for (let row = 0; row < height; row += 1) {
      const share = shareOfWay(near, hidden, row, way, width, height);
      if (share > best[row]) [best[row], falls[row]] = [share, fall];
    }
  }
  const lines = [];
  for (;;) {
    const row = best.reduce((most, share, at) => (share > best[most] ? at : most), 0);
    if (!(best[row] >= COVERED)) return lines;
    lines.push({ row, fall: falls[row] });
    best.fill(0, Math.max(row - THICKEST, 0), row + THICKEST + 1);
  }
}

function shareOfWay(near, hidden, row, way, width, height) {
  let [found, visible] = [0, 0];
  for (let column = 0; column < width; column += 1) {
    const y = row + way[column];
    if (y < 0 || y >= height) continue;
    found += near[y * width + column];
    visible += 1 - hidden[y * width + column];
  }
  return Math.fround(found / Math.max(visible, width / 2));
}
