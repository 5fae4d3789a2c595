/**
 * The forward pass of a trained network: one small function per kind of layer.
 *
 * Values travel as `{shape, values}`: an image is [channels, rows, columns], a vector is [length].
 */

/** @typedef {{shape: number[], values: Float32Array}} Tensor */

function requireWeights(weight, count) {
  if (weight.length !== count) throw new RangeError(`${weight.length} weights where ${count} are needed`);
}

/** Weighted sums: one row of weights per output. */
function linear({ values }, { outputs, weight, bias }) {
  const result = new Float32Array(outputs);
  const inputs = values.length;
  requireWeights(weight, outputs * inputs);
  for (let output = 0; output < outputs; output += 1) {
    let sum = bias[output];
    const row = output * inputs;
    for (let input = 0; input < inputs; input += 1) sum += weight[row + input] * values[input];
    result[output] = sum;
  }
  return { shape: [outputs], values: result };
}

/** Negative values become 0. */
function relu({ shape, values }) {
  return { shape, values: values.map((value) => Math.max(value, 0)) };
}

/** How many places a window has along a side. */
function places(side, window, stride, padding) {
  return Math.floor((side + 2 * padding - window) / stride) + 1;
}

/** A small window of weights slides over all input channels at once, once per output channel. */
function conv2d({ shape, values }, { outputs, kernel, stride, padding, weight, bias }) {
  const [inputs, rows, columns] = shape;
  requireWeights(weight, outputs * inputs * kernel * kernel);
  const resultRows = places(rows, kernel, stride, padding);
  const resultColumns = places(columns, kernel, stride, padding);
  const result = new Float32Array(outputs * resultRows * resultColumns);
  let index = 0;
  for (let output = 0; output < outputs; output += 1) {
    for (let y = 0; y < resultRows; y += 1) {
      for (let x = 0; x < resultColumns; x += 1) {
        let sum = bias[output];
        for (let input = 0; input < inputs; input += 1) {
          const window = (output * inputs + input) * kernel * kernel;
          sum += windowSum(values, input * rows * columns, rows, columns, weight, window, kernel, {
            top: y * stride - padding,
            left: x * stride - padding,
          });
        }
        result[index] = sum;
        index += 1;
      }
    }
  }
  return { shape: [outputs, resultRows, resultColumns], values: result };
}

/** One window on one channel; what lies outside the picture counts as 0. */
function windowSum(values, channel, rows, columns, weight, window, kernel, { top, left }) {
  let sum = 0;
  for (let y = Math.max(0, -top); y < kernel && top + y < rows; y += 1) {
    const row = channel + (top + y) * columns + left;
    for (let x = Math.max(0, -left); x < kernel && left + x < columns; x += 1) {
      sum += weight[window + y * kernel + x] * values[row + x];
    }
  }
  return sum;
}

/** The largest value of each window. */
function maxpool({ shape, values }, { kernel, stride }) {
  const [channels, rows, columns] = shape;
  const resultRows = places(rows, kernel, stride, 0);
  const resultColumns = places(columns, kernel, stride, 0);
  const result = new Float32Array(channels * resultRows * resultColumns).fill(-Infinity);
  let index = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let y = 0; y < resultRows; y += 1) {
      for (let x = 0; x < resultColumns; x += 1) {
        for (let down = 0; down < kernel; down += 1) {
          const row = (channel * rows + y * stride + down) * columns + x * stride;
          for (let right = 0; right < kernel; right += 1) {
            result[index] = Math.max(result[index], values[row + right]);
          }
        }
        index += 1;
      }
    }
  }
  return { shape: [channels, resultRows, resultColumns], values: result };
}

/** All rows of all channels, end to end. */
function flatten({ values }) {
  return { shape: [values.length], values };
}

/** From logits to probabilities; the largest is subtracted first, so that nothing overflows. */
function softmax({ shape, values }) {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return { shape, values: powers.map((power) => power / total) };
}

/** Every kind of layer that an exported model may have. */
export const LAYERS = { linear, relu, conv2d, maxpool, flatten, softmax };

/**
 * Ask the network about one image.
 * @param {{type: string}[]} layers with their weights, in order
 * @param {Uint8Array} image 28×28 grey levels, row by row
 * @returns {Float32Array} ten probabilities (or ten logits, if the last layer is left out)
 */
export function forward(layers, image) {
  const values = Float32Array.from(image, (grey) => grey / 255);
  let tensor = { shape: [1, 28, 28], values };
  for (const layer of layers) tensor = LAYERS[layer.type](tensor, layer);
  return tensor.values;
}
