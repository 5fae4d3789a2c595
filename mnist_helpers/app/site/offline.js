/** Keep the app on this device, so that it opens and answers without a network. */

import { isEmbedded } from "./files.js";

/**
 * Register the service worker, where there can be one.
 * @param {() => boolean} mayReload whether a reload would lose nothing: a newer version then shows at once
 */
export function keepOffline(mayReload) {
  if (isEmbedded() || !("serviceWorker" in navigator)) return;
  const hadOne = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (hadOne && mayReload()) location.reload();
  });
  navigator.serviceWorker.register("service-worker.js").catch(() => {
    // Private windows and plain http refuse it; the app then works as long as there is a network.
  });
}
