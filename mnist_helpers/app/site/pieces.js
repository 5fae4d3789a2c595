/**
 * Grow, shrink and count what is drawn: small tools on pictures of bytes, row by row. A mask holds 1 where
 * something is true, else 0. The same as functions of `scipy.ndimage`.
 */

import { mapped } from "./numbers.js";

/** Where a condition on a grey level holds, as a mask. */
export function where(values, condition) {
  return mapped(Uint8Array, values, (value) => (condition(value) ? 1 : 0));
}

/**
 * For each pixel the least (or greatest) from `first` to `last` pixels further along one direction.
 * @param {number | null} outside the level beyond the edge; null if only the picture counts
 */
function slide(values, width, height, [first, last], isDown, isGreatest, outside) {
  if (first === 0 && last === 0) return values;
  const result = new Uint8Array(values.length);
  const [step, length] = isDown ? [width, height] : [1, width];
  for (let y = 0, pixel = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, pixel += 1) {
      const at = isDown ? y : x;
      const [start, end] = [Math.max(first, -at), Math.min(last, length - 1 - at)];
      let picked = values[pixel];
      for (let away = start; away <= end; away += 1) {
        const level = values[pixel + away * step];
        if (isGreatest ? level > picked : level < picked) picked = level;
      }
      const reachesOut = start > first || end < last;
      if (outside !== null && reachesOut && !isGreatest) picked = Math.min(picked, outside);
      result[pixel] = picked;
    }
  }
  return result;
}

/** Erase what is smaller than a block of so many rows and columns; beyond the edge the level is `outside`. */
export function open(values, width, height, [rows, columns], outside = null) {
  const reach = (size) => [-Math.floor(size / 2), Math.ceil(size / 2) - 1];
  const back = ([first, last]) => [0 - last, 0 - first];
  const [down, across] = [reach(rows), reach(columns)];
  const eroded = slide(values, width, height, down, true, false, outside);
  const thin = slide(eroded, width, height, across, false, false, outside);
  const dilated = slide(thin, width, height, back(down), true, true, null);
  return slide(dilated, width, height, back(across), false, true, null);
}

/** Let a mask grow by one pixel up and down. */
export function growUpright(mask, width, height) {
  return slide(mask, width, height, [-1, 1], true, true, null);
}

/** Let a mask grow by one pixel in the four directions, so many times. */
export function grow(mask, width, height, times = 1) {
  let grown = mask;
  for (let time = 0; time < times; time += 1) {
    const upright = growUpright(grown, width, height);
    const level = slide(grown, width, height, [-1, 1], false, true, null);
    grown = mapped(Uint8Array, upright, (value, pixel) => value | level[pixel]);
  }
  return grown;
}

/**
 * Number the connected pieces of a mask; pixels that share a corner belong together.
 * @param {Uint8Array} counted which pixels count for a piece's size and box
 * @returns {{numbers: Int32Array, pieces: {size: number, left: number, top: number, right: number,
 *   bottom: number}[]}} a pixel's number is 0 outside of all pieces, or 1 more than the piece's place
 */
export function findPieces(mask, width, height, counted = mask) {
  const numbers = new Int32Array(mask.length);
  const pieces = [];
  const visit = (pixel, found) => {
    if (mask[pixel] === 0 || numbers[pixel] > 0) return;
    numbers[pixel] = pieces.length;
    found.push(pixel);
  };
  for (let start = 0; start < mask.length; start += 1) {
    if (mask[start] === 0 || numbers[start] > 0) continue;
    const piece = { size: 0, left: width, top: height, right: -1, bottom: -1 };
    pieces.push(piece);
    const found = [];
    visit(start, found);
    for (let next = found.pop(); next !== undefined; next = found.pop()) {
      const [x, y] = [next % width, Math.floor(next / width)];
      if (counted[next] > 0) add(piece, x, y);
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row += 1) {
        for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column += 1) {
          visit(row * width + column, found);
        }
      }
    }
  }
  return { numbers, pieces };
}

function add(piece, x, y) {
  piece.size += 1;
  piece.left = Math.min(piece.left, x);
  piece.right = Math.max(piece.right, x);
  piece.top = Math.min(piece.top, y);
  piece.bottom = Math.max(piece.bottom, y);
}

/** The place of the first piece with the most pixels; -1 without any. */
export function largestPiece(pieces) {
  return pieces.reduce((best, { size }, place) => (best < 0 || size > pieces[best].size ? place : best), -1);
}

/** The longer side of the box around a piece, in pixels. */
export function extent({ size, left, top, right, bottom }) {
  return size === 0 ? 0 : Math.max(right - left, bottom - top) + 1;
}
