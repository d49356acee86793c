// Shortcuts: a view says which keys it takes; none of them acts while a person types, but for Ctrl-K.

/** @type {Array<Record<string, (event: KeyboardEvent) => void>>} */
const layers = [];

const TYPES = new Set(["INPUT", "TEXTAREA", "SELECT"]);

addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = TYPES.has(target.tagName) && /** @type {HTMLInputElement} */ (target).type !== "checkbox";
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.altKey || ((event.ctrlKey || event.metaKey) && event.key !== "k" && event.key !== "a")) return;
  const name = `${event.ctrlKey || event.metaKey ? "Ctrl-" : ""}${event.shiftKey && event.key.length > 1 ? "Shift-" : ""}${event.key}`;
  if (typing && name !== "Ctrl-k") return;
  // Enter and Space belong to a button that has the focus.
  if (target.closest("button, a") && (name === "Enter" || name === " ")) return;
  for (const layer of [...layers].reverse()) {
    const act = layer[name];
    if (act) {
      event.preventDefault();
      act(event);
      return;
    }
  }
});

/** @param {Record<string, (event: KeyboardEvent) => void>} keys @returns {() => void} */
export function takeKeys(keys) {
  layers.push(keys);
  return () => {
    layers.splice(layers.indexOf(keys), 1);
  };
}
