// What a page says while there is no connection: nothing is sent into the void, and nothing that was typed is lost.
// The browser's own error page would take the place of the form, which is not stored on the device.

const PROBE_MILLISECONDS = 5000;
const RETRY_MILLISECONDS = 5000;
const AWAY = [502, 503, 504];

/** Stop a form that cannot be sent now, and say so beside its button; returns whether it was stopped. */
export function stopOffline(event) {
  if (navigator.onLine) return false;
  event.preventDefault();
  say(event.target, event.submitter);
  return true;
}

/** Ask whether the server answers: whatever it says is an answer, but for what a proxy says in its place. */
export async function isReachable() {
  try {
    const signal = AbortSignal.timeout(PROBE_MILLISECONDS);
    const { status } = await fetch(document.body.dataset.probe, { method: "HEAD", cache: "no-store", signal });
    return !AWAY.includes(status);
  } catch {
    return false;
  }
}

/** Say at a form that nothing was sent; it goes when the connection is back. */
export function say(form, button) {
  const told = form.querySelector(".ltc-offline") ?? document.createElement("p");
  told.className = "ltc-offline";
  told.setAttribute("role", "alert");
  told.textContent = document.body.dataset.offline;
  const place = button?.closest(".govuk-button-group") ?? button;
  if (place) place.before(told);
  else form.append(told);
}

function sayBack() {
  document.querySelectorAll(".ltc-offline").forEach((told) => {
    told.textContent = document.body.dataset.online;
  });
}

// Who evaluates has a bar that counts what waits as well (waiting.js).
function showBar() {
  if (document.getElementById("waiting")) return;
  const bar = document.getElementById("away") ?? document.createElement("p");
  bar.id = "away";
  bar.className = "ltc-waiting";
  bar.setAttribute("role", "status");
  bar.hidden = navigator.onLine;
  document.getElementById("content").prepend(bar);
  bar.textContent = document.body.dataset.away;
}

// A part of a page that asks again every second stops asking when one answer is lost: it is asked for once more.
function askAgain(event) {
  const { elt, requestConfig } = event.detail;
  if (requestConfig.verb !== "get") return;
  window.setTimeout(() => {
    if (elt.isConnected) window.htmx.ajax("GET", requestConfig.path, { source: elt, target: elt, swap: "outerHTML" });
  }, RETRY_MILLISECONDS);
}

export function watchConnection() {
  window.addEventListener("online", sayBack);
  window.addEventListener("online", showBar);
  window.addEventListener("offline", showBar);
  document.addEventListener("htmx:sendError", (event) => {
    askAgain(event);
    if (event.detail.elt.matches("form")) say(event.detail.elt);
  });
}
