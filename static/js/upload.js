// A file on its way: how much has arrived, and an answer at once where it is too large or the line breaks. Without
// this script the form is sent as it is, and the server says the same.

const MEGABYTE = 1024 * 1024;

function isTooLarge(form) {
  const [file] = form.querySelector("input[type=file]").files;
  return Boolean(file) && file.size > Number(form.dataset.limitMb) * MEGABYTE;
}

function say(form, words) {
  const trouble = form.querySelector("[data-upload-trouble]");
  trouble.textContent = words;
  trouble.hidden = !words;
  form.querySelector("input[type=file]").classList.toggle("govuk-input--error", Boolean(words));
}

function sayIfTooLarge(form) {
  say(form, isTooLarge(form) ? form.dataset.tooLarge : "");
}

function showProgress(form, event) {
  const { loaded, total } = event.detail;
  const progress = form.querySelector("[data-upload-progress]");
  const bar = progress.querySelector("progress");
  const whole = (bytes) => (bytes / MEGABYTE).toFixed(1);
  progress.hidden = false;
  [bar.max, bar.value] = [total || 1, loaded];
  progress.querySelector("[data-upload-text]").textContent =
    loaded < total
      ? progress.dataset.receiving.replace("{done}", whole(loaded)).replace("{total}", whole(total))
      : progress.dataset.received;
}

function refuseTooLarge(form, event) {
  sayIfTooLarge(form);
  if (!isTooLarge(form)) return;
  event.preventDefault();
  form.querySelector("input[type=file]").focus();
}

function tellTrouble(form, words) {
  form.querySelector("[data-upload-progress]").hidden = true;
  say(form, words);
}

function tellRefusal(form, event) {
  const { status } = event.detail.xhr;
  if (status !== 422) tellTrouble(form, status === 413 ? form.dataset.tooLarge : form.dataset.broken);
}

const HANDLERS = {
  change: sayIfTooLarge,
  "htmx:confirm": refuseTooLarge,
  "htmx:xhr:progress": showProgress,
  "htmx:sendError": (form) => tellTrouble(form, form.dataset.broken),
  "htmx:responseError": tellRefusal,
};
Object.entries(HANDLERS).forEach(([name, handle]) =>
  document.addEventListener(name, (event) => {
    const form = event.target.closest("[data-upload]");
    if (form) handle(form, event);
  }),
);
// The same page with what is to be corrected: as after any other form, it is read first.
document.addEventListener("htmx:afterSettle", () => {
  const summary = document.querySelector(".govuk-error-summary");
  summary?.setAttribute("tabindex", "-1");
  summary?.focus();
});
