import { html, useEffect, useRef, useState } from "../dom.js";
import { linkTo } from "../actions.js";
import { full } from "../format.js";
import { text } from "../strings.js";
import { Button, Dialog, complain, copy } from "../ui.js";
import { Choice } from "./choice.js";

const LIFETIMES = /** @type {Array<[number, string]>} */ ([[300, text.drawer.minutes(5)], [900, text.drawer.minutes(15)], [3600, text.drawer.hour]]);

/** @param {{fileId: string, name: string, onClose: () => void}} props */
export function View({ fileId, name, onClose }) {
  const [seconds, setSeconds] = useState(3600);
  const [made, setMade] = useState(/** @type {{link: string, until: string} | null} */ (null));
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), [made]);
  const make = async () => {
    const until = full(Date.now() / 1000 + seconds);
    const link = await linkTo(fileId, seconds);
    setMade({ link, until });
    // A browser may refuse this; the link is there to be copied by hand.
    await copy(link, `${text.drawer.shared} ${until}.`).catch(() => {});
  };
  return html`<${Dialog} title=${`${text.drawer.share}: ${name}`} onClose=${onClose}>
    <p class="dim">${text.drawer.shareText}</p>
    ${made ? html`<label>${text.drawer.link}<input ref=${field} class="mono" readonly value=${made.link} onFocus=${(/** @type {any} */ event) => event.target.select()} /></label>
        <p role="status">${text.drawer.works(made.until)}</p>
        <div class="actions"><${Button} kind="primary" label=${text.close} onClick=${onClose} /></div>`
      : html`<${Choice} legend=${text.drawer.shareFor} name="lifetime" options=${LIFETIMES} value=${seconds} onChange=${setSeconds} />
        <div class="actions"><${Button} label=${text.cancel} onClick=${onClose} /><${Button} kind="primary" icon="link" label=${text.drawer.shareCopy} onClick=${() => make().catch(complain)} /></div>`}
  </${Dialog}>`;
}
