import { html, useEffect, useState } from "../dom.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { children, folders, readChildren, ROOT } from "../tree.js";
import { Button, Dialog, Icon, complain } from "../ui.js";

/** @param {{rows: import("../listing.js").Row[], onClose: () => void, onChoose: (id: string, name: string) => void}} props */
export function View({ rows, onClose, onChoose }) {
  const [at, setAt] = useState(ROOT);
  const known = useStore(folders);
  const below = useStore(children);
  useEffect(() => {
    readChildren(at).catch(complain);
  }, [at]);
  const moved = new Set(rows.map((row) => row.id));
  const inside = (below.get(at) ?? []).filter((id) => !moved.has(id));
  const name = at === ROOT ? text.files.root : known.get(at)?.name ?? "";
  return html`<${Dialog} title=${`${text.files.move}: ${name}`} onClose=${onClose}>
    <ul class="places">
      ${at !== ROOT && html`<li><button type="button" onClick=${() => setAt(known.get(at)?.parentId ?? ROOT)}>← ${text.files.root}</button></li>`}
      ${inside.map((id) => html`<li key=${id}><button type="button" onClick=${() => setAt(id)}><${Icon} name="folder" filled />${known.get(id)?.name}</button></li>`)}
      ${inside.length === 0 && html`<li class="dim">${text.files.noFolders}</li>`}
    </ul>
    <div class="actions"><${Button} label=${text.cancel} onClick=${onClose} />
      <${Button} kind="primary" label=${text.files.moveTo(name)} onClick=${() => { onChoose(at, name); onClose(); }} /></div>
  </${Dialog}>`;
}
