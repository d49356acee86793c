import { html } from "../dom.js";
import { text } from "../strings.js";
import { Button, complain, copy } from "../ui.js";

/** A line for a terminal, to copy. @param {{line: string}} props */
export function Command({ line }) {
  return html`<div class="command"><pre class="code">${line}</pre><${Button} only icon="copy" label=${`${text.project.copy}: ${line}`} onClick=${() => copy(line, text.drawer.copied).catch(complain)} /></div>`;
}
