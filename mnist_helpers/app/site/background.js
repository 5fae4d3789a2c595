/** Prepare a photo in a worker, a second thread beside the page; where there is none, in the page. */

import { isEmbedded } from "./files.js";
import { prepareFile } from "./opening.js";

const FAILED = "this device cannot prepare the picture; make a smaller copy";

/**
 * @param {Blob} file
 * @returns {Promise<import("./photo.js").Prepared>}
 */
export function prepareInBackground(file) {
  if (isEmbedded()) return prepareHere(file); // one file has no second one for a worker
  return new Promise((resolve) => {
    const worker = new Worker("photo-worker.js", { type: "module" });
    const finish = (prepared) => {
      worker.terminate();
      resolve(prepared);
    };
    worker.addEventListener("message", ({ data }) => finish(data ?? prepareHere(file)));
    worker.addEventListener("error", () => finish(prepareHere(file))); // as in an old browser
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
