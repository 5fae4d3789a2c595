/** Subtract the paper from a photo, shadows included. The same as in Python, `mnist_helpers.digits.to_ink`. */

import { count, largest, mapped, median, roundHalfEven } from "./numbers.js";
import { extent, findPieces, largestPiece, where } from "./pieces.js";
import { BICUBIC, BOX, resize } from "./resampling.js";
import { shrink } from "./shrinking.js";

/** @typedef {{values: Uint8Array, width: number, height: number}} Grey a picture, row by row */

// How far ink must differ from the paper around it, in grey levels of 255: so many times the paper's noise,
// but at least and at most so much. What is clear needs no further look; what is paler must look written.
const [NOISES, MIN_CONTRAST, CLEAR_CONTRAST] = [6, 12, 40];
const THICK_INK = 0.15; // ink that covers more than this share of the picture comes from a thick pen
const PALEST_INK = 76; // what is paler than this, of 255, is paper
export const DUST = 0.04; // of the picture's longer side: a picture without anything larger is empty
const WINDOW = 12; // pixels to each side, on a copy of 40 pixels, in which most are paper

/** Why a picture shows no digit, in words for the page. */
export class Refusal extends Error {}

export const NOTHING = "nothing stands out on this picture; use a dark pen on light paper and fill more of the picture";

/**
 * @param {Grey} grey
 * @returns {Grey} 0 = paper, bright = ink
 * @throws {Refusal} if nothing stands out, or what does is too pale
 */
export function toInk(grey) {
  const { values, width, height } = grey;
  const paper = paperAround(grey);
  const difference = mapped(Float64Array, values, (level, pixel) => paper[pixel] - level);
  const border = median(edge(grey));
  const darker = largest(difference) + border + largest(negative(values));
  const lighter = largest(negative(difference)) + largest(values) - border;
  const sign = darker >= lighter ? 1 : -1; // -1: light chalk on a dark board
  const toLevels = (value) => Math.min(Math.max(sign * value, 0), 255);
  let ink = mapped(Float64Array, difference, toLevels);
  for (let look = 0; look < 3; look += 1) { // each look finds more of a thick pen's ink
    const threshold = otsuThreshold(new Uint8Array(ink));
    const share = count(where(ink, (level) => level > threshold)) / ink.length;
    if (share <= THICK_INK) break;
    const behind = paperAround(grey, 50 + sign * 50 * share);
    ink = mapped(Float64Array, ink, (_, pixel) => toLevels(behind[pixel] - values[pixel]));
  }
  const middle = median(difference);
  const grain = median(mapped(Float64Array, difference, (value) => Math.abs(value - middle)));
  requireContrast(ink, width, height, 1.4826 * grain);
  const stretch = 255 / largest(ink);
  return { values: mapped(Uint8Array, ink, (level) => roundHalfEven(level * stretch)), width, height };
}

function negative(values) {
  return mapped(Float64Array, values, (value) => -value);
}

/** How far the clearest ink is from the paper around it, in grey levels. */
export function contrast(grey) {
  return largest(mapped(Float64Array, paperAround(grey), (level, pixel) => Math.abs(level - grey.values[pixel])));
}

/** All pixels of the four sides; the corners count twice. */
function edge({ values, width, height }) {
  const pixels = [...values.subarray(0, width), ...values.subarray(values.length - width)];
  for (let row = 0; row < height; row += 1) pixels.push(values[row * width], values[(row + 1) * width - 1]);
  return pixels;
}

/**
 * The level around each pixel below which so many per cent of its wide neighbourhood lie: 50 is the median.
 * Found on a small copy, because a wide median is slow.
 * @returns {Float32Array}
 */
function paperAround(grey, percentile = 50) {
  const small = shrink(grey, 40, BOX);
  const { values, width, height } = small;
  const side = 2 * WINDOW + 1;
  const rank = percentile >= 100 ? side * side - 1 : Math.trunc((side * side * percentile) / 100);
  const [columns, rows] = [neighbours(width), neighbours(height)];
  const paper = new Float32Array(values.length);
  const counts = new Uint16Array(256);
  for (let pixel = 0; pixel < values.length; pixel += 1) {
    counts.fill(0);
    const near = columns[pixel % width];
    for (const row of rows[Math.floor(pixel / width)]) {
      for (let index = 0; index < near.length; index += 1) counts[values[row * width + near[index]]] += 1;
    }
    let level = 0;
    for (let below = counts[0]; below <= rank; below += counts[level]) level += 1;
    paper[pixel] = level;
  }
  return resize(paper, width, height, grey.width, grey.height, { filter: BICUBIC });
}

/** For each place along a side those in its window; beyond the ends the last one counts again. */
function neighbours(length) {
  return Array.from({ length }, (_, at) =>
    Int32Array.from({ length: 2 * WINDOW + 1 }, (__, away) => Math.min(Math.max(at + away - WINDOW, 0), length - 1)),
  );
}

/** Refuse unless the ink stands out from paper with grain of that spread (one standard deviation). */
function requireContrast(ink, width, height, noise) {
  const needed = Math.min(Math.max(NOISES * noise, MIN_CONTRAST), CLEAR_CONTRAST);
  const found = largest(ink);
  if (found >= CLEAR_CONTRAST || (found >= needed && looksWritten(ink, width, height))) return;
  if (found < needed && found > needed / 2 && looksWritten(ink, width, height)) {
    throw new Refusal(
      `what is on this picture is too pale: ${roundHalfEven(found)} grey levels from its paper, and ` +
        `${roundHalfEven(needed)} are needed; use a darker pen, or more light`,
    );
  }
  throw new Refusal(NOTHING);
}

/** Whether what stands out is mainly one thing, larger than a speck and smaller than the page. */
export function looksWritten(ink, width, height) {
  const smooth = meanOfNine(ink, width, height);
  const most = largest(smooth);
  const out = where(smooth, (level) => level > most / 2);
  const all = count(out);
  if (all === 0) return false;
  const { pieces } = findPieces(out, width, height);
  const piece = pieces[largestPiece(pieces)];
  const isLarge = piece.size > 0.5 * all && extent(piece) > 2 * DUST * Math.max(width, height);
  return isLarge && all / out.length < 0.3;
}

/** The mean of each pixel and the eight around it; at the edge the last row or column counts again. */
function meanOfNine(values, width, height) {
  const mean = (from, step, at, length) =>
    mapped(Float64Array, from, (level, pixel) => {
      const place = at(pixel);
      const before = place > 0 ? from[pixel - step] : level;
      return (before + level + (place < length - 1 ? from[pixel + step] : level)) / 3;
    });
  const down = mean(values, width, (pixel) => Math.floor(pixel / width), height);
  return mean(down, 1, (pixel) => pixel % width, width);
}

/** The grey level above which a pixel counts as ink: Otsu's, but never among the palest. */
export function inkThreshold(ink) {
  return Math.max(otsuThreshold(ink), PALEST_INK);
}

/** The grey level that best separates dark from bright: it maximises the variance between both. */
function otsuThreshold(levels) {
  const counts = new Float64Array(256);
  for (const level of levels) counts[level] += 1;
  const total = counts.reduce((sum, pixels, level) => sum + pixels * level, 0);
  let [dark, darkSum, best, threshold] = [0, 0, -1, 0];
  counts.forEach((pixels, level) => {
    dark += pixels;
    darkSum += pixels * level;
    const bright = levels.length - dark;
    const apart = darkSum / Math.max(dark, 1) - (total - darkSum) / Math.max(bright, 1);
    const between = dark * bright * (apart * apart);
    if (between > best) [best, threshold] = [between, level];
  });
  return threshold;
}
