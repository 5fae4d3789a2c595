/**
 * The backward pass: for each kind of layer, how the loss changes with what went into the layer.
 *
 * A slope is the loss's derivative by one value. Each function gets the slopes of a layer's result and
 * returns those of what went in; those of its weights and biases it adds to `own`, if it is given them.
 * Many slopes are 0, behind a ReLU or a pooling, and cost nothing.
 */

import { run } from "./network.js";

/** Weighted sums: every weight had its input as its factor, and every input its weights. */
function linear({ before, layer, slopes, own }) {
  const { weight } = layer;
  const inputs = before.values.length;
  const result = new Float32Array(inputs);
  slopes.forEach((slope, output) => {
    if (slope === 0) return;
    const row = output * inputs;
    if (own) own.bias[output] += slope;
    for (let input = 0; input < inputs; input += 1) {
      if (own) own.weight[row + input] += slope * before.values[input];
      result[input] += slope * weight[row + input];
    }
  });
  return result;
}

/** Values that became 0 pass nothing on. */
function relu({ before, slopes }) {
  return slopes.map((slope, index) => (before.values[index] > 0 ? slope : 0));
}

/** Every place of the window used the same weights, so that their slopes add up. */
function conv2d({ before, after, layer, slopes, own }) {
  const [inputs, rows, columns] = before.shape;
  const [, resultRows, resultColumns] = after.shape;
  const { kernel, stride, padding, weight } = layer;
  const result = new Float32Array(before.values.length);
  slopes.forEach((slope, index) => {
    if (slope === 0) return;
    const output = Math.floor(index / (resultRows * resultColumns));
    const top = (Math.floor(index / resultColumns) % resultRows) * stride - padding;
    const left = (index % resultColumns) * stride - padding;
    if (own) own.bias[output] += slope;
    for (let input = 0; input < inputs; input += 1) {
      const window = (output * inputs + input) * kernel * kernel;
      for (let y = Math.max(0, -top); y < kernel && top + y < rows; y += 1) {
        const row = (input * rows + top + y) * columns + left;
        for (let x = Math.max(0, -left); x < kernel && left + x < columns; x += 1) {
          if (own) own.weight[window + y * kernel + x] += slope * before.values[row + x];
          result[row + x] += slope * weight[window + y * kernel + x];
        }
      }
    }
  });
  return result;
}

/** Only the value that won passes it on: the first one, if several were as large. */
function maxpool({ before, after, layer, slopes }) {
  const [, rows, columns] = before.shape;
  const [, resultRows, resultColumns] = after.shape;
  const { kernel, stride } = layer;
  const result = new Float32Array(before.values.length);
  slopes.forEach((slope, index) => {
    if (slope === 0) return;
    const channel = Math.floor(index / (resultRows * resultColumns));
    const top = channel * rows + (Math.floor(index / resultColumns) % resultRows) * stride;
    const left = (index % resultColumns) * stride;
    for (let place = 0; place < kernel * kernel; place += 1) {
      const from = (top + Math.floor(place / kernel)) * columns + left + (place % kernel);
      if (before.values[from] === after.values[index]) {
        result[from] += slope;
        return;
      }
    }
  });
  return result;
}

/** Rows end to end are the same values. */
function flatten({ slopes }) {
  return slopes;
}

/** Probabilities share what there is: one gains what the others lose. */
function softmax({ after, slopes }) {
  const mean = slopes.reduce((sum, slope, index) => sum + slope * after.values[index], 0);
  return slopes.map((slope, index) => after.values[index] * (slope - mean));
}

const BACKWARD = { linear, relu, conv2d, maxpool, flatten, softmax };

/** A place for the slopes of each layer's weights, all 0; null for a layer without any. */
export function emptySlopes(layers) {
  return layers.map(({ weight, bias }) =>
    weight ? { weight: new Float32Array(weight.length), bias: new Float32Array(bias.length) } : null,
  );
}

/**
 * Add one example's share of the slopes of the cross-entropy to `slopes`.
 * @param {object[]} layers the last one a softmax
 * @param {import("./network.js").Tensor} tensor what goes into the first of them
 * @param {Float32Array} target the ten probabilities that would be right
 * @param {number} share 1 / the number of examples in the batch
 * @param {object[]} slopes as from `emptySlopes`
 * @returns {Float32Array} ten probabilities, on the way
 */
export function addSlopes(layers, tensor, target, share, slopes) {
  const steps = [tensor, ...run(layers, tensor)];
  const probabilities = steps.at(-1).values;
  // Back through logarithm and softmax, a logit's slope is simple: its probability less the right one.
  let back = probabilities.map((value, digit) => share * (value - target[digit]));
  for (let index = layers.length - 2; index >= 0; index -= 1) {
    const [before, after, layer] = [steps[index], steps[index + 1], layers[index]];
    back = BACKWARD[layer.type]({ before, after, layer, slopes: back, own: slopes[index] });
  }
  return probabilities;
}
