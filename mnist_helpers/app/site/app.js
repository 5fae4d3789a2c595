/** The page: pad, camera, preparation, network and view, joined together. */

import { Camera } from "./camera.js";
import { Keyboard } from "./keyboard.js";
import { CANVAS_SIZE } from "./drawing.js";
import { ModelError, loadModel } from "./model.js";
import { keepOffline } from "./offline.js";
import { Pad } from "./pad.js";
import { prepare } from "./preparation.js";
import { read } from "./files.js";
import { Teacher } from "./teaching.js";
import { NO_DIGIT, View } from "./view.js";

const BLANK = new Uint8Array(28 * 28); // of a picture without a digit the model sees nothing

const part = (name) => document.querySelector(`[data-part="${name}"]`);

const view = new View(document);
const camera = new Camera(document, () => pad.clear(), () => schedule());
const pad = new Pad(part("canvas"), () => {
  camera.close(); // who draws is done with the picture
  schedule();
});
const teacher = new Teacher(document, {
  read,
  image: () => (camera.isOpen ? camera.image : view.image),
  onLearnt: () => show(camera.isOpen ? camera.image : view.image),
});
let model = null;
let chosen = ""; // the latest choice; a slower file of an earlier one comes too late
let isScheduled = false;

/** Ask the model about the picture, or the drawing as it is now, and show the answer. */
function update() {
  return show(camera.isOpen ? camera.image : prepare(pad.drawing.ink(), CANVAS_SIZE, CANVAS_SIZE));
}

/** Show the answer for 28×28 grey levels, or none without them. */
function show(image) {
  const { probabilities, isDigit } = image && model ? model.read(image) : { probabilities: null, isDigit: true };
  view.show(probabilities, camera.isOpen ? (image ?? BLANK) : image, isDigit ? "" : NO_DIGIT);
  if (image !== null) teacher.rest();
  return probabilities;
}

/** Update once before the screen is painted next, however many pieces of strokes come until then. */
function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    update();
  });
}

/** Load a model and use it from now on; the one sentence on the page says what went wrong, if anything. */
async function choose(name) {
  chosen = name;
  delete document.documentElement.dataset.state;
  let [loaded, problem] = [null, ""];
  try {
    loaded = await loadModel(name, read);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    problem = error.message;
  }
  if (name !== chosen) return;
  model = loaded;
  await teacher.use(model);
  if (name !== chosen) return;
  part("model").textContent = model === null ? "" : aboutModel(model.description);
  part("problem").textContent = problem;
  part("problem").hidden = model !== null;
  document.documentElement.dataset.state = model === null ? "broken" : "ready";
  update();
}

function aboutModel({ title, accuracy, test_images: count, test_data: data }) {
  const share = `${(100 * accuracy).toFixed(1)}%`;
  return `${title}; it reads ${share} of ${count.toLocaleString("en")} test images of ${data} right.`;
}

/** Offer the models that come with the app, if there is a choice. */
function offer(models) {
  const list = part("models");
  list.replaceChildren(...models.map(({ file, title }) => new Option(title, file)));
  list.addEventListener("change", () => choose(list.value));
  part("choice").hidden = models.length < 2;
}

part("undo").addEventListener("click", () => pad.undo());
part("clear").addEventListener("click", () => pad.clear());
new Keyboard(pad, part("cursor"), document);
keepOffline(() => pad.drawing.isEmpty && !camera.isOpen);

start();

async function start() {
  view.show(null, null);
  let models = [{ file: "models/mlp.json", title: "" }];
  try {
    models = JSON.parse(new TextDecoder().decode(await read("models/models.json")));
    offer(models);
  } catch {
    // Without the list there is no choice, but the default model is tried all the same.
  }
  await choose(models[0].file);
}
