import { html, useEffect, useState } from "../dom.js";
import { get, post } from "../api.js";
import { counted, size } from "../format.js";
import { remeasure, shortage } from "../incoming.js";
import { go } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Dialog, complain } from "../ui.js";

/** Says what does not fit, and what to free. */
export function View() {
  const short = useStore(shortage);
  const [pending, setPending] = useState(/** @type {any[]} */ ([]));
  const read = () => get("uploads", { limit: 20 }).then((found) => setPending(found.data), complain);
  useEffect(() => void read(), []);
  if (!short) return null;
  const cancel = async (/** @type {string} */ id) => {
    await post(`uploads/${id}/cancel`);
    await Promise.all([read(), remeasure()]);
  };
  const close = () => shortage.set(null);
  const visit = (/** @type {string} */ view, /** @type {Record<string, string>} */ query) => {
    close();
    go(view, "", query);
  };
  const what = `${counted(short.files, ...text.words.file)}, ${size(short.bytes)}`;
  return html`<${Dialog} title=${text.room.title} onClose=${close}>
    <p>${what}: ${text.room.free(counted(short.freeFiles, ...text.words.file), size(short.freeBytes))}</p>
    <p class="dim">${text.room.explain}</p>
    ${pending.length > 0 && html`<div><p>${text.room.pending}</p><ul class="pending">${pending.map((each) => html`<li key=${each.id} class="row"><span>${each.filename}</span><span class="dim">${size(each.bytes)}</span>
      <${Button} label=${text.cancel} onClick=${() => cancel(each.id).catch(complain)} /></li>`)}</ul></div>`}
    <div class="actions"><${Button} label=${text.room.largest} onClick=${() => visit("files", { is: "largest" })} />
      <${Button} kind="primary" label=${text.room.trash} onClick=${() => visit("trash", {})} /></div>
  </${Dialog}>`;
}
