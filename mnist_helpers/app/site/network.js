/**
 * The forward pass of a trained network: one small function per kind of layer.
 *
 * Values travel as `{shape, values}`: an image is [channels, rows, columns], a vector is [length].
 */

/** @typedef {{shape: number[], values: Float32Array}} Tensor */

function requireWeights(weight, count) {
  if (weight.length !== count) throw new RangeError(`${weight.length} weights where ${count} are needed`);
}

/** What a weighted sum adds up: values other than 0, each with its place in a row of weights. */
class Terms {
  constructor(size) {
    this.places = new Uint32Array(size);
    this.values = new Float32Array(size);
    this.count = 0;
  }

  add(place, value) {
    if (value === 0) return; // most of a digit's picture is black, and many values behind a ReLU are 0
    this.places[this.count] = place;
    this.values[this.count] = value;
    this.count += 1;
  }

  /** The sum with the weights of the row that begins at `row`, added to `start`. */
  sum(start, weight, row) {
    const { places, values, count } = this;
    let sum = start;
    for (let term = 0; term < count; term += 1) sum += weight[row + places[term]] * values[term];
    return sum;
  }
}

/** Weighted sums: one row of weights per output. */
function linear({ values }, { outputs, weight, bias }) {
  requireWeights(weight, outputs * values.length);
  const terms = new Terms(values.length);
  values.forEach((value, input) => terms.add(input, value));
  const result = bias.map((start, output) => terms.sum(start, weight, output * values.length));
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

/** A small window slides over all input channels at once: one row of weights per output channel. */
function conv2d({ shape, values }, { outputs, kernel, stride, padding, weight, bias }) {
  const [inputs, rows, columns] = shape;
  const size = inputs * kernel * kernel;
  requireWeights(weight, outputs * size);
  const resultRows = places(rows, kernel, stride, padding);
  const resultColumns = places(columns, kernel, stride, padding);
  const area = resultRows * resultColumns;
  const result = new Float32Array(outputs * area);
  const terms = new Terms(size);
  for (let place = 0; place < area; place += 1) {
    terms.count = 0;
    const top = Math.floor(place / resultColumns) * stride - padding;
    const left = (place % resultColumns) * stride - padding;
    for (let input = 0; input < inputs; input += 1) {
      // What lies outside the picture counts as 0.
      for (let y = Math.max(0, -top); y < kernel && top + y < rows; y += 1) {
        const row = (input * rows + top + y) * columns + left;
        const window = (input * kernel + y) * kernel;
        for (let x = Math.max(0, -left); x < kernel && left + x < columns; x += 1) {
          terms.add(window + x, values[row + x]);
        }
      }
    }
    for (let output = 0; output < outputs; output += 1) {
      result[output * area + place] = terms.sum(bias[output], weight, output * size);
    }
  }
  return { shape: [outputs, resultRows, resultColumns], values: result };
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

/** An image's 28×28 grey levels, row by row, as the first layer takes them. */
export function asTensor(image) {
  return { shape: [1, 28, 28], values: Float32Array.from(image, (grey) => grey / 255) };
}

/** What comes out of each layer in turn, for what goes into the first. */
export function run(layers, tensor) {
  return layers.map((layer) => (tensor = LAYERS[layer.type](tensor, layer)));
}

/**
 * Ask the network about one image.
 * @param {{type: string}[]} layers with their weights, in order
 * @param {Uint8Array} image 28×28 grey levels, row by row
 * @returns {Float32Array} ten probabilities (or ten logits, if the last layer is left out)
 */
export function forward(layers, image) {
  return run(layers, asTensor(image)).at(-1).values;
}
