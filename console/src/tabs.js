// The other tabs of this browser that show the same project: each hears when one has changed something.
import { onChanged } from "./api.js";
import { session } from "./session.js";

const QUIET_MS = 400;
const channel = new BroadcastChannel("larder");

/** What to do once another tab has changed something. @type {Set<() => void>} */
export const onElsewhere = new Set();

let told = 0;
onChanged.add(() => {
  clearTimeout(told);
  told = setTimeout(() => channel.postMessage(session.get()?.project), QUIET_MS);
});

/** Reads again what is shown. */
export function changed() {
  for (const each of [...onElsewhere]) each();
}

channel.onmessage = (event) => {
  if (event.data && event.data === session.get()?.project) changed();
};
