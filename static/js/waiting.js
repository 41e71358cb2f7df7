// On every page of somebody who evaluates: sends what waits on this device from evaluations that are not open in this
// tab, says how many answers wait, and keeps the pages of the open drafts that the start page names.

import { draftOf, keepOnly, keepPage, listWaiting, settle, startWorker } from "./kept.js";
import { send } from "./sending.js";

const RETRY_MILLISECONDS = 15000;

const bar = document.getElementById("waiting");
const drafts = document.querySelector("[data-drafts]");
const open = document.getElementById("evaluation")?.dataset.key; // evaluate.js looks after this one

let isWarned = false;

async function sendWaiting() {
  let why = "";
  for (const record of await listOthers()) {
    const outcome = await sendOne(record);
    if (outcome !== "saved") why = outcome;
    if (["conflict", "gone"].includes(outcome)) return say(outcome, record);
    if (outcome !== "saved") break;
  }
  await say(why);
  if (why && why !== "signedOut") window.setTimeout(sendWaiting, RETRY_MILLISECONDS);
}

async function listOthers() {
  return (await listWaiting(bar.dataset.owner)).filter((record) => draftOf(record) !== open);
}

async function sendOne(record) {
  const { outcome } = await send(record.url, record.revision, record.answers);
  if (outcome === "saved") await settle(record);
  return outcome;
}

async function say(why, record = null) {
  const count = (await listOthers()).reduce((sum, each) => sum + Object.keys(each.answers).length, 0);
  const isOffline = !navigator.onLine && !open;
  bar.hidden = !count && !isOffline;
  bar.dataset.state = why || "offline";
  bar.textContent = bar.dataset[isOffline ? "offline" : why || "offline"].replace("{count}", count);
  if (record) bar.append(" ", linkTo(record));
}

function linkTo(record) {
  const link = document.createElement("a");
  link.href = record.url;
  link.className = "govuk-link";
  link.textContent = bar.dataset.look;
  return link;
}

// Signing out deletes what this device keeps: what waits is sent first, and where that fails, the person decides.
async function askBeforeSignOut(event) {
  const form = event.target;
  if (!form.action.endsWith("/sign-out") || isWarned) return;
  event.preventDefault();
  event.stopPropagation();
  await sendWaiting();
  const left = await listWaiting(bar.dataset.owner);
  isWarned = true;
  if (!left.length) return form.requestSubmit();
  const count = left.reduce((sum, each) => sum + Object.keys(each.answers).length, 0);
  bar.hidden = false;
  bar.textContent = bar.dataset.signOut.replace("{count}", count);
  bar.scrollIntoView();
}

async function keepDrafts() {
  const paths = [...drafts.querySelectorAll("[data-draft]")].map((link) => new URL(link.href).pathname);
  await startWorker(bar.dataset.worker);
  await keepOnly(paths);
  for (const path of paths) await keepPage(path);
}

document.addEventListener("submit", askBeforeSignOut, { capture: true });
window.addEventListener("online", sendWaiting);
window.addEventListener("offline", () => say("offline"));
await sendWaiting();
if (drafts && navigator.onLine) await keepDrafts().catch(() => {}); // the connection broke: next time
