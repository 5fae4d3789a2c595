/**
 * Learn a hand: a few gradient steps on the drawings that a person corrected, among digits that keep the
 * rest from being forgotten. `mnist_helpers.app.teaching.teach` does the same in PyTorch, and chose the numbers.
 */

import { addSlopes, emptySlopes } from "./gradients.js";

const LEARNING_LAYERS = 1; // the last one with weights; those before it keep what they know of strokes
const MOST_STEPS = 24;
const ENOUGH = 0.6; // no more steps once every drawing has this probability
const WAY_BACK = 0.35; // of each weight's change, at the end: most of the gain stays, most of the harm goes
const LATEST = 64; // as many drawings are learnt from, all of them at every step
const REHEARSED = 50; // and as many others
const LEARNING_RATE = 2e-3;
const EPSILON = 1e-4; // below it a slope counts less: it is mostly rounding

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

/** Weights and biases of some layers, or their slopes, in one list. */
function parts(holders) {
  return holders.filter((holder) => holder?.weight).flatMap(({ weight, bias }) => [weight, bias]);
}

/** A model's layers in two parts: those that stay as they are, and those that learn. */
export function splitLayers(layers) {
  const weighty = layers.flatMap(({ weight }, index) => (weight ? [index] : []));
  const first = weighty.at(-LEARNING_LAYERS) ?? weighty[0];
  return [layers.slice(0, first), layers.slice(first)];
}

/** Teaches a model, whose first layers look at every image only once. */
export class Learner {
  /** @param {import("./model.js").Model} model what it learns replaces its `last` layers */
  constructor(model) {
    this.model = model;
  }

  /**
   * Forget what was learnt before, and learn these drawings: so one that is taken back leaves no trace.
   * @param {Example[]} corrected the drawings so far; the latest 64 count
   * @param {Example[]} rehearsal other digits, in a fixed order
   */
  learn(corrected, rehearsal) {
    const { model } = this;
    model.last = model.untaught.map((layer) =>
      layer.weight ? { ...layer, weight: layer.weight.slice(), bias: layer.bias.slice() } : layer,
    );
    if (corrected.length === 0) return;
    const [drawings, others] = [corrected.slice(-LATEST), rehearsal].map((examples) =>
      examples.map(({ digit, image }) => ({ digit, ...model.look(image) })),
    );
    this.step(drawings, others);
    const start = parts(model.untaught);
    parts(model.last).forEach((array, part) => {
      for (let index = 0; index < array.length; index += 1) {
        array[index] += WAY_BACK * (start[part][index] - array[index]);
      }
    });
  }

  /** Take gradient steps until every drawing is known well enough, or there have been many. */
  step(drawings, others) {
    const { last } = this.model;
    const adam = new Adam(parts(last), LEARNING_RATE);
    const share = 1 / (drawings.length + REHEARSED);
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const slopes = emptySlopes(last);
      let least = 1;
      for (const { entry, digit } of drawings) {
        least = Math.min(least, addSlopes(last, entry, truth(digit), share, slopes)[digit]);
      }
      if (step > 0 && least >= ENOUGH) return;
      for (let index = 0; index < REHEARSED; index += 1) {
        const { entry, answer } = others[(step * REHEARSED + index) % others.length];
        addSlopes(last, entry, answer, share, slopes); // to be kept, even where it is wrong: others got it
      }
      adam.step(parts(slopes));
    }
  }

  /** How many of the examples are read right, with what was learnt or, if not `after`, without. */
  countRight(examples, after = true) {
    const { model } = this;
    return examples.filter(({ digit, image }) => {
      const values = after ? model.probabilities(image) : model.look(image).answer;
      return values.indexOf(Math.max(...values)) === digit;
    }).length;
  }
}

/** Ten probabilities: 1 for the true digit. */
function truth(digit) {
  return Float32Array.from({ length: 10 }, (_, index) => (index === digit ? 1 : 0));
}
