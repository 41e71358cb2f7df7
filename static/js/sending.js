// Sends answers of an evaluation and says what became of them.

/**
 * Send answers given on a revision of a draft. Returns the outcome (saved, conflict, signedOut, offline or failed)
 * and, for the first two, the part of the page that the server answered with.
 */
export async function send(url, revision, answers) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "HX-Request": "true", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
      body: new URLSearchParams({ revision, ...answers }),
      redirect: "manual",
    });
  } catch {
    return { outcome: "offline", html: "" };
  }
  const html = await answer.text();
  if (answer.status === 409) return { outcome: html.includes("data-resolve") ? "conflict" : "gone", html };
  if (answer.ok) return { outcome: html.includes("data-revision") ? "saved" : "signedOut", html };
  if (answer.status === 404) return { outcome: "gone", html };
  if (answer.type === "opaqueredirect" || [400, 401, 403].includes(answer.status)) return { outcome: "signedOut", html };
  return { outcome: "failed", html };
}
