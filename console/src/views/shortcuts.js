import { html } from "../dom.js";
import { Dialog } from "../ui.js";

const KEYS = [
  ["/", "Search"], ["j k ↑ ↓", "Move"], ["PgUp PgDn Home End", "Move far"], ["Enter", "Open"], ["Space", "Preview"],
  ["Backspace", "Up one folder"], ["u", "Upload"], ["n", "New folder"], ["x", "Select"], ["Shift-↑ Shift-↓", "Select more"],
  ["Ctrl-A", "Select all"], ["m", "Move to a folder"], ["t", "Tag"], ["s", "Star"], ["r", "Rename"], ["Delete", "Move to trash"],
  ["z", "Undo"], ["g", "Files"], ["b", "Batches"], ["?", "This list"],
];

/** @param {{onClose: () => void}} props */
export function View({ onClose }) {
  return html`<${Dialog} title="Shortcuts" onClose=${onClose}>
    <dl class="shortcuts">${KEYS.map(([key, what]) => html`<div key=${key}><dt>${key.split(" ").map((each) => html`<kbd>${each}</kbd> `)}</dt><dd>${what}</dd></div>`)}</dl>
  </${Dialog}>`;
}
