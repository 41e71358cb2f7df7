// The service worker of the pages of evaluations, and of nothing else: they and their files come from the network
// while there is one, and from what kept.js has put aside where there is none. It stores no page of another kind.

const PAGES = "ltc-evaluations"; // the same name stands in kept.js
const SCOPE = new URL(self.registration.scope).pathname;
const AWAY = [502, 503, 504]; // what stands before the application answers, the application does not

function isEvaluation(path) {
  return path.startsWith(SCOPE) && /^\d+\/evaluate$/.test(path.slice(SCOPE.length));
}

function isFile(path) {
  return path.includes("/static/") && !path.includes("/static/fonts/");
}

async function answerPage(request, path) {
  const pages = await caches.open(PAGES);
  const found = await ask(request);
  if (!found) return (await pages.match(path, { ignoreVary: true })) ?? Response.error();
  // Completed, sent back to another, or signed out: whatever it is, it is no open draft of this person.
  if (found.ok) await pages.put(path, found.clone());
  else await pages.delete(path, { ignoreVary: true });
  return found;
}

async function answerFile(request) {
  const found = await ask(request);
  return found ?? (await (await caches.open(PAGES)).match(request)) ?? Response.error();
}

async function ask(request) {
  try {
    const found = await fetch(request);
    return AWAY.includes(found.status) ? null : found;
  } catch {
    return null;
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (isEvaluation(pathname)) event.respondWith(answerPage(event.request, pathname));
  else if (isFile(pathname)) event.respondWith(answerFile(event.request));
});
