import { html, useCallback, useEffect, useLayoutEffect, useState } from "../dom.js";
import { pagesOf, post, remove } from "../api.js";
import { changeAll, changeOneByOne } from "../bulk.js";
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

/** As a change of rows takes it. @param {Trashed} item @returns {any} */
const rowOf = (item) => ({ id: item.id, name: item.name, folder: item.folder ? item : null, file: item.folder ? null : item });
/** @param {Trashed[]} some */
const named = (some) => (some.length === 1 ? `“${some[0].name}”` : counted(some.length, ...text.words.item));

export function View() {
  const [items, setItems] = useState(/** @type {Trashed[]} */ ([]));
  const [loading, setLoading] = useState(true);
  const [asking, setAsking] = useState(false);
  const [purging, setPurging] = useState(/** @type {Trashed[]} */ ([]));
  const [selected, setSelected] = useState(/** @type {Set<string>} */ (new Set()));
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

  const settle = (/** @type {Trashed[]} */ some) => {
    refreshUsage();
    recount(counts.get().keys());
    if (some.some((item) => item.folder)) readChildren(ROOT).catch(complain);
  };
  /** What was asked for and done leaves the list. @param {Trashed[]} some @param {import("../bulk.js").Done[]} done */
  const left = (some, done) => {
    const ids = new Set(done.map((each) => each.row.id));
    setItems((before) => before.filter((each) => !ids.has(each.id)));
    setSelected((before) => new Set([...before].filter((id) => !ids.has(id))));
    const gone = some.filter((item) => ids.has(item.id));
    settle(gone);
    return gone;
  };

  async function restore(/** @type {Trashed[]} */ some) {
    const done = await changeAll(some.map(rowOf), () => ({ op: "restore" }), (row) => post(`storage/trash/${row.id}/restore`));
    const back = left(some, done);
    if (back.length === 0) return;
    // A name may be taken by now.
    const said = done.length === 1 ? `“${done[0].file?.name ?? back[0].name}”` : named(back);
    toast(text.did.restored(said, back.length), { undo: async () => {
      const again = await changeAll(back.map(rowOf), () => ({ op: "trash" }), (row) => remove(`storage/folders/${row.id}`, { recursive: true }));
      const ids = new Set(again.map((each) => each.row.id));
      setItems((before) => [...back.filter((item) => ids.has(item.id)), ...before]);
      settle(back);
    } });
  }

  async function purge(/** @type {Trashed[]} */ some) {
    const gone = left(some, await changeOneByOne(some.map(rowOf), (row) => remove(`storage/trash/${row.id}`)));
    if (gone.length) toast(text.did.purged(named(gone), gone.length));
  }

  const chosen = items.filter((item) => selected.has(item.id));
  const toggle = (/** @type {string} */ id) => setSelected((before) => {
    const after = new Set(before);
    if (!after.delete(id)) after.add(id);
    return after;
  });
  const toggleAll = () => setSelected(chosen.length === items.length ? new Set() : new Set(items.map((item) => item.id)));

  async function empty(/** @type {string} */ typed) {
    if (typed.replace(/\D/g, "") !== String(items.length)) throw new Error(text.trash.wrongCount);
    const answer = await remove("storage/trash");
    setItems([]);
    setSelected(new Set());
    refreshUsage();
    toast((answer.isEmpty ? text.did.emptied : text.did.emptying)(counted(answer.purgedFiles, ...text.words.item)));
  }

  const focusOn = (/** @type {number} */ at) => setFocus(Math.max(0, Math.min(items.length - 1, at)));
  const focused = items[Math.min(focus, items.length - 1)];
  const targets = chosen.length ? chosen : focused ? [focused] : [];
  useLayoutEffect(() => takeKeys({
    j: () => focusOn(focus + 1), ArrowDown: () => focusOn(focus + 1), k: () => focusOn(focus - 1), ArrowUp: () => focusOn(focus - 1),
    PageDown: () => focusOn(focus + pageRows()), PageUp: () => focusOn(focus - pageRows()), Home: () => focusOn(0), End: () => focusOn(items.length - 1),
    x: () => focused && toggle(focused.id), "Ctrl-a": () => setSelected(new Set(items.map((item) => item.id))), Escape: () => setSelected(new Set()),
    Enter: () => targets.length && restore(targets).catch(complain), Delete: () => targets.length && setPurging(targets),
  }));

  const head = html`<div role="row" class="head" aria-rowindex="1"><div role="columnheader" class="pick"><input type="checkbox" aria-label=${text.files.selectAll} checked=${items.length > 0 && chosen.length === items.length} onChange=${toggleAll} /></div><div role="columnheader" class="name">${text.files.name}</div><div role="columnheader" class="size">${text.files.size}</div>
    <div role="columnheader" class="status">${text.trash.deleted}</div><div role="columnheader" class="added">${text.trash.gone}</div><div role="columnheader" class="acts"><span class="hidden-text">${text.trash.actions}</span></div></div>`;
  const line = (/** @type {number} */ at, /** @type {any} */ style) => {
    const item = items[at];
    const picked = selected.has(item.id);
    return html`<div role="row" key=${item.id} aria-rowindex=${at + 2} aria-selected=${picked} class=${`line ${picked ? "picked" : ""} ${at === focus ? "focus" : ""}`} style=${style} tabindex=${at === focus ? 0 : -1}
      onClick=${(/** @type {MouseEvent} */ event) => !(/** @type {HTMLElement} */ (event.target).closest("button, input")) && setFocus(at)}>
      <div role="gridcell" class="pick"><input type="checkbox" tabindex="-1" aria-label=${`${text.files.select} ${item.name}`} checked=${picked} onChange=${() => toggle(item.id)} /></div>
      <div role="gridcell" class="name"><${Glyph} name=${item.name} folder=${item.folder} /><span class="text" title=${item.path || item.name}>${item.name}</span>
        ${item.folder && html`<span class="dim">${counted(item.files, ...text.words.file)}</span>`}</div>
      <div role="gridcell" class="size">${size(item.bytes)}</div><div role="gridcell" class="status" title=${full(item.deletedAt)}>${ago(item.deletedAt)}</div><div role="gridcell" class="added" title=${full(item.purgeAt)}>${ago(item.purgeAt)}</div>
      <div role="gridcell" class="acts"><${Button} icon="undo" label=${text.trash.restore} onClick=${() => restore([item]).catch(complain)} /><${Button} icon="x" kind="danger" label=${text.trash.purge} onClick=${() => setPurging([item])} /></div>
    </div>`;
  };
  return html`<div class="view trash"><div class="list"><header class="bar"><h1>${text.trash.title}</h1><p class="dim grow">${text.trash.explain}</p>
      <${Button} kind="danger" icon="trash" label=${text.trash.empty} disabled=${items.length === 0 || loading} onClick=${() => setAsking(true)} /></header>
    ${chosen.length > 0 && html`<div class="selection" role="toolbar" aria-label=${text.files.selection}><strong>${counted(chosen.length, ...text.words.item)} ${text.files.selected}</strong>
      <${Button} icon="undo" label=${text.trash.restore} shortcut="Enter" onClick=${() => restore(chosen).catch(complain)} />
      <${Button} icon="x" kind="danger" label=${text.trash.purge} shortcut="Delete" onClick=${() => setPurging(chosen)} />
      <${Button} only icon="x" label=${text.files.clear} onClick=${() => setSelected(new Set())} /></div>`}
    ${items.length === 0 ? (loading ? html`<${Loading} />` : html`<${Empty} title=${text.trash.emptyTitle}>${text.trash.emptyText}</${Empty}>`)
      : html`<${VirtualGrid} count=${items.length} focus=${focus} head=${head} row=${line} label=${text.trash.title} />`}</div>
    ${asking && html`<${Ask} title=${text.trash.empty} label=${`${text.trash.askCount} ${count(items.length)}`} button=${text.trash.purge} onClose=${() => setAsking(false)} onSubmit=${empty} />`}
    ${purging.length > 0 && html`<${FormDialog} title=${text.trash.purge} button=${text.trash.purge} kind="primary danger" onClose=${() => setPurging([])} onSubmit=${() => purge(purging)}>
      <p>${purging.length === 1 && purging[0].folder ? text.trash.askFolder(purging[0].name, counted(purging[0].files, ...text.words.file)) : text.trash.ask(named(purging))}</p></${FormDialog}>`}
  </div>`;
}
