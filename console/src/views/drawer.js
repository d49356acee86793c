import { html, useState } from "../dom.js";
import { download, firstBytes, linkTo, star, tag, trash } from "../actions.js";
import { post } from "../api.js";
import { FolderCount } from "../counts.js";
import { extension, full } from "../format.js";
import { Lazy } from "../lazy.js";
import { addressOf, go } from "../route.js";
import { text } from "../strings.js";
import { Button, complain } from "../ui.js";
import { exactSize, Id } from "./facts.js";
import { Status } from "./glyph.js";
import { Preview } from "./preview.js";
import { Where } from "./where.js";

/** @typedef {{row: import("../listing.js").Row, onClose: () => void, onRename: () => void}} Props */

/** @param {Props} props */
export function View(props) {
  return props.row.folder ? html`<${FolderDetails} ...${props} />` : html`<${FileDetails} ...${props} />`;
}

/** @param {Props} props */
function FolderDetails({ row, onClose, onRename }) {
  const folder = row.folder;
  if (!folder) return null;
  return html`<aside class="drawer" aria-label=${text.drawer.open}>
    <header><h2 title=${folder.name}>${folder.name}</h2><${Button} only icon="x" label=${text.drawer.close} onClick=${onClose} /></header>
    <div class="buttons">
      <a class="button primary" href=${addressOf("files", row.id)}>${text.drawer.openFolder}</a>
      <${Button} only icon="star" pressed=${folder.favorite} label=${folder.favorite ? text.files.unstar : text.files.star} onClick=${() => star([row], !folder.favorite).catch(complain)} />
      <${Button} only icon="pencil" label=${text.files.rename} onClick=${onRename} />
      <${Button} only icon="trash" label=${text.files.trash} onClick=${() => { onClose(); trash([row]).catch(complain); }} />
    </div>
    <dl><div><dt>${text.drawer.holds}</dt><dd><${FolderCount} id=${row.id} /></dd></div><div><dt>${text.drawer.added}</dt><dd>${full(folder.createdAt)}</dd></div><${Id} id=${row.id} /></dl>
  </aside>`;
}

/** @param {import("../listing.js").SpaceFile} file @returns {import("./preview.js").Source} */
function sourceOf(file) {
  return {
    // A batch file is looked at again once it is checked.
    id: `${file.fileId} ${file.status}`, name: file.name, kind: file.mimeType === "application/pdf" ? "pdf" : extension(file.name), bytes: Number(file.sizeBytes),
    isText: file.mimeType.startsWith("text/") || file.purpose.startsWith("batch"),
    read: (most, signal) => firstBytes(file.fileId, most, signal), link: () => linkTo(file.fileId, 3600),
  };
}

/** @param {Props} props */
function FileDetails({ row, onClose, onRename }) {
  const [label, setLabel] = useState("");
  const [sharing, setSharing] = useState(false);
  const file = row.file;
  if (!file) return null;
  const lines = [
    [text.drawer.size, exactSize(Number(file.sizeBytes))],
    [text.drawer.type, file.mimeType], [text.drawer.purpose, file.purpose], [text.drawer.added, full(file.createdAt)],
    [text.drawer.changed, full(file.updatedAt)], [text.drawer.expires, file.expiresAt ? full(file.expiresAt) : text.drawer.never],
  ];
  async function startBatch() {
    const data = await firstBytes(file?.fileId ?? "", 1024 * 1024, new AbortController().signal);
    const line = new TextDecoder().decode(data).split("\n").find((each) => each.trim()) ?? "{}";
    const batch = await post("batches", { input_file_id: file?.fileId, endpoint: JSON.parse(line).url, completion_window: "24h" });
    go("batches", batch.id);
  }
  return html`<aside class="drawer" aria-label=${text.drawer.open}>
    <header><h2 title=${file.name}>${file.name}</h2><${Button} only icon="x" label=${text.drawer.close} onClick=${onClose} /></header>
    <${Preview} source=${sourceOf(file)} />
    <div class="buttons">
      <${Button} kind="primary" icon="download" label=${text.files.download} onClick=${() => download(file.fileId).catch(complain)} />
      <${Button} only icon="star" pressed=${file.favorite} label=${file.favorite ? text.files.unstar : text.files.star} onClick=${() => star([row], !file.favorite).catch(complain)} />
      <${Button} only icon="pencil" label=${text.files.rename} onClick=${onRename} />
      <${Button} only icon="link" label=${text.drawer.share} onClick=${() => setSharing(true)} />
      <${Button} only icon="trash" label=${text.files.trash} onClick=${() => { onClose(); trash([row]).catch(complain); }} />
    </div>
    ${file.purpose === "batch" && html`<p class="buttons"><${Status} file=${file} />
      <a class="button" href=${addressOf("report", file.fileId)}>${text.drawer.report}</a>
      ${file.status === "processed" && html`<${Button} icon="play" label=${text.drawer.startBatch} onClick=${() => startBatch().catch(complain)} />`}</p>`}
    <dl>${lines.map(([term, said]) => html`<div key=${term}><dt>${term}</dt><dd>${said}</dd></div>`)}
      <div><dt>${text.drawer.where}</dt><dd><${Where} id=${file.folderId} /></dd></div>
      <${Id} id=${file.fileId} />
      <div><dt>${text.drawer.tags}</dt><dd><span class="tags">${file.tags.map((each) => html`<span class="chip tag" key=${each}>${each}
        <button type="button" aria-label=${`${text.drawer.removeTag} ${each}`} onClick=${() => tag([row], { removeTags: [each] }).catch(complain)}>×</button></span>`)}</span>
        <form onSubmit=${(/** @type {Event} */ event) => {
          event.preventDefault();
          tag([row], { addTags: [label] }).catch(complain);
          setLabel("");
        }}><input aria-label=${text.drawer.addTag} placeholder=${text.drawer.addTag} value=${label} onInput=${(/** @type {any} */ event) => setLabel(event.target.value)} required /></form></dd></div>
    </dl>
    ${sharing && html`<${Lazy} load=${() => import("./share.js")} fileId=${file.fileId} name=${file.name} onClose=${() => setSharing(false)} />`}
  </aside>`;
}
