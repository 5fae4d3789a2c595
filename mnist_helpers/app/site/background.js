/** Prepare a photo in a worker, a second thread beside the page; where there is none, in the page. */

import { isEmbedded } from "./files.js";
import { prepareFile } from "./opening.js";

const FAILED = "this device cannot prepare the picture; make a smaller copy";

let waiting = null; // a worker that has no picture yet

/** Somebody is about to choose a picture: start a worker meanwhile. */
export function getReady() {
  if (!isEmbedded()) waiting ??= startWorker();
}

function startWorker() {
  const worker = new Worker("photo-worker.js", { type: "module" });
  return { worker, failure: new Promise((fail) => worker.addEventListener("error", fail)) }; // it may fail early
}

/**
 * @param {Blob} file
 * @returns {Promise<import("./photo.js").Prepared>}
 */
export function prepareInBackground(file) {
  if (isEmbedded()) return prepareHere(file); // one file has no second one for a worker
  return new Promise((resolve) => {
    const { worker, failure } = waiting ?? startWorker();
    waiting = null;
    const finish = (prepared) => {
      worker.terminate();
      resolve(prepared);
    };
    worker.addEventListener("message", ({ data }) => finish(data ?? prepareHere(file)));
    failure.then(() => finish(prepareHere(file))); // as in an old browser
    worker.postMessage(file);
  });
}

async function prepareHere(file) {
  try {
    return await prepareFile(file);
  } catch (error) {
    console.error(error);
    return { steps: {}, image: null, problem: FAILED };
  }
}
