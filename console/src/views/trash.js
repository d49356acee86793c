import { html, useEffect, useState } from "../dom.js";
import { pagesOf, post, remove } from "../api.js";
import { ago, count, counted, full, size } from "../format.js";
import { text } from "../strings.js";
import { Ask, Button, Empty, Loading, complain, toast } from "../ui.js";
import { refreshUsage } from "../usage.js";
import { VirtualGrid } from "../virtual.js";
import { Glyph } from "./glyph.js";

export function Trash() {
  const [files, setFiles] = useState(/** @type {any[]} */ ([]));
  const [loading, setLoading] = useState(true);
  const [asking, setAsking] = useState(false);

  useEffect(() => {
    const stop = new AbortController();
    (async () => {
      /** @type {any[]} */
      let all = [];
      for await (const page of pagesOf("storage/trash", {}, stop.signal)) {
        all = [...all, ...page.files];
        setFiles(all);
      }
      setLoading(false);
    })().catch((failure) => {
      setLoading(false);
      complain(failure);
    });
    return () => stop.abort();
  }, []);

  const drop = (/** @type {string} */ id) => setFiles((before) => before.filter((each) => each.fileId !== id));

  async function restore(/** @type {any} */ file) {
    await post(`storage/trash/${file.fileId}/restore`, {});
    drop(file.fileId);
    toast(`“${file.name}” is back`, { undo: async () => {
      await remove(`storage/files/${file.fileId}`);
      setFiles((before) => [file, ...before]);
    } });
  }

  async function purge(/** @type {any} */ file) {
    await remove(`storage/trash/${file.fileId}`);
    drop(file.fileId);
    refreshUsage();
    toast(`“${file.name}” is deleted for good`);
  }

  async function empty(/** @type {string} */ typed) {
    if (typed.replace(/\D/g, "") !== String(files.length)) throw new Error(text.trash.wrongCount);
    const answer = await remove("storage/trash");
    setFiles([]);
    refreshUsage();
    toast(`${counted(answer.purgedFiles, "file is", "files are")} deleted for good${answer.isEmpty ? "" : "; the rest follows"}`);
  }

  const head = html`<div role="row" class="head" aria-rowindex="1"><div role="columnheader" class="name">${text.files.name}</div><div role="columnheader" class="size">${text.files.size}</div>
    <div role="columnheader" class="status">${text.trash.deleted}</div><div role="columnheader" class="added">${text.trash.gone}</div><div role="columnheader" class="acts"><span class="hidden-text">Actions</span></div></div>`;
  const line = (/** @type {number} */ at, /** @type {any} */ style) => {
    const file = files[at];
    return html`<div role="row" key=${file.fileId} aria-rowindex=${at + 2} class="line" style=${style}>
      <div role="gridcell" class="name"><${Glyph} name=${file.name} /><span class="text" title=${file.name}>${file.name}</span></div>
      <div role="gridcell" class="size">${size(Number(file.sizeBytes))}</div><div role="gridcell" class="status">${ago(file.deletedAt)}</div><div role="gridcell" class="added">${full(file.purgeAt)}</div>
      <div role="gridcell" class="acts"><${Button} label=${text.trash.restore} onClick=${() => restore(file).catch(complain)} /><${Button} kind="danger" label=${text.trash.purge} onClick=${() => purge(file).catch(complain)} /></div>
    </div>`;
  };
  return html`<div class="view trash"><div class="list"><header class="bar"><h1>${text.trash.title}</h1><p class="dim grow">${text.trash.explain}</p>
      <${Button} kind="danger" icon="trash" label=${text.trash.empty} disabled=${files.length === 0 || loading} onClick=${() => setAsking(true)} /></header>
    ${files.length === 0 ? (loading ? html`<${Loading} />` : html`<${Empty} title=${text.trash.emptyTitle}>${text.trash.emptyText}</${Empty}>`)
      : html`<${VirtualGrid} count=${files.length} focus=${-1} head=${head} row=${line} label=${text.trash.title} />`}</div>
    ${asking && html`<${Ask} title=${text.trash.empty} label=${`${text.trash.askCount} ${count(files.length)}`} button=${text.trash.purge} onClose=${() => setAsking(false)} onSubmit=${empty} />`}
  </div>`;
}
