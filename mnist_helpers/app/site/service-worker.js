/** Answers the app's requests from a cache of its own version, with or without a network. */

/* `mnist-helpers app` fills in the version, which changes with any file, and the files. */
const VERSION = "development";
const NEEDED = ["./"]; // the app does not start without them
const WELCOME = []; // icons, other models: a missing one is fetched when it is asked for

const PREFIX = "draw-a-digit-";
const CACHE = PREFIX + VERSION;

/** Ask the server, not the browser's own store, which may hold an older version. */
function fresh(file) {
  return new Request(file, { cache: "no-cache" });
}

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(NEEDED.map(fresh)); // if one is missing, the version before this one stays
  await Promise.allSettled(WELCOME.map((file) => cache.add(fresh(file))));
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page has two addresses, and is stored under that of its folder. */
function addressInCache({ url }) {
  return url.replace(/\/index\.html(?=[?#]|$)/, "/");
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const stored = await cache.match(addressInCache(request), { ignoreSearch: true });
  if (stored) return stored;
  const response = await fetch(request);
  const isOurs = NEEDED.concat(WELCOME).some((file) => new URL(file, location).href === request.url);
  if (response.ok && isOurs) await cache.put(request, response.clone());
  return response;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const isOurs = method === "GET" && new URL(url).origin === location.origin;
  if (isOurs) event.respondWith(answer(event.request));
});
