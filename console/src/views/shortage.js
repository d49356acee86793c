import { html } from "../dom.js";
import { counted, size } from "../format.js";
import { shortage } from "../incoming.js";
import { go } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Dialog } from "../ui.js";

/** Says what does not fit, and what to free. */
export function View() {
  const short = useStore(shortage);
  if (!short) return null;
  const close = () => shortage.set(null);
  const visit = (/** @type {string} */ view, /** @type {Record<string, string>} */ query) => {
    close();
    go(view, "", query);
  };
  const what = `${counted(short.files, ...text.words.file)}, ${size(short.bytes)}`;
  return html`<${Dialog} title=${text.room.title} onClose=${close}>
    <p>${what}: ${text.room.free(counted(short.freeFiles, ...text.words.file), size(short.freeBytes))}</p>
    <p class="dim">${text.room.explain}</p>
    <div class="actions"><${Button} label=${text.room.largest} onClick=${() => visit("files", { is: "largest" })} />
      <${Button} kind="primary" label=${text.room.trash} onClick=${() => visit("trash", {})} /></div>
  </${Dialog}>`;
}
