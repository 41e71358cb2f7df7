// What this device keeps for the person who evaluates: answers that wait to be sent (IndexedDB) and the pages of
// open drafts with their files (Cache Storage, read by evaluate-worker.js). Everything names its owner: what
// another person left is deleted before anything is read. At sign-out the server has all of it deleted.
//
// A record: key, owner, evaluation, address, revision of the draft, the answers that wait, and the last
// sheet that the server sent with the words saved on it, for a page that is older than they are.

import { openDB } from "../vendor/idb/idb.js";

const PAGES = "ltc-evaluations"; // the same name stands in evaluate-worker.js
const STORE = "evaluations";
const EVALUATE = /\/assessments\/\d+\/evaluate$/;

const database = openDB("ltc", 1, {
  upgrade: (found) => found.createObjectStore(STORE, { keyPath: "key" }),
}).catch(() => null); // a device without storage still works while it is online

export async function readKept(key, owner) {
  await forgetOthers(owner);
  return (await database)?.get(STORE, key);
}

export async function keep(record) {
  await (await database)?.put(STORE, record);
}

export async function drop(key) {
  await (await database)?.delete(STORE, key);
}

/** Records of the owner that hold answers nobody has received yet. */
export async function listWaiting(owner) {
  await forgetOthers(owner);
  const found = (await (await database)?.getAll(STORE)) ?? [];
  return found.filter((record) => Object.keys(record.answers).length);
}

async function forgetOthers(owner) {
  const store = await database;
  const found = (await store?.getAll(STORE)) ?? [];
  const others = found.filter((record) => record.owner !== owner);
  if (!others.length) return;
  await Promise.all(others.map((record) => store.delete(STORE, record.key)));
  await globalThis.caches?.delete(PAGES);
}

// --- pages ---

/** Let the worker answer for the pages of evaluations; browsers without one go on without. */
export async function startWorker(url) {
  try {
    await navigator.serviceWorker.register(url);
  } catch {
    // Not offered by this browser, or not over plain HTTP: the page works while there is a connection.
  }
}

/** Keep the page of a draft and the files that it loads, where they are not kept already. */
export async function keepPage(path) {
  if (!globalThis.caches) return;
  const pages = await caches.open(PAGES);
  if (await pages.match(path, { ignoreVary: true })) return;
  const page = await fetch(path);
  if (!page.ok || page.redirected) return;
  const html = await page.clone().text();
  await Promise.all(filesOf(html).map((file) => keepFile(pages, file)));
  await pages.put(path, page);
}

/** Forget the pages of drafts that are not open any more. */
export async function keepOnly(paths) {
  if (!globalThis.caches) return;
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    const { pathname } = new URL(request.url);
    if (EVALUATE.test(pathname) && !paths.includes(pathname)) await pages.delete(request);
  }
}

async function keepFile(pages, file) {
  if (!(await pages.match(file))) await pages.add(file);
}

function filesOf(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const named = [...page.querySelectorAll("head link[href], head script[src]")];
  return named.map((part) => part.getAttribute("href") ?? part.getAttribute("src"));
}
