import { html, useEffect, useState } from "../dom.js";
import { dropTarget } from "../drag.js";
import { addressOf } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { folders, pathTo, ROOT } from "../tree.js";
import { complain } from "../ui.js";

/** @param {{id: string}} props */
export function Breadcrumb({ id }) {
  const [path, setPath] = useState(/** @type {import("../tree.js").Folder[]} */ ([]));
  const known = useStore(folders);
  useEffect(() => {
    let alive = true;
    pathTo(id).then((found) => alive && setPath(found), (failure) => alive && complain(failure));
    return () => {
      alive = false;
    };
  }, [id, known]);
  const steps = [{ folderId: ROOT, name: text.files.root }, ...path];
  return html`<nav class="crumbs" aria-label=${text.nav.path}><ol>${steps.map((step, at) => html`<li key=${step.folderId}>
    <a href=${addressOf("files", step.folderId === ROOT ? "" : step.folderId)} title=${step.name} aria-current=${at === steps.length - 1 ? "page" : undefined}
      ...${dropTarget(step.folderId, step.name)}>${step.name}</a></li>`)}</ol></nav>`;
}
