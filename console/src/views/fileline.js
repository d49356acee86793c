import { html } from "../dom.js";
import { FolderCount } from "../counts.js";
import { drag, dropTarget } from "../drag.js";
import { ago, full, size } from "../format.js";
import { searchOf } from "../listing.js";
import { addressOf } from "../route.js";
import { text } from "../strings.js";
import { Icon } from "../ui.js";
import { Glyph, Status } from "./glyph.js";
import { NameField } from "./namefield.js";
import { Where } from "./where.js";

/** @typedef {import("../listing.js").Row} Row */

/** @param {{sort: string, order: string, all: boolean, onAll: () => void, onSort: (by: string) => void}} props */
export function Head({ sort, order, all, onAll, onSort }) {
  const heading = (/** @type {string} */ by, /** @type {string} */ label, /** @type {string} */ name) => html`<div role="columnheader" class=${name} aria-sort=${sort === by ? (order === "asc" ? "ascending" : "descending") : "none"}>
    <button type="button" onClick=${() => onSort(by)}>${label}${sort === by && html`<span aria-hidden="true"> ${order === "asc" ? "↑" : "↓"}</span>`}</button></div>`;
  return html`<div role="row" class="head" aria-rowindex="1">
    <div role="columnheader" class="pick"><input type="checkbox" aria-label=${text.files.selectAll} checked=${all} onChange=${onAll} /></div>
    ${heading("name", text.files.name, "name")}${heading("sizeBytes", text.files.size, "size")}
    <div role="columnheader" class="status">${text.files.status}</div>${heading("createdAt", text.files.added, "added")}
  </div>`;
}

/**
 * @param {{at: number, row: Row, style: any, picked: boolean, focused: boolean, opened: boolean, renaming: boolean, placed: boolean, group: Row[],
 *   onPick: () => void, onClick: (event: MouseEvent) => void, onOpen: () => void, onRenamed: () => void}} props `placed`: says which folder it is in; `group`: what is dragged with it
 */
export function Line({ at, row, style, picked, focused, opened, renaming, placed, group, onPick, onClick, onOpen, onRenamed }) {
  const added = row.file?.createdAt ?? row.folder?.createdAt ?? 0;
  return html`<div role="row" aria-rowindex=${at + 2} aria-selected=${picked} class=${`line ${picked ? "picked" : ""} ${focused ? "focus" : ""} ${opened ? "opened" : ""}`}
    style=${style} tabindex=${focused ? 0 : -1} draggable=${!renaming} onClick=${onClick} onDblClick=${onOpen}
    onDragStart=${(/** @type {DragEvent} */ event) => drag(event, group)} ...${row.folder ? dropTarget(row.id, row.name) : {}}>
    <div role="gridcell" class="pick"><input type="checkbox" tabindex="-1" aria-label=${`${text.files.select} ${row.name}`} checked=${picked} onChange=${onPick} /></div>
    <div role="gridcell" class="name"><${Glyph} name=${row.name} folder=${Boolean(row.folder)} />
      ${renaming ? html`<${NameField} row=${row} onDone=${onRenamed} />`
        : row.folder ? html`<a class="text" href=${addressOf("files", row.id)} tabindex="-1" title=${row.name}>${row.name}</a>` : html`<span class="text" title=${row.name}>${row.name}</span>`}
      ${(row.file?.favorite || row.folder?.favorite) && html`<span class="starred"><${Icon} name="star" filled size=${12} /><span class="hidden-text">${text.files.favorite}</span></span>`}
      ${row.file?.tags.map((each) => html`<a class="chip tag" key=${each} tabindex="-1" href=${addressOf("files", "", { q: searchOf(each) })}>${each}</a>`)}
      ${placed && row.file?.folderId && html`<${Where} id=${row.file.folderId} quiet />`}
    </div>
    <div role="gridcell" class="size">${row.file ? size(Number(row.file.sizeBytes)) : html`<${FolderCount} id=${row.id} />`}</div>
    <div role="gridcell" class="status"><${Status} file=${row.file} /></div>
    <div role="gridcell" class="added" title=${full(added)}>${ago(added)}</div>
  </div>`;
}
