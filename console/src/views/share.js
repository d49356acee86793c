import { html, useState } from "../dom.js";
import { linkTo } from "../actions.js";
import { full } from "../format.js";
import { text } from "../strings.js";
import { Button, Dialog, complain, copy } from "../ui.js";

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
    <fieldset><legend>${text.drawer.shareFor}</legend>${LIFETIMES.map(([value, label]) => html`<label key=${value}><input type="radio" name="lifetime" checked=${value === seconds} onChange=${() => setSeconds(value)} />${label}</label>`)}</fieldset>
    <div class="actions"><${Button} label=${text.cancel} onClick=${onClose} /><${Button} kind="primary" icon="link" label=${text.drawer.shareCopy} onClick=${() => make().catch(complain)} /></div>
  </${Dialog}>`;
}
