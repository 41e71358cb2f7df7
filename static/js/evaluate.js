// The evaluation as one works on it: digits choose, every answer is saved at once, and what cannot be sent waits on
// this device. Without this script the page works with its "Save section" buttons.
//
// What waits is kept on the device (kept.js): the answers, the evaluation they belong to and the revision they were
// given on, so that the server can tell an addition from a replacement it must not make. Each tab keeps its own
// (tabs.js). The page itself is kept, too: loaded again without a connection it shows what was saved last and what
// waits.

import { say as sayAtButton } from "./connection.js";
import { dropDraft, keep, keepPage, listOfDraft, startWorker, takeOver } from "./kept.js";
import { send } from "./sending.js";
import { absorb, meetTabs } from "./tabs.js";

const RETRY_MILLISECONDS = 5000;
const TEXT_PAUSE_MILLISECONDS = 800;
const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
const PHONE = window.matchMedia("(max-width: 900px)");

const form = document.getElementById("evaluation");
const saving = document.getElementById("saving");
const conflict = document.getElementById("conflict");

let waiting = nothingWaits();
let kept = Promise.resolve(); // the last change on its way to the device
let sending = null;
let retryTimer = 0;
let textTimer = 0;
let typed = null; // the field whose text is not put yet
let isStopped = false; // a conflict is open, or the session ended: the person must act first
let isAllSent = false; // the form itself may go, and bring everything

// --- what waits on this device ---

function nothingWaits() {
  const { key: draft, owner, evaluation } = form.dataset;
  const key = `${draft}#${tab}`;
  return { key, draft, owner, evaluation, url: form.getAttribute("action"), revision: null, answers: {}, saved: null };
}

/** Take over what other tabs have left of this draft; returns whether anything waits now. */
async function takeLeft() {
  await kept;
  const others = await listOfDraft(waiting).catch(() => []);
  if (!others.length) return countWaiting() > 0;
  const taken = others.map((record) => ({ taken: record, left: absorb(waiting, record) }));
  showValues(waiting.answers);
  await takeOver(waiting, taken).catch(() => {});
  return countWaiting() > 0;
}

function countWaiting() {
  return Object.keys(waiting.answers).length;
}

function put(name, value) {
  if (!countWaiting()) waiting.revision = currentRevision();
  waiting.answers[name] = value;
  keepWaiting();
  flush();
}

// A device that cannot keep anything still sends.
function keepWaiting() {
  kept = keep(waiting).catch(() => {});
  return kept;
}

// --- sending ---

function currentRevision() {
  return document.getElementById("sheet").dataset.revision;
}

function say(key) {
  saving.textContent = saving.dataset[key].replace("{count}", countWaiting()).replace("{at}", savedAt());
  saving.dataset.state = key;
}

function savedAt() {
  return document.getElementById("sheet").dataset.saved;
}

function flush() {
  if (!sending) sending = sendAll().finally(() => { sending = null; });
  return sending;
}

async function sendAll() {
  window.clearTimeout(retryTimer);
  while (!isStopped && (countWaiting() || (await takeLeft()))) {
    if (!(await sendOnce())) return;
  }
}

async function sendOnce() {
  await kept;
  const sent = { ...waiting.answers };
  if (saving.dataset.state !== "offline") say("saving");
  const { outcome, html } = await send(waiting.url, waiting.revision, sent);
  if (outcome === "saved") return accept(sent, html);
  if (outcome === "conflict") return choose(html);
  if (outcome === "signedOut") return askToSignIn();
  if (outcome === "gone") return stop("gone");
  return later(outcome);
}

function accept(sent, html) {
  const part = parse(html).getElementById("sheet");
  for (const [name, value] of Object.entries(sent)) {
    if (waiting.answers[name] === value) delete waiting.answers[name];
  }
  waiting.revision = part.dataset.revision;
  waiting.saved = { revision: part.dataset.revision, sheet: html, words: { ...waiting.saved?.words, ...wordsOf(sent) } };
  keepWaiting();
  showSheet(part);
  say("saved");
  return true;
}

