import { html, useEffect } from "../dom.js";
import { addressOf } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { folders, needFolder } from "../tree.js";
import { Icon } from "../ui.js";

/** The folder that a file is in, as a link; null for the root. @param {{id: string | null, quiet?: boolean}} props `quiet`: one of many, which Tab passes by */
export function Where({ id, quiet }) {
  const folder = useStore(folders).get(id ?? "");
  useEffect(() => {
    if (id) needFolder(id);
  }, [id]);
  const name = id ? folder?.name ?? "" : text.files.root;
  return html`<a class="where" href=${addressOf("files", id ?? "")} tabindex=${quiet ? -1 : undefined} title=${name}><${Icon} name="folder" size=${12} filled /><span class="hidden-text">${text.drawer.where} </span><span>${name}</span></a>`;
}
