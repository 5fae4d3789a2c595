/**
 * Learn a hand: a few gradient steps on the drawings that a person corrected, among digits that keep the
 * rest from being forgotten. `mnist_helpers.app.teaching.teach` does the same in PyTorch, and chose the numbers.
 */

import { addSlopes, emptySlopes } from "./gradients.js";
import { asTensor, run } from "./network.js";

const LEARNING_LAYERS = 2; // the last ones with weights; those before them keep what they know of strokes
const MOST_STEPS = 64;
const ENOUGH = 0.6; // no more steps once every drawing has had this probability
const WAY_BACK = 0.35; // of each weight's change, at the end: most of the gain stays, most of the harm goes
const CORRECTED = 1; // examples of each sort in a batch
const REHEARSED = 3;
const LEARNING_RATE = 4e-4;
const EPSILON = 1e-4; // below it a slope counts less: it is mostly rounding

const SHARE = 1 / (CORRECTED + REHEARSED);

/** How many digits a lesson rehearses; the others tell what it costs. */
export const REHEARSAL = 150;
const LATEST = MOST_STEPS * CORRECTED; // as many drawings are learnt from

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

/** A model's layers in two parts: those that stay as they are, and copies of those that learn. */
export class Learner {
  /** @param {object[]} layers of a model, the last one a softmax; they stay as they are */
  constructor(layers) {
    const weighty = layers.flatMap(({ weight }, index) => (weight ? [index] : []));
    const first = weighty.at(-LEARNING_LAYERS) ?? weighty[0];
    this.kept = layers.slice(0, first);
    this.before = layers.slice(first);
    this.after = this.before;
    this.seen = new WeakMap(); // what the kept layers, and then the others, make of an image, by image
  }

  /** All layers, those that have learnt included. */
  get layers() {
    return [...this.kept, ...this.after];
  }

  /** What goes into the first layer that learns, and the answer before any lesson. */
  look({ image }) {
    if (!this.seen.has(image)) {
      const entry = run(this.kept, asTensor(image)).at(-1) ?? asTensor(image);
      this.seen.set(image, { entry, answer: run(this.before, entry).at(-1).values });
    }
    return this.seen.get(image);
  }

  /**
   * Forget what was learnt before, and learn these drawings: so one that is taken back leaves no trace.
   * @param {Example[]} corrected the drawings so far; the latest 64 count
   * @param {Example[]} rehearsal other digits, in a fixed order
   */
  learn(corrected, rehearsal) {
    this.after = this.before.map((layer) =>
      layer.weight ? { ...layer, weight: layer.weight.slice(), bias: layer.bias.slice() } : layer,
    );
    if (corrected.length === 0) return;
    this.step(corrected.slice(-LATEST), rehearsal);
    const start = parts(this.before);
    parts(this.after).forEach((array, part) => {
      for (let index = 0; index < array.length; index += 1) {
        array[index] += WAY_BACK * (start[part][index] - array[index]);
      }
    });
  }

  /** Take gradient steps until every drawing is known well enough, or there have been many. */
  step(latest, rehearsal) {
    const adam = new Adam(parts(this.after), LEARNING_RATE);
    const sure = new Map(); // each drawing's probability of its true digit, when it was last looked at
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const slopes = emptySlopes(this.after);
      for (const example of pick(latest, step, CORRECTED)) {
        const probabilities = addSlopes(this.after, this.look(example).entry, truth(example), SHARE, slopes);
        sure.set(example, probabilities[example.digit]);
      }
      for (const example of pick(rehearsal, step, REHEARSED)) {
        const { entry, answer } = this.look(example); // to be kept, even where it is wrong: it is what others got
        addSlopes(this.after, entry, answer, SHARE, slopes);
      }
      const isKnown = sure.size === latest.length && Math.min(...sure.values()) >= ENOUGH;
      if (step > 0 && isKnown) return;
      adam.step(parts(slopes));
    }
  }

  /** How many of the examples are read right, with what was learnt or, if not `after`, without. */
  countRight(examples, after = true) {
    return examples.filter((example) => {
      const { entry, answer } = this.look(example);
      const values = after ? run(this.after, entry).at(-1).values : answer;
      return values.indexOf(Math.max(...values)) === example.digit;
    }).length;
  }
}

/** Ten probabilities: 1 for the true digit. */
function truth({ digit }) {
  return Float32Array.from({ length: 10 }, (_, index) => (index === digit ? 1 : 0));
}

/** The examples of one step: the next `count`, round and round. */
function pick(examples, step, count) {
  return Array.from({ length: count }, (_, index) => examples[(step * count + index) % examples.length]);
}
