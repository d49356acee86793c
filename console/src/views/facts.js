// What the details of files and of artifacts say in the same way.
import { html } from "../dom.js";
import { count, size } from "../format.js";
import { text } from "../strings.js";
import { Button, complain, copy } from "../ui.js";

/** @param {number} bytes */
export const exactSize = (bytes) => (bytes < 1024 ? size(bytes) : `${size(bytes)} (${count(bytes)} ${text.words.byte[1]})`);

/** @param {{id: string}} props */
export function Id({ id }) {
  return html`<div><dt>${text.drawer.id}</dt><dd class="mono id"><span>${id}</span><${Button} only icon="copy" label=${text.drawer.copyId} onClick=${() => copy(id, text.drawer.copied).catch(complain)} /></dd></div>`;
}
