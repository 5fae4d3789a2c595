/**
 * Learn a hand: a few gradient steps on the drawings that a person corrected, among digits that keep the
 * rest from being forgotten. `mnist_helpers.app.teaching.teach` does the same in PyTorch, and chose the numbers.
 */

import { slopesOf } from "./gradients.js";

const STEPS = 20;
const LATEST = 64; // as many drawings are learnt from
const WAY_BACK = 0.45; // of each weight's change, at the end: most of the gain stays, most of the harm goes
const LEARNING_RATE = 8e-3;
const EPSILON = 3e-4; // below it a slope counts less: it is mostly rounding

/** How many digits a lesson rehearses; the others tell what it costs. */
export const REHEARSAL = 150;

/** @typedef {{image: Uint8Array, digit: number}} Example */

/** Adam, step for step as PyTorch has it: each weight moves by about the learning rate, whatever its slope. */
class Adam {
  constructor(values, rate) {
    this.values = values;
    this.rate = rate;
    this.count = 0;
    this.means = values.map((array) => new Float32Array(array.length));
    this.squares = values.map((array) => new Float32Array(array.length));
  }

  step(slopes) {
    this.count += 1;
    const pace = this.rate / (1 - 0.9 ** this.count);
    const scale = Math.sqrt(1 - 0.999 ** this.count);
    this.values.forEach((array, part) => {
      const [own, means, squares] = [slopes[part], this.means[part], this.squares[part]];
      for (let index = 0; index < array.length; index += 1) {
        means[index] += 0.1 * (own[index] - means[index]);
        squares[index] += 0.001 * (own[index] ** 2 - squares[index]);
        array[index] -= (pace * means[index]) / (Math.sqrt(squares[index]) / scale + EPSILON);
      }
    });
  }
}

/** A linear layer that changes nothing, to learn in place of another kind. */
const NOTHING = {
  type: "linear",
  outputs: 10,
  weight: Float32Array.from({ length: 100 }, (_, index) => (index % 11 === 0 ? 1 : 0)),
  bias: new Float32Array(10),
};

/**
 * The layers that never change, which keep what they know of strokes, and the linear one that learns.
 * @param {object[]} layers the last one a softmax
 */
export function splitLayers(layers) {
  const logits = layers.slice(0, -1);
  return logits.at(-1).type === "linear" ? [logits.slice(0, -1), logits.at(-1)] : [logits, NOTHING];
}

/** Look at an image once as a lesson does many times: then the browser has compiled what a lesson needs. */
export function practise(model, image) {
  const { entry, answer } = model.look(image);
  slopesOf(model.untaught, [{ entry, target: answer }]);
}

/**
 * Forget what was learnt before, and learn these drawings: so one that is taken back leaves no trace.
 * @param {import("./model.js").Model} model whose last layer is replaced
 * @param {Example[]} drawings the corrected ones so far; the latest 64 count
 * @param {Example[]} rehearsal other digits
 */
export function learn(model, drawings, rehearsal) {
  const { weight, bias } = model.untaught;
  model.last = { ...model.untaught, weight: weight.slice(), bias: bias.slice() };
  if (drawings.length === 0) return;
  const examples = [
    ...drawings.slice(-LATEST).map(({ image, digit }) => ({ ...model.look(image), target: truth(digit) })),
    ...rehearsal.map(({ image }) => ({ ...model.look(image), target: model.look(image).answer })), // to be kept
  ];
  const learning = [model.last.weight, model.last.bias];
  const adam = new Adam(learning, LEARNING_RATE);
  for (let step = 0; step < STEPS; step += 1) {
    const slopes = slopesOf(model.last, examples);
    adam.step([slopes.weight, slopes.bias]);
  }
  [weight, bias].forEach((start, part) => {
    const array = learning[part];
    for (let index = 0; index < array.length; index += 1) array[index] += WAY_BACK * (start[index] - array[index]);
  });
}

/** How many of the examples are read right, with what was learnt or, if not `after`, without. */
export function countRight(model, examples, after = true) {
  return examples.filter(({ digit, image }) => {
    const values = after ? model.probabilities(image) : model.look(image).answer;
    return values.indexOf(Math.max(...values)) === digit;
  }).length;
}

/** Ten probabilities: 1 for the true digit. */
function truth(digit) {
  return Float32Array.from({ length: 10 }, (_, index) => (index === digit ? 1 : 0));
}
