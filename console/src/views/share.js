import { html, useState } from "../dom.js";
import { linkTo } from "../actions.js";
import { full } from "../format.js";
import { text } from "../strings.js";
import { Button, Dialog, complain, copy } from "../ui.js";
import { Choice } from "./choice.js";

const LIFETIMES = /** @type {Array<[number, string]>} */ ([[300, text.drawer.minutes(5)], [900, text.drawer.minutes(15)], [3600, text.drawer.hour]]);

/** @param {{fileId: string, name: string, onClose: () => void}} props */
export function View({ fileId, name, onClose }) {
  const [seconds, setSeconds] = useState(3600);
  const make = async () => {
    const until = Date.now() / 1000 + seconds;
    await copy(await linkTo(fileId, seconds), `${text.drawer.shared} ${full(until)}.`);
    onClose();
  };
  return html`<${Dialog} title=${`${text.drawer.share}: ${name}`} onClose=${onClose}>
    <p class="dim">${text.drawer.shareText}</p>
    <${Choice} legend=${text.drawer.shareFor} name="lifetime" options=${LIFETIMES} value=${seconds} onChange=${setSeconds} />
    <div class="actions"><${Button} label=${text.cancel} onClick=${onClose} /><${Button} kind="primary" icon="link" label=${text.drawer.shareCopy} onClick=${() => make().catch(complain)} /></div>
  </${Dialog}>`;
}
