/** Read a model, a JSON description and a file of weights, and make sure that both are whole. */

import { splitLayers } from "./learning.js";
import { LAYERS, asTensor, forward, run } from "./network.js";

const FORMAT = 1;
const REMEDY = "Reload the page; if that does not help, export the app again.";

/** Why a model cannot be used, in one sentence for the page. */
export class ModelError extends Error {}

/** A network that is ready to be asked. */
export class Model {
  constructor(description, layers) {
    this.description = description;
    this.layers = layers;
    [this.kept, this.untaught] = splitLayers(layers); // as they came: they know what is no digit
    this.last = this.untaught; // a lesson, which replaces this one, is about which digit it is
    this.seen = new WeakMap(); // what was seen in an image, by image
  }

  /** Look at 28×28 grey levels, which stay as they are: an image is looked at once. */
  look(image) {
    if (!this.seen.has(image)) {
      const entry = (run(this.kept, asTensor(image)).at(-1) ?? asTensor(image)).values;
      const logits = LAYERS.linear({ values: entry }, this.untaught);
      this.seen.set(image, { entry, logits: logits.values, answer: LAYERS.softmax(logits).values });
    }
    return this.seen.get(image);
  }

  /** Ten probabilities. */
  probabilities(image) {
    const { entry, answer } = this.look(image);
    return this.last === this.untaught ? answer : LAYERS.softmax(LAYERS.linear({ values: entry }, this.last)).values;
  }

  /** Ten probabilities, and whether there is one digit at all: recipes/generated.py says how that is known. */
  read(image) {
    const odds = this.look(image).logits.reduce((sum, logit) => sum + Math.exp(logit), 0); // of a digit against none
    const isDigit = 1 / (1 + 1 / odds) >= (this.description.least_digit_probability ?? 0);
    return { probabilities: this.probabilities(image), isDigit };
  }
}

/**
 * @param {string} name of the model's JSON file
 * @param {(file: string) => Promise<ArrayBuffer>} read gives a file's bytes
 * @returns {Promise<Model>}
 * @throws {ModelError} if a file is missing, damaged or of another format
 */
export async function loadModel(name, read) {
  const description = parse(await readFile(name, read), name);
  const { file, length, sha256: checksum } = description.weights;
  const buffer = await readFile(file, read);
  if (buffer.byteLength !== length) {
    throw new ModelError(
      `The weights in ${file} have ${buffer.byteLength} bytes instead of ${length}. ${REMEDY}`,
    );
  }
  if (!(await isWhole(buffer, checksum))) {
    throw new ModelError(`The weights in ${file} do not match their checksum. ${REMEDY}`);
  }
  try {
    return new Model(description, buildLayers(description.layers, new Float32Array(buffer), name));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(`The description in ${name} is damaged (${error.message}). ${REMEDY}`);
  }
}

/**
 * Whether the bytes are those that were exported. This finds accidents: a damaged file, or files of two
 * exports. It is no protection from people, who would change the description, too. Browsers compute
 * checksums for pages from https or from this machine only; for others, as on a phone that asks a computer
 * at home, the length must do, and that the layers fit together.
 */
async function isWhole(buffer, checksum) {
  if (globalThis.crypto?.subtle === undefined) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === checksum;
}

async function readFile(file, read) {
  try {
    return await read(file);
  } catch (error) {
    throw new ModelError(`The file ${file} cannot be read (${error.message}). ${REMEDY}`);
  }
}

function parse(buffer, name) {
  let description;
  try {
    description = JSON.parse(new TextDecoder().decode(buffer));
  } catch {
    throw new ModelError(`The description in ${name} is no JSON. ${REMEDY}`);
  }
  if (description?.format !== FORMAT) {
    throw new ModelError(
      `The description in ${name} has format ${description?.format}; this app reads format ${FORMAT}. ${REMEDY}`,
    );
  }
  if (!Array.isArray(description.layers) || typeof description.weights?.file !== "string") {
    throw new ModelError(`The description in ${name} lacks its layers or its weights. ${REMEDY}`);
  }
  return description;
}

/** Give every layer the part of the weights that is its own, and check that the layers fit together. */
function buildLayers(descriptions, weights, name) {
  const layers = descriptions.map((layer, index) => {
    if (!Object.hasOwn(LAYERS, layer.type)) {
      throw new ModelError(`Layer ${index + 1} in ${name} is of the unknown kind "${layer.type}". ${REMEDY}`);
    }
    const own = { ...layer };
    for (const part of ["weight", "bias"]) {
      if (part in layer) own[part] = slice(weights, layer[part], `the ${part} of layer ${index + 1} in ${name}`);
    }
    return own;
  });
  if (!givesTenProbabilities(layers)) {
    throw new ModelError(`The layers in ${name} do not fit together. ${REMEDY}`);
  }
  return layers;
}

function givesTenProbabilities(layers) {
  try {
    const probabilities = forward(layers, new Uint8Array(28 * 28));
    const total = probabilities.reduce((sum, value) => sum + value, 0);
    return probabilities.length === 10 && Math.abs(total - 1) < 1e-3;
  } catch {
    return false;
  }
}

function slice(weights, { offset, shape }, what) {
  const count = shape.reduce((product, side) => product * side, 1);
  if (!(offset >= 0 && offset + count <= weights.length)) {
    throw new ModelError(`The file of weights is too short for ${what}. ${REMEDY}`);
  }
  return weights.subarray(offset, offset + count);
}
