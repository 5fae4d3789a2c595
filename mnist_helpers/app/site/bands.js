/** Read a picture of any size, strip by strip, as small pictures of its colours. */

import { LANCZOS } from "./resampling.js";
import { finishShrinking, mean, planShrinking } from "./shrinking.js";

const STRIP = 250_000; // pixels that are read at a time, which takes a megabyte

/**
 * @typedef {{width: number, height: number, rows: (top: number, count: number) => Uint8ClampedArray}} Source
 *   gives a picture's rows as red, green, blue and cover, four bytes per pixel, in an array of their own
 */

/**
 * @param {Source} source
 * @param {number} paper the level that is seen through what does not cover it
 * @returns {{bands: import("./ink.js").Grey[], isLightOnNothing: boolean}} red, green, blue, and the eye's
 *   mixture of them, with at most `longestSide` pixels a side; whether light things are drawn on a see-through page
 */
export function readBands(source, longestSide, paper) {
  const { width, height } = source;
  const plan = planShrinking(width, height, longestSide);
  const square = plan?.square ?? 1;
  const pixels = Math.ceil(width / square) * Math.ceil(height / square);
  const bands = Array.from({ length: 4 }, () => new Uint8Array(pixels));
  const cover = { pixels: 0, least: 255, most: 0, missing: 0, seen: 0 };
  let light = 0;
  const rows = square * Math.max(1, Math.floor(STRIP / width / square));
  for (let top = 0; top < height; top += rows) {
    const strip = source.rows(top, Math.min(rows, height - top));
    const place = (top / square) * Math.ceil(width / square);
    light += reduceStrip(new Int32Array(strip.buffer), width, square, bands, place, (pixel) => lay(pixel, paper, cover));
  }
  const finish = (values) => (plan === null ? { values, width, height } : finishShrinking(values, plan, LANCZOS));
  const drawn = 255 * width * height - cover.missing;
  const isSeeThrough = cover.least < 128 && (cover.most >= 128 || cover.pixels < width * height);
  return { bands: bands.map(finish), isLightOnNothing: isSeeThrough && (light - cover.seen) * 255 > 128 * drawn };
}

/** Lay a pixel that does not cover the paper on it, and note how much of the paper is seen. */
function lay(pixel, paper, cover) {
  const covers = pixel >>> 24;
  const seen = paper * (255 - covers);
  cover.pixels += 1;
  cover.least = Math.min(cover.least, covers);
  cover.most = Math.max(cover.most, covers);
  cover.missing += 255 - covers;
  cover.seen += seen / 255;
  const over = (shift) => Math.round((((pixel >> shift) & 255) * covers + seen) / 255) << shift;
  return over(0) | over(8) | over(16);
}

/**
 * Put the means of a strip's squares into the bands, from a place on.
 * @param {Int32Array} strip a number per pixel, whose bytes are, from the lowest, red, green, blue and cover
 * @param {(pixel: number) => number} onPaper gives what is seen of a pixel that does not cover all
 * @returns {number} the sum of all mixtures
 */
function reduceStrip(strip, width, square, [reds, greens, blues, mixtures], start, onPaper) {
  const height = strip.length / width;
  let light = 0;
  for (let top = 0, place = start; top < height; top += square) {
    const bottom = Math.min(top + square, height);
    for (let left = 0; left < width; left += square, place += 1) {
      const right = Math.min(left + square, width);
      let red = 0;
      let green = 0;
      let blue = 0;
      let mixture = 0;
      for (let y = top; y < bottom; y += 1) {
        const end = y * width + right;
        for (let at = y * width + left; at < end; at += 1) {
          let pixel = strip[at];
          if (pixel >>> 24 < 255) pixel = onPaper(pixel);
          const r = pixel & 255;
          const g = (pixel >> 8) & 255;
          const b = (pixel >> 16) & 255;
          red += r;
          green += g;
          blue += b;
          mixture += (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16; // as the eye mixes them
        }
      }
      const pixels = (right - left) * (bottom - top);
      reds[place] = mean(red, pixels);
      greens[place] = mean(green, pixels);
      blues[place] = mean(blue, pixels);
      mixtures[place] = mean(mixture, pixels);
      light += mixture;
    }
  }
  return light;
}
