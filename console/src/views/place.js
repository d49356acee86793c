import { html, useEffect, useRef, useState } from "../dom.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { children, folders, readChildren, ROOT } from "../tree.js";
import { Button, Dialog, Icon, complain } from "../ui.js";

/** @param {{rows: import("../listing.js").Row[], onClose: () => void, onChoose: (id: string, name: string) => void}} props */
export function View({ rows, onClose, onChoose }) {
  const [at, setAt] = useState(ROOT);
  const known = useStore(folders);
  const below = useStore(children);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    readChildren(at).catch(complain);
    // The button that was pressed has gone: the keys go on in the list that took its place.
    if (document.activeElement === document.body || document.activeElement?.tagName === "DIALOG") list.current?.focus();
  }, [at]);
  const moved = new Set(rows.map((row) => row.id));
  const inside = below.get(at)?.filter((id) => !moved.has(id));
  const parent = known.get(at)?.parentId ?? ROOT;
  const name = at === ROOT ? text.files.root : known.get(at)?.name ?? "";
  return html`<${Dialog} title=${`${text.files.move}: ${name}`} onClose=${onClose}>
    <ul class="places" ref=${list} tabindex="-1" aria-label=${name}>
      ${at !== ROOT && html`<li><button type="button" onClick=${() => setAt(parent)}>← ${parent === ROOT ? text.files.root : known.get(parent)?.name}</button></li>`}
      ${inside?.map((id) => html`<li key=${id}><button type="button" onClick=${() => setAt(id)}><${Icon} name="folder" filled />${known.get(id)?.name}</button></li>`)}
      ${!inside && html`<li class="dim">${text.files.loading}</li>`}
      ${inside?.length === 0 && html`<li class="dim">${text.files.noFolders}</li>`}
    </ul>
    <div class="actions"><${Button} label=${text.cancel} onClick=${onClose} />
      <${Button} kind="primary" label=${text.files.moveTo(name)} onClick=${() => { onChoose(at, name); onClose(); }} /></div>
  </${Dialog}>`;
}
