/** From a photo to the 28×28 pixels of a model. The same as in Python, `mnist_helpers.prepare_picture`. */

import { removePaper, requireOneDigit, widenHairlines } from "./cleaning.js";
import { Refusal, contrast, toInk } from "./ink.js";
import { boundingBox, centreInFrame, crop, fitToBox } from "./preparation.js";
import { LANCZOS } from "./resampling.js";
import { finishShrinking, planShrinking, reduce } from "./shrinking.js";

const WORKING_SIZE = 280; // longest side in pixels while we look for the ink; larger photos are scaled down
const CLEARER = 1.5; // a single colour is looked at if ink differs from paper this many times more in it
const STRIP = 250_000; // pixels that are read at a time

/**
 * @typedef {{width: number, height: number, rows: (top: number, count: number) => Uint8ClampedArray}} Source
 *   gives a picture's rows as red, green, blue and cover, four bytes per pixel, in
 *   an array of their own
 * @typedef {{steps: Object<string, import("./ink.js").Grey>, image: Uint8Array | null, problem: string}} Prepared
 *   the steps in order, as far as they went; the 28×28 pixels; why there are none
 */

/**
 * @param {Source} source
 * @returns {Prepared}
 */
export function preparePhoto(source) {
  const steps = {};
  try {
    steps.grey = toGrey(source);
    steps.ink = toInk(steps.grey);
    steps.clean = removePaper(steps.ink);
    requireOneDigit(steps.clean);
    const { values, width, height } = widenHairlines(steps.clean);
    const box = boundingBox(values, width, height);
    steps.cropped = { values: crop(values, width, box), width: box.width, height: box.height };
    steps.boxed = fitToBox(steps.cropped.values, box.width, box.height);
    steps.framed = { values: centreInFrame(steps.boxed), width: 28, height: 28 };
    return { steps, image: steps.framed.values, problem: "" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { steps, image: null, problem: error.message };
  }
}

/**
 * Lay a picture on paper and reduce it to grey levels: the eye's mixture of red, green and blue, unless the
 * ink is far clearer in one of them.
 */
function toGrey(source) {
  let [bands, isLightOnNothing] = readBands(source, 255);
  if (isLightOnNothing) [bands] = readBands(source, 0);
  const colours = bands.map((grey) => ({ grey, contrast: contrast(grey) }));
  const mixture = colours.pop();
  const clearest = colours.reduce((best, next) => (next.contrast > best.contrast ? next : best));
  return clearest.contrast > CLEARER * mixture.contrast ? clearest.grey : mixture.grey;
}

/**
 * Read a picture strip by strip, which takes little memory, and make it small.
 * @param {number} paper the level that is seen through what does not cover it
 * @returns {[import("./ink.js").Grey[], boolean]} red, green, blue, mixture; whether light things are drawn
 *   on a see-through page
 */
function readBands(source, paper) {
  const { width, height } = source;
  const plan = planShrinking(width, height, WORKING_SIZE);
  const square = plan?.square ?? 1;
  const columns = Math.ceil(width / square);
  const bands = Array.from({ length: 4 }, () => new Uint8Array(columns * Math.ceil(height / square)));
  const cover = { least: 255, most: 0, sum: 0, light: 0 };
  const rows = square * Math.max(1, Math.floor(STRIP / width / square));
  for (let top = 0; top < height; top += rows) {
    const number = Math.min(rows, height - top);
    const strip = source.rows(top, number);
    layOnPaper(strip, paper, cover);
    bands.forEach((band, channel) => {
      band.set(reduce(strip, width, number, square, 4, channel), (top / square) * columns);
    });
  }
  const finish = (values) => (plan === null ? { values, width, height } : finishShrinking(values, plan, LANCZOS));
  const isSeeThrough = cover.least < 128 && cover.most >= 128;
  return [bands.map(finish), isSeeThrough && cover.light * 255 > 128 * cover.sum];
}

/** The eye's mixture of three colours. */
function mix(red, green, blue) {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Lay a strip's pixels on paper, put the colours' mixture in place of their cover, and note that. */
function layOnPaper(pixels, paper, cover) {
  let [least, most, sum, light] = [255, 0, 0, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    const covers = pixels[at + 3];
    let mixture = mix(pixels[at], pixels[at + 1], pixels[at + 2]);
    if (covers < 255) {
      const over = (channel, under) => Math.round((pixels[at + channel] * covers + under * (255 - covers)) / 255);
      light += mix(over(0, 0), over(1, 0), over(2, 0));
      for (let channel = 0; channel < 3; channel += 1) pixels[at + channel] = over(channel, paper);
      mixture = mix(pixels[at], pixels[at + 1], pixels[at + 2]);
      if (covers < least) least = covers;
    } else {
      light += mixture;
    }
    if (covers > most) most = covers;
    sum += covers;
    pixels[at + 3] = mixture;
  }
  cover.least = Math.min(cover.least, least);
  cover.most = Math.max(cover.most, most);
  cover.sum += sum;
  cover.light += light;
}
