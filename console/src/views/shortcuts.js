import { html } from "../dom.js";
import { text } from "../strings.js";
import { Dialog } from "../ui.js";

/** @param {{onClose: () => void}} props */
export function View({ onClose }) {
  return html`<${Dialog} title=${text.nav.shortcuts} onClose=${onClose}>
    <dl class="shortcuts">${text.shortcuts.map(([key, what]) => html`<div key=${key}><dt>${key.split(" ").map((each) => html`<kbd>${each}</kbd> `)}</dt><dd>${what}</dd></div>`)}</dl>
  </${Dialog}>`;
}