function wordsOf(sent) {
  return Object.fromEntries(Object.entries(sent).filter(([name]) => !name.startsWith("score-")));
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

// Nothing is said to wait on this device before it is kept there.
async function later(why) {
  await kept;
  say(why);
  retryTimer = window.setTimeout(flush, RETRY_MILLISECONDS);
  return false;
}

function stop(why) {
  isStopped = true;
  say(why);
  return false;
}

function askToSignIn() {
  stop("signedOut");
  const link = document.createElement("a");
  link.href = saving.dataset.signIn;
  link.textContent = "→";
  link.className = "govuk-link";
  link.setAttribute("aria-label", saving.dataset.signedOut.replace("{count}", countWaiting()));
  saving.append(" ", link);
  return false;
}

function choose(html) {
  stop("conflict");
  const part = parse(html).querySelector(".ltc-conflict");
  conflict.replaceChildren(part);
  openSide();
  conflict.focus();
  return false;
}

// --- what the page shows ---

function showSheet(part) {
  const body = part.querySelector(".ltc-sheet__bar");
  document.getElementById("sheet").replaceWith(part);
  body.setAttribute("aria-expanded", String(side().classList.contains("is-open")));
  form.querySelector("[name=revision]").value = part.dataset.revision;
  showAnswers(JSON.parse(part.dataset.answers));
}

// Answers that another device has added appear here, too.
function showAnswers(answers) {
  for (const [code, score] of Object.entries(answers)) {
    if (!(`score-${code}` in waiting.answers)) check(`score-${code}`, String(score));
  }
}

function check(name, value) {
  for (const option of form.querySelectorAll(`input[name="${CSS.escape(name)}"]`)) {
    if (option.value === value) option.checked = true;
  }
  const question = form.querySelector(`input[name="${CSS.escape(name)}"]:checked`)?.closest("[data-item]");
  if (question) question.classList.add("is-answered");
}

// A page that comes from this device is older than what was saved from it afterwards.
function showSaved() {
  if (!waiting.saved || Number(waiting.saved.revision) <= Number(currentRevision())) return;
  showSheet(parse(waiting.saved.sheet).getElementById("sheet"));
  showValues(waiting.saved.words);
  say("saved");
}

function showValues(values) {
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    if (field && name.startsWith("score-")) check(name, value);
    else if (field) field.value = value;
  }
}

function side() {
  return document.querySelector(".ltc-evaluation__side");
}

function openSide() {
  side().classList.add("is-open");
  const bar = document.querySelector("[data-sheet-toggle]");
  if (bar) bar.setAttribute("aria-expanded", "true");
}

function toggleSide(event) {
  const bar = event.target.closest("[data-sheet-toggle]");
  if (!bar) return;
  bar.setAttribute("aria-expanded", String(side().classList.toggle("is-open")));
}

// --- keyboard ---

function questions() {
  return [...form.querySelectorAll("[data-item]")];
}

function isOpen(question) {
  return !question.querySelector("input:checked");
}

function goTo(question) {
  if (!question) return;
  (question.querySelector("input:checked") || question.querySelector("input")).focus({ preventScroll: true });
  question.scrollIntoView({ block: PHONE.matches ? "start" : "nearest" });
}

function goToFirstOpen() {
  goTo(questions().find(isOpen));
}

function goOn(question) {
  const all = questions();
  const next = all[all.indexOf(question) + 1];
  if (next) goTo(next);
  else if (all.some(isOpen)) goToFirstOpen();
  else form.elements.guardian_present.focus();
}

function pressKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("input:not([type=radio]), textarea, select")) return;
  if (event.key === "g") {
    event.preventDefault();
    goToFirstOpen();
    return;
  }
  const question = event.target.closest?.("[data-item]");
  if (!question) return;
  const option = /^[1-9]$/.test(event.key) ? question.querySelectorAll("input[type=radio]")[Number(event.key) - 1] : null;
  if (option) {
    if (!option.checked) option.click();
    goOn(question);
  } else if (event.key === "Enter") {
    goOn(question);
  } else {
    return;
  }
  event.preventDefault();
}

