import { html, useCallback, useEffect, useLayoutEffect, useState } from "../dom.js";
import { pagesOf, post, remove } from "../api.js";
import { counts, recount } from "../counts.js";
import { ago, count, counted, full, size } from "../format.js";
import { takeKeys } from "../keys.js";
import { text } from "../strings.js";
import { onElsewhere } from "../tabs.js";
import { readChildren, ROOT } from "../tree.js";
import { Ask, Button, Empty, FormDialog, Loading, complain, toast } from "../ui.js";
import { refreshUsage } from "../usage.js";
import { pageRows, VirtualGrid } from "../virtual.js";
import { Glyph } from "./glyph.js";

/** @typedef {{id: string, name: string, folder: boolean, bytes: number, files: number, path: string, deletedAt: string, purgeAt: string}} Trashed */

/** @param {any} file @returns {Trashed} */
const ofFile = (file) => ({ ...file, id: file.fileId, folder: false, bytes: Number(file.sizeBytes), files: 1, path: "" });
/** @param {any} folder @returns {Trashed} */
const ofFolder = (folder) => ({ ...folder, id: folder.folderId, folder: true, bytes: Number(folder.sizeBytes), files: folder.fileCount, path: folder.path });

export function View() {
  const [items, setItems] = useState(/** @type {Trashed[]} */ ([]));
  const [loading, setLoading] = useState(true);
  const [asking, setAsking] = useState(false);
  const [purging, setPurging] = useState(/** @type {Trashed | null} */ (null));
  const [focus, setFocus] = useState(0);

  const read = useCallback(async (/** @type {AbortSignal} */ signal) => {
    /** @type {Trashed[]} */
    let all = [];
    for await (const page of pagesOf("storage/trash", {}, signal)) {
      const found = [...page.files.map(ofFile), ...(page.folders ?? []).map(ofFolder)];
      all = [...all, ...found.sort((one, other) => other.deletedAt.localeCompare(one.deletedAt))];
      setItems(all);
    }
    setItems(all);
    setLoading(false);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    const again = () => read(stop.signal).catch(complain);
    read(stop.signal).catch((failure) => {
      if (stop.signal.aborted) return;
      setLoading(false);
      complain(failure);
    });
    onElsewhere.add(again);
    return () => {
      stop.abort();
      onElsewhere.delete(again);
    };
  }, []);

  const drop = (/** @type {string} */ id) => setItems((before) => before.filter((each) => each.id !== id));
  const settle = (/** @type {Trashed} */ item) => {
    refreshUsage();
    recount(counts.get().keys());
    if (item.folder) readChildren(ROOT).catch(complain);
  };

  async function restore(/** @type {Trashed} */ item) {
    // Its name may be taken by now.
    const { name } = await post(`storage/trash/${item.id}/restore`);
    drop(item.id);
    settle(item);
    toast(text.did.restored(name), { undo: async () => {
      await (item.folder ? remove(`storage/folders/${item.id}`, { recursive: true }) : remove(`storage/files/${item.id}`));
      setItems((before) => [item, ...before]);
      settle(item);
    } });
  }

  async function purge(/** @type {Trashed} */ item) {
    await remove(`storage/trash/${item.id}`);
    drop(item.id);
    settle(item);
    toast(text.did.purged(item.name));
  }

  async function empty(/** @type {string} */ typed) {
    if (typed.replace(/\D/g, "") !== String(items.length)) throw new Error(text.trash.wrongCount);
    const answer = await remove("storage/trash");
    setItems([]);
    refreshUsage();
    toast((answer.isEmpty ? text.did.emptied : text.did.emptying)(counted(answer.purgedFiles, ...text.words.item)));
  }

  const focusOn = (/** @type {number} */ at) => setFocus(Math.max(0, Math.min(items.length - 1, at)));
  const focused = items[Math.min(focus, items.length - 1)];
  useLayoutEffect(() => takeKeys({
    j: () => focusOn(focus + 1), ArrowDown: () => focusOn(focus + 1), k: () => focusOn(focus - 1), ArrowUp: () => focusOn(focus - 1),
    PageDown: () => focusOn(focus + pageRows()), PageUp: () => focusOn(focus - pageRows()), Home: () => focusOn(0), End: () => focusOn(items.length - 1),
    Enter: () => focused && restore(focused).catch(complain), Delete: () => focused && setPurging(focused),
  }));

  const head = html`<div role="row" class="head" aria-rowindex="1"><div role="columnheader" class="name">${text.files.name}</div><div role="columnheader" class="size">${text.files.size}</div>
    <div role="columnheader" class="status">${text.trash.deleted}</div><div role="columnheader" class="added">${text.trash.gone}</div><div role="columnheader" class="acts"><span class="hidden-text">${text.trash.actions}</span></div></div>`;
  const line = (/** @type {number} */ at, /** @type {any} */ style) => {
    const item = items[at];
    return html`<div role="row" key=${item.id} aria-rowindex=${at + 2} class=${`line ${at === focus ? "focus" : ""}`} style=${style} tabindex=${at === focus ? 0 : -1}
      onClick=${(/** @type {MouseEvent} */ event) => !(/** @type {HTMLElement} */ (event.target).closest("button")) && setFocus(at)}>
      <div role="gridcell" class="name"><${Glyph} name=${item.name} folder=${item.folder} /><span class="text" title=${item.path || item.name}>${item.name}</span>
        ${item.folder && html`<span class="dim">${counted(item.files, ...text.words.file)}</span>`}</div>
      <div role="gridcell" class="size">${size(item.bytes)}</div><div role="gridcell" class="status" title=${full(item.deletedAt)}>${ago(item.deletedAt)}</div><div role="gridcell" class="added" title=${full(item.purgeAt)}>${ago(item.purgeAt)}</div>
      <div role="gridcell" class="acts"><${Button} icon="undo" label=${text.trash.restore} onClick=${() => restore(item).catch(complain)} /><${Button} icon="x" kind="danger" label=${text.trash.purge} onClick=${() => setPurging(item)} /></div>
    </div>`;
  };
  return html`<div class="view trash"><div class="list"><header class="bar"><h1>${text.trash.title}</h1><p class="dim grow">${text.trash.explain}</p>
      <${Button} kind="danger" icon="trash" label=${text.trash.empty} disabled=${items.length === 0 || loading} onClick=${() => setAsking(true)} /></header>
    ${items.length === 0 ? (loading ? html`<${Loading} />` : html`<${Empty} title=${text.trash.emptyTitle}>${text.trash.emptyText}</${Empty}>`)
      : html`<${VirtualGrid} count=${items.length} focus=${focus} head=${head} row=${line} label=${text.trash.title} />`}</div>
    ${asking && html`<${Ask} title=${text.trash.empty} label=${`${text.trash.askCount} ${count(items.length)}`} button=${text.trash.purge} onClose=${() => setAsking(false)} onSubmit=${empty} />`}
    ${purging && html`<${FormDialog} title=${text.trash.purge} button=${text.trash.purge} kind="primary danger" onClose=${() => setPurging(null)} onSubmit=${() => purge(purging)}>
      <p>${purging.folder ? text.trash.askFolder(purging.name, counted(purging.files, ...text.words.file)) : text.trash.askFile(purging.name)}</p></${FormDialog}>`}
  </div>`;
}
