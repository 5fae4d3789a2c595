/** Pictures in place of a drawing: from the camera, a file, the clipboard, or dropped on the page. */

import { getReady, prepareInBackground } from "./background.js";

const NO_PHOTO =
  "no photo was taken; if the camera did not open, allow it for this browser in the settings, or choose a picture";
const STEPS = { // as the course's page on own digits calls them
  grey: "grey, and upright",
  ink: "ink, bright on black",
  clean: "threshold: no grain, lines or dust",
  cropped: "crop",
  boxed: "a box of 20 × 20",
  framed: "centre of mass in 28 × 28",
};

/** The picture that lies on the canvas, if any, and the page's parts that tell of it. */
export class Camera {
  /**
   * @param {Document | HTMLElement} root holds elements with data-part of these names
   * @param {() => void} onOpen called before a picture is shown: what was drawn has to go
   * @param {() => void} onChange called when there is a new picture, or a refusal
   */
  constructor(root, onOpen, onChange) {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    [this.picture, this.steps, this.refusal] = ["picture", "steps", "refusal"].map(part);
    this.onOpen = onOpen;
    this.onChange = onChange;
    this.close();
    for (const name of ["camera", "file"]) {
      part(name).addEventListener("click", getReady);
      part(name).addEventListener("change", ({ target }) => {
        this.open(target.files);
        target.value = ""; // so that the same picture can be chosen again
      });
    }
    part("camera").addEventListener("cancel", () => this.refuse(NO_PHOTO));
    root.addEventListener("paste", ({ clipboardData }) => this.open(clipboardData?.files));
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => {
      event.preventDefault(); // the browser would leave the page for the picture
      this.open(event.dataTransfer?.files);
    });
  }

  /** Take the picture away, and forget one that is not ready yet. */
  close() {
    this.latest = null;
    this.image = null;
    this.isOpen = false;
    for (const element of [this.picture, this.steps, this.refusal]) element.hidden = true;
  }

  /** Prepare the first of some files, and show what comes of it unless there is a later one. */
  async open(files) {
    const [file] = files ?? [];
    if (file === undefined) return;
    this.onOpen();
    this.latest = file;
    const { steps, image, problem } = await prepareInBackground(file);
    if (this.latest !== file) return;
    this.isOpen = true;
    this.image = image;
    this.showSteps(steps);
    if (image === null) this.refuse(problem);
    else this.onChange();
  }

  /** Say why there is no answer. */
  refuse(problem) {
    this.refusal.textContent = `${problem[0].toUpperCase()}${problem.slice(1)}.`;
    this.refusal.hidden = false;
    this.onChange();
  }

  showSteps(steps) {
    const shown = Object.entries(steps);
    if (shown.length === 0) return;
    paint(this.picture, steps.grey);
    this.steps.replaceChildren(...shown.map(([name, grey]) => createStep(STEPS[name], grey)));
    for (const element of [this.picture, this.steps]) element.hidden = false;
  }
}

function createStep(caption, grey) {
  const [figure, canvas, text] = ["li", "canvas", "span"].map((tag) => document.createElement(tag));
  canvas.setAttribute("aria-hidden", "true"); // the caption says it
  text.textContent = caption;
  paint(canvas, grey);
  figure.append(canvas, text);
  return figure;
}

/** @param {import("./ink.js").Grey} grey */
function paint(canvas, { values, width, height }) {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  values.forEach((level, pixel) => picture.data.set([level, level, level, 255], 4 * pixel));
  context.putImageData(picture, 0, 0);
}