// --- events ---

function keepAnswer(event) {
  const field = event.target;
  if (field.matches("input[type=radio]")) {
    field.closest("[data-item]").classList.add("is-answered");
    put(field.name, field.value);
  } else if (field.matches("[name=guardian_present], [name=notes]")) {
    typed = field;
    putText();
  }
}

function keepText(event) {
  if (!event.target.matches("[name=guardian_present], [name=notes]")) return;
  window.clearTimeout(textTimer);
  typed = event.target;
  textTimer = window.setTimeout(putText, TEXT_PAUSE_MILLISECONDS);
}

function putText() {
  window.clearTimeout(textTimer);
  if (typed) put(typed.name, typed.value);
  typed = null;
}

// What was answered before this script was ready to listen.
function early() {
  const isEarly = (field) => (field.type === "radio" ? field.checked && !field.defaultChecked : field.value !== field.defaultValue);
  const fields = form.querySelectorAll("input[type=radio], [name=guardian_present], [name=notes]");
  return [...fields].filter(isEarly).map((field) => [field.name, field.value]);
}

async function submit(event) {
  const button = event.submitter;
  const completes = button?.hasAttribute("data-complete");
  putText();
  if (completes && isAllSent && !countWaiting()) return;
  event.preventDefault();
  event.stopPropagation();
  await flush();
  if (!completes) goToSection(button?.value);
  else if (!countWaiting() && !isStopped) {
    isAllSent = true;
    await dropDraft(waiting.draft).catch(() => {});
    form.requestSubmit(button);
  } else if (!isStopped) sayAtButton(form, button);
}

async function goOnline() {
  await flush();
  if (!countWaiting() && !isStopped) say("saved");
}

function goToSection(code) {
  const section = document.getElementById(code ?? "");
  if (!section) return;
  section.scrollIntoView();
  const question = section.querySelector("[data-item]");
  if (question) goTo(question);
  else form.elements.guardian_present.focus();
}

function discard(event) {
  if (!event.target.closest("[data-discard]")) return;
  waiting = nothingWaits();
  keepWaiting();
}

// "Use the answers of this device": they are sent once more, on the draft that was just looked at.
function resolve(event) {
  if (!event.target.matches("[data-resolve]")) return;
  event.preventDefault();
  event.stopPropagation();
  waiting.revision = event.target.elements.revision.value;
  conflict.replaceChildren();
  isStopped = false;
  flush();
}

document.querySelectorAll("[data-needs-script]").forEach((part) => part.removeAttribute("data-needs-script"));
form.addEventListener("change", keepAnswer);
form.addEventListener("input", keepText);
form.addEventListener("submit", submit);
conflict.addEventListener("submit", resolve);
document.addEventListener("keydown", pressKey);
document.addEventListener("click", toggleSide);
document.addEventListener("click", discard);
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-first-open]");
  if (!link) return;
  event.preventDefault();
  side().classList.remove("is-open");
  goToFirstOpen();
});
window.addEventListener("pagehide", putText);
document.addEventListener("visibilitychange", () => document.hidden && putText());
window.addEventListener("online", goOnline);
window.addEventListener("offline", () => say("offline"));
const answeredEarly = early();
await takeLeft();
showSaved();
answeredEarly.forEach(([name, value]) => put(name, value));
showValues(waiting.answers);
if (!navigator.onLine) say("offline");
flush();
meetTabs(waiting.draft, () => { document.getElementById("elsewhere").hidden = false; });
if (!location.hash && !document.querySelector(".govuk-error-summary")) goToFirstOpen();
await startWorker(form.dataset.worker);
// The page's own path: where a refusal is shown, the address is that of what was pressed.
await keepPage(form.getAttribute("action")).catch(() => {}); // without a connection it is kept already
