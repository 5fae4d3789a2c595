/** Prepares photos beside the page, so that the page stays alive meanwhile. */

import { prepareFile } from "./opening.js";

self.addEventListener("message", async ({ data }) => {
  self.postMessage(await prepareFile(data).catch(() => null)); // then the page tries it
});
