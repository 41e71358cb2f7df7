// Several tabs of one draft on one device. Each keeps what waits in a record of its own, so that none overwrites what
// another one holds; a tab that is opened takes over what closed ones have left. Where two were answered differently
// neither answer is dropped: they are sent one after the other, and the server asks which is right.

const NEVER_SEEN = -1; // no revision of a draft: whatever is saved there is not replaced without asking

/** Put the answers of a record among those that wait; return the ones that contradict them. */
export function absorb(waiting, record) {
  const left = {};
  const isSame = record.evaluation === waiting.evaluation;
  const revision = isSame ? record.revision : NEVER_SEEN;
  for (const [name, value] of Object.entries(record.answers)) {
    if (name in waiting.answers && waiting.answers[name] !== value) {
      left[name] = value;
      continue;
    }
    waiting.revision = Object.keys(waiting.answers).length ? Math.min(waiting.revision, revision) : revision;
    waiting.answers[name] = value;
  }
  if (isSame && revisionOf(record.saved) > revisionOf(waiting.saved)) waiting.saved = record.saved;
  return left;
}

function revisionOf(saved) {
  return Number(saved?.revision ?? NEVER_SEEN);
}

/** Call back when the draft is open in another tab, too, whichever of them came first. */
export function meetTabs(draft, callBack) {
  if (!globalThis.BroadcastChannel) return;
  const channel = new BroadcastChannel(draft);
  channel.addEventListener("message", ({ data }) => {
    callBack();
    if (data === "opened") channel.postMessage("here");
  });
  channel.postMessage("opened");
}
