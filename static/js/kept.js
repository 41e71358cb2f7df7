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
  await change((store) => store.put(record));
}

export async function drop(key) {
  await change((store) => store.delete(key));
}

/** Take what was sent out of a record; what was answered meanwhile, in another tab, goes on waiting. */
export async function settle({ key, answers }) {
  const task = (await database)?.transaction(STORE, "readwrite");
  const found = await task?.store.get(key);
  if (!found) return;
  for (const [name, value] of Object.entries(answers)) {
    if (found.answers[name] === value) delete found.answers[name];
  }
  await (Object.keys(found.answers).length ? task.store.put(found) : task.store.delete(key));
}

// Committed at once: a page that is closed before the browser has answered would lose the change otherwise.
async function change(edit) {
  const task = (await database)?.transaction(STORE, "readwrite");
  if (!task) return;
  const edited = edit(task.store);
  task.commit();
  await Promise.all([edited, task.done]);
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
  // The worker may have kept the page alone: its files are looked for nevertheless.
  const page = (await pages.match(path, { ignoreVary: true })) ?? (await fetch(path));
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
