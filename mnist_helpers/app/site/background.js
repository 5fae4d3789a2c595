/** Prepare a photo in a worker, a second thread beside the page; where there is none, in the page. */

import { isEmbedded } from "./files.js";
import { prepareFile } from "./opening.js";

/**
 * @param {Blob} file
 * @returns {Promise<import("./photo.js").Prepared>}
 */
export function prepareInBackground(file) {
  if (isEmbedded()) return prepareFile(file); // one file has no second one for a worker
  return new Promise((resolve) => {
    const worker = new Worker("photo-worker.js", { type: "module" });
    const finish = (prepared) => {
      worker.terminate();
      resolve(prepared);
    };
    worker.addEventListener("message", ({ data }) => finish(data));
    worker.addEventListener("error", () => finish(prepareFile(file))); // an old browser, or too little memory
    worker.postMessage(file);
  });
}
