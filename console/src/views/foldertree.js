import { html, useEffect, useState } from "../dom.js";
import { addressOf, route } from "../route.js";
import { useStore } from "../store.js";
import { children, folders, readChildren, ROOT } from "../tree.js";
import { Icon, complain } from "../ui.js";

/** @param {{id: string, depth: number}} props */
function Branch({ id, depth }) {
  const known = useStore(folders);
  const below = useStore(children);
  const now = useStore(route);
  const [open, setOpen] = useState(false);
  const folder = known.get(id);
  if (!folder) return null;
  const inside = below.get(id);
  const here = now.view === "files" && now.id === id;
  function toggle() {
    setOpen(!open);
    if (!open) readChildren(id).catch(complain);
  }
  return html`<li>
    <div class=${`branch ${here ? "here" : ""}`} style=${{ paddingLeft: `${depth * 12}px` }}>
      <button type="button" class=${`twist ${open ? "open" : ""}`} aria-expanded=${open} aria-label=${folder.name} onClick=${toggle}><${Icon} name="chevron" size=${12} /></button>
      <a href=${addressOf("files", id)} aria-current=${here ? "page" : undefined} title=${folder.name} data-folder=${id}>${folder.name}</a>
    </div>
    ${open && inside && html`<ul>${inside.map((each) => html`<${Branch} key=${each} id=${each} depth=${depth + 1} />`)}</ul>`}
  </li>`;
}

export function FolderTree() {
  const below = useStore(children);
  useEffect(() => {
    readChildren(ROOT).catch(complain);
  }, []);
  const top = below.get(ROOT) ?? [];
  if (top.length === 0) return html`<div class="tree" />`;
  return html`<ul class="tree" aria-label="Folders">${top.map((id) => html`<${Branch} key=${id} id=${id} depth=${0} />`)}</ul>`;
}
