/**
 * Make a grey picture smaller or larger, with the same result as Pillow's `Image.resize`: every new pixel
 * is a weighted mean of the old pixels around it, over an area that grows with the reduction, so nothing
 * is skipped.
 */

const FIXED_POINT = 2 ** 22; // Pillow rounds the weights of 8-bit pictures to multiples of 2^-22

/** The Lanczos window of three lobes: 1 at 0, and 0 from 3 on. */
function lanczos(x) {
  if (x <= -3 || x >= 3) return 0;
  if (x === 0) return 1;
  const angle = Math.PI * x;
  return (Math.sin(angle) / angle) * (Math.sin(angle / 3) / (angle / 3));
}

/** A smooth curve through the old pixels, made of pieces of the third degree. */
function bicubic(x) {
  const away = Math.abs(x);
  if (away < 1) return (1.5 * away - 2.5) * away * away + 1;
  return away < 2 ? ((away - 5) * away + 8) * away * -0.5 + 2 : 0;
}

/** How much an old pixel counts by its distance, and up to which distance. */
export const LANCZOS = { weigh: lanczos, reach: 3 };
export const BICUBIC = { weigh: bicubic, reach: 2 };
export const BOX = { weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0), reach: 0.5 };

/**
 * Which old pixels make up each new one along one direction.
 * @param {number} from old length in pixels
 * @param {number} covered how much of it is resized; the last pixel may be used in part
 * @param {number} to new length
 * @returns {{first: number, weights: Float64Array}[]} one entry per new pixel; weights add up to 1
 */
function contributions(from, covered, to, { weigh, reach }) {
  const scale = Math.fround(covered) / to; // as exact as Pillow takes it
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach * stretch + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach * stretch + 0.5), from);
    const raw = [];
    for (let pixel = first; pixel < end; pixel += 1) {
      raw.push(weigh((pixel - centre + 0.5) * (1 / stretch)));
    }
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: new Float64Array(raw.map((weight) => weight / total)) };
  });
}

/** Round half away from zero, as Pillow does. */
function toFixedPoint(weight) {
  return Math.trunc(weight * FIXED_POINT + (weight < 0 ? -0.5 : 0.5));
}

/** A weighted sum in fixed point, as a grey level in 0..255. */
function toGrey(sum) {
  return Math.min(Math.max(Math.floor((sum + FIXED_POINT / 2) / FIXED_POINT), 0), 255);
}

/**
 * Resize along one direction. A line's pixels lie `step` apart, and lines lie `lineStep` apart.
 * @returns {Uint8Array | Float32Array} of the old kind, with the same order of pixels as the old picture
 */
function resizeLines(grey, from, covered, to, lines, filter, isHorizontal) {
  const isFine = grey instanceof Float32Array; // then nothing is rounded to whole levels
  const result = isFine ? new Float32Array(lines * to) : new Uint8Array(lines * to);
  const parts = contributions(from, covered, to, filter);
  if (!isFine) for (const part of parts) part.weights = part.weights.map(toFixedPoint);
  const step = isHorizontal ? 1 : lines;
  for (let line = 0; line < lines; line += 1) {
    const start = isHorizontal ? line * from : line;
    const resultStart = isHorizontal ? line * to : line;
    for (let index = 0; index < to; index += 1) {
      const { first, weights } = parts[index];
      let sum = 0;
      let at = start + first * step;
      for (let offset = 0; offset < weights.length; offset += 1) {
        sum += grey[at] * weights[offset];
        at += step;
      }
      result[resultStart + index * step] = isFine ? sum : toGrey(sum);
    }
  }
  return result;
}

/**
 * @param {Uint8Array | Float32Array} grey row by row, `width * height` pixels
 * @param {{filter?: object, covered?: number[]}} how `covered` is how much of the width and of the height
 *   is resized, if not all; the last pixels may be used in part
 * @returns {Uint8Array | Float32Array} row by row, `newWidth * newHeight` pixels
 */
export function resize(grey, width, height, newWidth, newHeight, how = {}) {
  const { filter = LANCZOS, covered: [across, down] = [width, height] } = how;
  const isWide = width === newWidth && across === width;
  const narrow = isWide ? grey : resizeLines(grey, width, across, newWidth, height, filter, true);
  const isHigh = height === newHeight && down === height;
  return isHigh ? narrow : resizeLines(narrow, height, down, newHeight, newWidth, filter, false);
}
