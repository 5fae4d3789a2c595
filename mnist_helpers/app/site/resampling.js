/**
 * Make a grey picture smaller or larger, with the same result as Pillow's
 * `Image.resize(size, Resampling.LANCZOS)`: every new pixel is a weighted mean of the old pixels
 * around it, over an area that grows with the reduction, so nothing is skipped.
 */

const LOBES = 3;
const FIXED_POINT = 2 ** 22; // Pillow rounds the weights of 8-bit pictures to multiples of 2^-22

/** The Lanczos window of three lobes: 1 at 0, and 0 from 3 on. */
function lanczos(x) {
  if (x <= -LOBES || x >= LOBES) return 0;
  if (x === 0) return 1;
  const angle = Math.PI * x;
  return (Math.sin(angle) / angle) * (Math.sin(angle / LOBES) / (angle / LOBES));
}

/**
 * Which old pixels make up each new one along one direction.
 * @param {number} from old length
 * @param {number} to new length
 * @returns {{first: number, weights: number[]}[]} one entry per new pixel; weights add up to 1
 */
function contributions(from, to) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = LOBES * stretch;
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach + 0.5), from);
    const raw = [];
    for (let pixel = first; pixel < end; pixel += 1) {
      raw.push(lanczos((pixel - centre + 0.5) * (1 / stretch)));
    }
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => toFixedPoint(weight / total)) };
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
 * @returns {Uint8Array} with the same order of pixels as the old picture
 */
function resizeLines(grey, from, to, lines, isHorizontal) {
  const result = new Uint8Array(lines * to);
  const parts = contributions(from, to);
  const step = isHorizontal ? 1 : lines;
  for (let line = 0; line < lines; line += 1) {
    const start = isHorizontal ? line * from : line;
    const resultStart = isHorizontal ? line * to : line;
    for (let index = 0; index < to; index += 1) {
      const { first, weights } = parts[index];
      let sum = 0;
      for (let offset = 0; offset < weights.length; offset += 1) {
        sum += grey[start + (first + offset) * step] * weights[offset];
      }
      result[resultStart + index * step] = toGrey(sum);
    }
  }
  return result;
}

/**
 * @param {Uint8Array} grey row by row, `width * height` pixels
 * @returns {Uint8Array} row by row, `newWidth * newHeight` pixels
 */
export function resize(grey, width, height, newWidth, newHeight) {
  const narrow = width === newWidth ? grey : resizeLines(grey, width, newWidth, height, true);
  return height === newHeight ? narrow : resizeLines(narrow, height, newHeight, newWidth, false);
}
