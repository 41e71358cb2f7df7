// The evaluation as one works on it: digits choose, every answer is saved at once, and what cannot be sent waits on
// this device. Without this script the page works with its "Save section" buttons.
//
// What waits is kept in localStorage under the application's key: the answers, the evaluation they belong to and the
// revision they were given on, so that the server can tell an addition from a replacement it must not make.

const RETRY_MILLISECONDS = 5000;
const TEXT_PAUSE_MILLISECONDS = 800;
const PHONE = window.matchMedia("(max-width: 900px)");

const form = document.getElementById("evaluation");
const saving = document.getElementById("saving");
const conflict = document.getElementById("conflict");

let waiting = readWaiting();
let sending = null;
let retryTimer = 0;
let textTimer = 0;
let isStopped = false; // a conflict is open, or the session ended: the person must act first

// --- what waits on this device ---

function readWaiting() {
  const empty = { evaluation: form.dataset.evaluation, revision: null, answers: {} };
  try {
    const kept = JSON.parse(localStorage.getItem(form.dataset.key));
    return kept && kept.evaluation === form.dataset.evaluation ? kept : empty;
  } catch {
    return empty;
  }
}

function keepWaiting() {
  try {
    if (countWaiting()) localStorage.setItem(form.dataset.key, JSON.stringify(waiting));
    else localStorage.removeItem(form.dataset.key);
  } catch {
    // A device without storage still saves while it is online.
  }
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
  while (countWaiting() && !isStopped) {
    if (!(await sendOnce())) return;
  }
}

async function sendOnce() {
  const sent = { ...waiting.answers };
  if (saving.dataset.state !== "offline") say("saving");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", headers: headers(), body: body(sent), redirect: "manual" });
  } catch {
    return later("offline");
  }
  if (answer.status === 409) return choose(await answer.text());
  if (answer.ok) return accept(sent, await answer.text());
  if (answer.type === "opaqueredirect" || [400, 401, 403].includes(answer.status)) return askToSignIn();
  return later("failed");
}

function headers() {
  const token = document.querySelector("meta[name=csrf-token]").content;
  return { "HX-Request": "true", "X-CSRFToken": token };
}

function body(sent) {
  return new URLSearchParams({ revision: waiting.revision, ...sent });
}

function accept(sent, html) {
  const part = new DOMParser().parseFromString(html, "text/html").getElementById("sheet");
  if (!part) return askToSignIn();
  for (const [name, value] of Object.entries(sent)) {
    if (waiting.answers[name] === value) delete waiting.answers[name];
  }
  waiting.revision = part.dataset.revision;
  keepWaiting();
  showSheet(part);
  say("saved");
  return true;
}

function later(why) {
  say(why);
  retryTimer = window.setTimeout(flush, RETRY_MILLISECONDS);
  return false;
}

function askToSignIn() {
  isStopped = true;
  say("signedOut");
  const link = document.createElement("a");
  link.href = saving.dataset.signIn;
  link.textContent = "→";
  link.className = "govuk-link";
  link.setAttribute("aria-label", saving.dataset.signedOut.replace("{count}", countWaiting()));
  saving.append(" ", link);
  return false;
}

function choose(html) {
  isStopped = true;
  say("conflict");
  const part = new DOMParser().parseFromString(html, "text/html").querySelector(".ltc-conflict");
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

function showWaiting() {
  for (const [name, value] of Object.entries(waiting.answers)) {
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
    put(field.name, field.value);
  }
}

function keepText(event) {
  if (!event.target.matches("[name=guardian_present], [name=notes]")) return;
  window.clearTimeout(textTimer);
  textTimer = window.setTimeout(() => put(event.target.name, event.target.value), TEXT_PAUSE_MILLISECONDS);
}

async function submit(event) {
  const button = event.submitter;
  const completes = button?.hasAttribute("data-complete");
  window.clearTimeout(textTimer);
  if (completes && !countWaiting() && !sending) return; // the form goes its usual way
  event.preventDefault();
  event.stopPropagation();
  await flush();
  if (!completes) goToSection(button?.value);
  else if (!countWaiting()) form.requestSubmit(button);
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
  waiting = { evaluation: form.dataset.evaluation, revision: null, answers: {} };
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
window.addEventListener("online", flush);
window.addEventListener("offline", () => say("offline"));
showWaiting();
flush();
if (!location.hash && !document.querySelector(".govuk-error-summary")) goToFirstOpen();
