/**
 * From ink to one digit: grain, printed lines and dust go, several digits are refused, hairlines are widened.
 * The same as in Python, `mnist_helpers.digits.ink`.
 */

import { DUST, NOTHING, Refusal, inkThreshold, looksWritten } from "./ink.js";
import { count, largest, mapped, roundHalfEven } from "./numbers.js";
import { extent, findPieces, grow, largestPiece, where } from "./pieces.js";
import { boundingBox } from "./preparation.js";
import { CLEAR, removeRulings } from "./rulings.js";

const SPECK_SHARE = 0.1; // ink smaller than this share of the largest piece is dust
const GAP = 0.012; // of the picture's longer side: pieces nearer than twice this belong to one broken stroke
const [HAIRLINE, STROKE] = [0.06, 0.12]; // widths as shares of the digit's longer side
const [WIDEST, TALL] = [1.6, 0.65]; // a digit's width over its height; the height of a piece that is a digit
const MOST_PIECES = 6;

const SEVERAL = "there seem to be several digits on this picture; photograph one, with nothing beside it";

/**
 * Set the paper's grain, its printed lines and specks of dust to 0, and keep the strokes' soft edges.
 * @param {import("./ink.js").Grey} ink
 * @returns {import("./ink.js").Grey}
 * @throws {Refusal} if nothing is left
 */
export function removePaper(ink) {
  const { width, height } = ink;
  const values = withoutRulings(ink);
  const longer = Math.max(width, height);
  const threshold = inkThreshold(values);
  const written = where(values, (level) => level > threshold);
  const bridged = grow(written, width, height, Math.max(1, roundHalfEven(GAP * longer)));
  const { numbers, pieces } = findPieces(bridged, width, height, written); // a broken stroke is one piece
  const main = pieces[largestPiece(pieces)];
  if (main === undefined || extent(main) < DUST * longer) throw new Refusal(NOTHING);
  const isStroke = (level, pixel) => level > 0 && pieces[numbers[pixel] - 1].size >= SPECK_SHARE * main.size;
  const strokes = mapped(Uint8Array, written, (level, pixel) => (isStroke(level, pixel) ? 1 : 0));
  const near = grow(strokes, width, height);
  return { values: mapped(Uint8Array, values, (level, pixel) => (near[pixel] ? level : 0)), width, height };
}

function withoutRulings(ink) {
  const rest = removeRulings(ink);
  if (rest === ink) return ink.values;
  const most = largest(rest.values);
  if (most < CLEAR && !looksWritten(rest.values, ink.width, ink.height)) throw new Refusal(NOTHING);
  return mapped(Uint8Array, rest.values, (level) => roundHalfEven(level * (255 / most)));
}

/** @throws {Refusal} if clean ink seems to be more than one digit: wide, or side by side */
export function requireOneDigit({ values, width, height }) {
  const box = boundingBox(values, width, height);
  const threshold = inkThreshold(values);
  const { pieces } = findPieces(where(values, (level) => level > threshold), width, height);
  const most = pieces[largestPiece(pieces)].size;
  const large = pieces.filter(({ size }) => size >= SPECK_SHARE * most);
  const tall = large
    .filter(({ top, bottom }) => bottom - top + 1 >= TALL * box.height)
    .sort((one, other) => one.left - other.left || one.right - other.right);
  const isBeside = tall.some(({ left }, place) => place > 0 && left > tall[place - 1].right);
  if (box.width > WIDEST * box.height || isBeside || large.length > MOST_PIECES) throw new Refusal(SEVERAL);
}

/**
 * Make the strokes of a thin pen as wide as MNIST's, with a round pen; others stay as they are. A stroke is
 * about as wide as its area divided by half of its outline.
 * @param {import("./ink.js").Grey} clean
 * @returns {import("./ink.js").Grey}
 */
export function widenHairlines(clean) {
  const { values, width, height } = clean;
  const threshold = inkThreshold(values);
  const strokes = where(values, (level) => level > threshold);
  const box = boundingBox(values, width, height);
  const side = Math.max(box.width, box.height);
  const pen = (2 * count(strokes)) / outline(strokes, width, height);
  if (pen > HAIRLINE * side) return clean;
  const radius = Math.max(1, (STROKE * side - pen) / 2);
  const result = new Uint8Array(values.length);
  values.forEach((level, pixel) => {
    if (level > 0) dab(result, width, height, pixel % width, Math.floor(pixel / width), radius, level);
  });
  return { values: result, width, height };
}

/** How many pixels of a mask lie at its edge; a page's end is one. */
function outline(mask, width, height) {
  const isAtEdge = (pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return true;
    return !(mask[pixel - 1] && mask[pixel + 1] && mask[pixel - width] && mask[pixel + width]);
  };
  return mask.reduce((sum, value, pixel) => sum + (value && isAtEdge(pixel) ? 1 : 0), 0);
}

/** Touch the paper with a round pen: what is paler under it becomes as bright. */
function dab(values, width, height, x, y, radius, level) {
  const reach = Math.trunc(radius);
  for (let row = Math.max(y - reach, 0); row <= Math.min(y + reach, height - 1); row += 1) {
    for (let column = Math.max(x - reach, 0); column <= Math.min(x + reach, width - 1); column += 1) {
      const at = row * width + column;
      if (values[at] < level && Math.hypot(row - y, column - x) <= radius) values[at] = level;
    }
  }
}
