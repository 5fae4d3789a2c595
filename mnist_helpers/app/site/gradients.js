/** The backward pass of a linear layer whose results become probabilities: how the loss changes with its weights. */

/**
 * The slopes of the mean cross-entropy, its derivatives by every weight and bias.
 *
 * Back through logarithm and softmax, a logit's slope is simple: its probability less the right one. And
 * every weight had its input as its factor. A lesson comes here with every example at every step, so these are
 * plain loops that make no arrays.
 * @param {{weight: Float32Array, bias: Float32Array}} layer
 * @param {{entry: Float32Array, target: Float32Array}[]} examples what goes into the layer, and the
 *   probabilities that would be right
 * @returns {{weight: Float32Array, bias: Float32Array}}
 */
export function slopesOf({ weight, bias }, examples) {
  const slopes = { weight: new Float32Array(weight.length), bias: new Float32Array(bias.length) };
  const probabilities = new Float32Array(bias.length);
  for (const { entry, target } of examples) {
    answer(weight, bias, entry, probabilities);
    for (let output = 0; output < bias.length; output += 1) {
      const slope = (probabilities[output] - target[output]) / examples.length;
      const row = output * entry.length;
      slopes.bias[output] += slope;
      for (let input = 0; input < entry.length; input += 1) slopes.weight[row + input] += slope * entry[input];
    }
  }
  return slopes;
}

/** Put the probabilities for what goes into the layer into an array. */
function answer(weight, bias, entry, probabilities) {
  let largest = -Infinity;
  for (let output = 0; output < bias.length; output += 1) {
    const row = output * entry.length;
    let sum = bias[output];
    for (let input = 0; input < entry.length; input += 1) sum += weight[row + input] * entry[input];
    probabilities[output] = sum;
    largest = Math.max(largest, sum);
  }
  let total = 0;
  for (let output = 0; output < bias.length; output += 1) {
    probabilities[output] = Math.exp(probabilities[output] - largest);
    total += probabilities[output];
  }
  for (let output = 0; output < bias.length; output += 1) probabilities[output] /= total;
}
