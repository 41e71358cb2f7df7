// What this device keeps for the person who evaluates: answers that wait to be sent (IndexedDB) and the pages of
// open drafts with their files (Cache Storage, read by evaluate-worker.js). Everything names its owner: what
// another person left is deleted before anything is read. At sign-out the server has all of it deleted.
//
// A record: key (of the tab), draft, owner, evaluation, address, revision of the draft, the answers that wait, the last
// sheet that the server sent with the words saved on it, for a page that is older than they are, and a stamp that
// changes with every change.

import { openDB } from "../vendor/idb/idb.js";

const PAGES = "ltc-evaluations"; // the same name stands in evaluate-worker.js
const STORE = "evaluations";
const fresh = new Set(); // files that were kept since this page was loaded
const EVALUATE = /\/assessments\/\d+\/evaluate$/;

const database = openDB("ltc", 1, {
  upgrade: (found) => found.createObjectStore(STORE, { keyPath: "key" }),
}).catch(() => null); // a device without storage still works while it is online

export async function keep(record) {
  await change((store) => store.put({ ...record, stamp: makeStamp() }));
}

function makeStamp() {
  return Date.now() + Math.random();
}

/** Records of a draft that tabs other than this one keep or have left, the newest first. */
export async function listOfDraft({ key, draft, owner }) {
  const found = await listOf(owner);
  const others = found.filter((record) => draftOf(record) === draft && record.key !== key);
  return others.sort((one, other) => (other.stamp ?? 0) - (one.stamp ?? 0));
}

/** The draft of a record; before each tab had its own, it was the key. */
export function draftOf(record) {
  return record.draft ?? record.key;
}

/**
 * Keep a record that has taken over others, and of these what is left of their answers: all at once, or nothing.
 * One that its tab has changed meanwhile stays as it is.
 */
export async function takeOver(record, others) {
  const task = (await database)?.transaction(STORE, "readwrite");
  if (!task) return;
  await task.store.put({ ...record, stamp: makeStamp() });
  for (const { taken, left } of others) {
    const found = await task.store.get(taken.key);
    if (found?.stamp !== taken.stamp) continue;
    const isEmpty = !Object.keys(left).length;
    await (isEmpty ? task.store.delete(taken.key) : task.store.put({ ...taken, answers: left, saved: null }));
  }
  await task.done;
}

/** Forget everything of a draft: it goes to the server as a whole. */
export async function dropDraft(draft) {
  const found = (await (await database)?.getAll(STORE)) ?? [];
  const keys = found.filter((record) => draftOf(record) === draft).map((record) => record.key);
  await change((store) => Promise.all(keys.map((key) => store.delete(key))));
}

/** Take what was sent out of a record; what was answered meanwhile, in another tab, goes on waiting. */
export async function settle({ key, answers }) {
  const task = (await database)?.transaction(STORE, "readwrite");
  const found = await task?.store.get(key);
  if (!found) return;
  for (const [name, value] of Object.entries(answers)) {
    if (found.answers[name] === value) delete found.answers[name];
  }
  const isEmpty = !Object.keys(found.answers).length;
  await (isEmpty ? task.store.delete(key) : task.store.put({ ...found, stamp: makeStamp() }));
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
  return (await listOf(owner)).filter((record) => Object.keys(record.answers).length);
}

async function listOf(owner) {
  await forgetOthers(owner);
  return (await (await database)?.getAll(STORE)) ?? [];
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

/** Keep the page of a draft, where it is not kept already, and the files that it loads as they are now. */
export async function keepPage(path) {
  if (!globalThis.caches) return;
  const pages = await caches.open(PAGES);
  // The worker may have kept the page alone: its files are looked for nevertheless.
  const page = (await pages.match(path, { ignoreVary: true })) ?? (await fetch(path));
  if (!page.ok || page.redirected) return;
  const html = await page.clone().text();
  await keepFiles(pages, filesOf(html));
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

// All of them or none: a script of today must not meet one of before an update.
async function keepFiles(pages, files) {
  const asked = files.filter((file) => !fresh.has(file));
  await pages.addAll(asked);
  asked.forEach((file) => fresh.add(file));
}

function filesOf(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const named = [...page.querySelectorAll("head link[href], head script[src]")];
  return named.map((part) => part.getAttribute("href") ?? part.getAttribute("src"));
}
