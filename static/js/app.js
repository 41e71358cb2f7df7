// What every page does with a script: nothing here is needed to read a page or to send a form.

import { initAll } from "../vendor/govuk-frontend/govuk-frontend.min.js";
import { isReachable, say, stopOffline, watchConnection } from "./connection.js";

// A form that changes something is sent once: the second click finds the button inert. The server also refuses
// a token it has seen. After 15 seconds without an answer the button can be pressed again.
const RELEASE_MILLISECONDS = 15000;
const TAKEN_ALONG = window.matchMedia("(pointer: coarse)"); // phones and tablets

function guardForm(event) {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (stopOffline(event)) return;
  if (TAKEN_ALONG.matches && !form.dataset.reached) {
    event.preventDefault();
    sendIfReachable(form, event.submitter);
    return;
  }
  form.dataset.sent = "true";
  const buttons = form.querySelectorAll("button[type=submit]");
  // Later, not now: a disabled button's name and value would not be sent.
  window.setTimeout(() => buttons.forEach((button) => button.setAttribute("aria-disabled", "true")), 0);
  window.setTimeout(() => releaseForm(form), RELEASE_MILLISECONDS);
}

// A phone in somebody's home may think that it is connected: it asks first whether the server answers.
async function sendIfReachable(form, button) {
  form.dataset.sent = "true";
  const reached = await isReachable();
  delete form.dataset.sent;
  if (!reached) return say(form, button);
  form.dataset.reached = "true";
  form.requestSubmit(button);
}

function releaseForm(form) {
  delete form.dataset.sent;
  delete form.dataset.reached;
  form.querySelectorAll("button[type=submit]").forEach((button) => button.removeAttribute("aria-disabled"));
}

// Digits choose a card inside the group that has the focus or lies under it: 1 is the first option.
function chooseByDigit(event) {
  if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  const group = event.target.closest("[data-digit-keys]");
  if (!group) return;
  const option = group.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
  if (!option) return;
  event.preventDefault();
  option.focus();
  option.click();
}

// A menu that was opened closes with Escape or with a click elsewhere.
function closeMenus(event) {
  if (event.type === "keydown" && event.key !== "Escape") return;
  document.querySelectorAll(".ltc-me[open]").forEach((menu) => {
    if (event.type === "click" && menu.contains(event.target)) return;
    menu.open = false;
    if (event.type === "keydown") menu.querySelector("summary").focus();
  });
}

function sendToken(event) {
  const token = document.querySelector("meta[name=csrf-token]");
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
}

// The server answers 422 with the same fragment and its errors, and a form that came after its session had ended with
// a whole page that keeps it: both are to be shown, too.
function showRefusals(event) {
  const { xhr } = event.detail;
  if (xhr.status === 422 || xhr.getResponseHeader("HX-Retarget")) event.detail.shouldSwap = true;
}

// On a phone the navigation scrolls sideways: the entry of this page is brought into view.
function showCurrentEntry() {
  const current = document.querySelector(".ltc-nav__link[aria-current]");
  if (current) current.closest("ul").scrollLeft = current.offsetLeft - 16;
}

async function drawCharts(root) {
  if (!root.querySelector("[data-chart]")) return;
  const { draw } = await import("./charts.js");
  draw(root);
}

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
showCurrentEntry();
watchConnection();
document.addEventListener("submit", guardForm);
document.addEventListener("keydown", chooseByDigit);
document.addEventListener("keydown", closeMenus);
document.addEventListener("click", closeMenus);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-inert], button[aria-disabled=true]")) event.preventDefault();
});
document.addEventListener("htmx:configRequest", sendToken);
document.addEventListener("htmx:beforeSwap", showRefusals);
document.addEventListener("htmx:afterSettle", (event) => drawCharts(event.target));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(releaseForm);
});
drawCharts(document);
