/** From a photo to the 28×28 pixels of a model. The same as in Python, `mnist_helpers.prepare_picture`. */

import { readBands } from "./bands.js";
import { removePaper, requireOneDigit, widenHairlines } from "./cleaning.js";
import { Refusal, contrast, toInk } from "./ink.js";
import { boundingBox, centreInFrame, crop, fitToBox } from "./preparation.js";

const WORKING_SIZE = 280; // longest side in pixels while we look for the ink; larger photos are scaled down
const CLEARER = 1.5; // a single colour is looked at if ink differs from paper this many times more in it

/**
 * @typedef {{steps: Object<string, import("./ink.js").Grey>, image: Uint8Array | null, problem: string}} Prepared
 *   the steps in order, as far as they went; the 28×28 pixels; why there are none
 */

/**
 * @param {import("./bands.js").Source} source
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
  let { bands, isLightOnNothing } = readBands(source, WORKING_SIZE, 255);
  if (isLightOnNothing) ({ bands } = readBands(source, WORKING_SIZE, 0));
  const colours = bands.map((grey) => ({ grey, contrast: contrast(grey) }));
  const mixture = colours.pop();
  const clearest = colours.reduce((best, next) => (next.contrast > best.contrast ? next : best));
  return clearest.contrast > CLEARER * mixture.contrast ? clearest.grey : mixture.grey;
}
