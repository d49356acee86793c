// One artifact or bundle: what is in it, how a batch line names it, and its end.
import { html, useEffect, useState } from "../dom.js";
import { get, remove, request } from "../api.js";
import { extension, full } from "../format.js";
import { addressOf } from "../route.js";
import { text } from "../strings.js";
import { Button, Failed, FormDialog, Loading, complain, toast } from "../ui.js";
import { refreshUsage } from "../usage.js";
import { Command } from "./command.js";
import { exactSize, Id } from "./facts.js";
import { kindOf, Preview } from "./preview.js";
import { save } from "./save.js";
import { later } from "./strings.js";

/**
 * @typedef {{artifact_id: string, role: string, deleted?: boolean}} Member
 * @typedef {{id: string, object: "artifact" | "bundle", artifact_type?: string, bundle_type?: string, content_media_type?: string, content_encoding?: "utf-8" | "base64", content?: string | null,
 *   bytes?: number, created_at: string, expires_at?: string | null, retention_class?: string, metadata: Record<string, unknown>, artifacts?: Member[]}} Item
 */

export const PLACES = { artifacts: "../v2/artifacts", bundles: "../v2/bundles" };

const pathOf = (/** @type {string} */ id) => `${id.startsWith("bnd_") ? PLACES.bundles : PLACES.artifacts}/${encodeURIComponent(id)}`;

/** What people call it: the name in its metadata, if there is one. @param {Item} item */
export function nameOf(item) {
  const { name } = item.metadata;
  return typeof name === "string" && name.trim() ? name : item.id;
}

/** @param {Item} item */
export const saidType = (item) => (item.artifact_type ?? item.bundle_type ?? "").replaceAll("_", " ");

/** Whether it is text. What is copied from a file says so by its media type alone. @param {Item} item */
const isText = (item) => item.content_encoding === "utf-8" || Boolean(item.content_media_type?.startsWith("text/"));

/** @param {Item} item */
const kind = (item) => (item.object === "bundle" ? "list" : kindOf(item.content_media_type ?? "") || (isText(item) ? "txt" : "bin"));

/** The name of a file with its content. @param {Item} item */
export function fileName(item) {
  const name = nameOf(item);
  return extension(name) ? name : `${name}.${kind(item)}`;
}

/** Saves the content, which only a request with the session gets. @param {Item} item */
async function download(item) {
  const response = await request("GET", `${pathOf(item.id)}/content`);
  save(new Blob([await response.arrayBuffer()], { type: "application/octet-stream" }), fileName(item));
}

/** The content that came with the record, if it fits there. @param {Item} item */
function held({ content, content_encoding: encoding }) {
  if (typeof content !== "string") return null;
  return encoding === "utf-8" ? new TextEncoder().encode(content) : Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
}

/** @param {Item} item @returns {import("./preview.js").Source} */
function sourceOf(item) {
  return {
    id: item.id, name: nameOf(item), kind: kind(item), bytes: item.bytes ?? 0, isText: isText(item),
    read: async (most, signal) => held(item)?.slice(0, most) ?? new Uint8Array(await (await request("GET", `${pathOf(item.id)}/content`, { headers: { Range: `bytes=0-${most - 1}` }, signal })).arrayBuffer()),
  };
}

/** @param {{members: Member[]}} props */
function Members({ members }) {
  return html`<ol class="members">${members.map((each, at) => html`<li key=${at}><span class="chip">${each.role}</span>
    ${each.deleted ? html`<span class="mono dim">${each.artifact_id}</span><span class="chip bad">✕ ${later.artifacts.deleted}</span>` : html`<a class="mono" href=${addressOf("artifacts", each.artifact_id)}>${each.artifact_id}</a>`}</li>`)}</ol>`;
}

/** @param {{id: string, onClose: () => void, onDelete: (item: Item) => void}} props */
export function Details({ id, onClose, onDelete }) {
  const [item, setItem] = useState(/** @type {Item | null} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const read = () => {
    setFailure(null);
    get(pathOf(id)).then(setItem, setFailure);
  };
  useEffect(read, []);
  const name = item ? nameOf(item) : id;
  return html`<aside class="drawer" aria-label=${text.drawer.open}>
    <header><h2 title=${name} class=${name === id ? "mono" : ""}>${name}</h2><${Button} only icon="x" label=${text.drawer.close} onClick=${onClose} /></header>
    ${failure ? html`<${Failed} title=${later.artifacts.failed} failure=${failure} onRetry=${read} />` : !item ? html`<${Loading} />` : html`<${Facts} item=${item} onDelete=${onDelete} />`}
  </aside>`;
}

/** @param {{item: Item, onDelete: (item: Item) => void}} props */
function Facts({ item, onDelete }) {
  const isBundle = item.object === "bundle";
  const lines = [
    [text.drawer.type, saidType(item)],
    ...(isBundle ? [] : [[text.drawer.size, exactSize(item.bytes ?? 0)], [later.artifacts.media, item.content_media_type], [later.artifacts.retention, item.retention_class]]),
    [text.batches.created, full(item.created_at)],
    ...(isBundle ? [] : [[text.drawer.expires, item.expires_at ? full(item.expires_at) : text.drawer.never]]),
  ];
  return html`${isBundle ? html`<${Members} members=${item.artifacts ?? []} />` : html`<${Preview} source=${sourceOf(item)} />`}
    <div class="buttons">${!isBundle && html`<${Button} kind="primary" icon="download" label=${text.files.download} onClick=${() => download(item).catch(complain)} />`}
      <${Button} icon="trash" kind="danger" label=${text.trash.purge} onClick=${() => onDelete(item)} /></div>
    <section><h3>${later.artifacts.line}</h3><p class="dim">${isBundle ? later.artifacts.bundleLine : later.artifacts.artifactLine}</p><${Command} line=${JSON.stringify({ [isBundle ? "$bundle" : "$artifact"]: item.id })} /></section>
    <dl>${lines.map(([term, said]) => html`<div key=${term}><dt>${term}</dt><dd>${said}</dd></div>`)}<${Id} id=${item.id} /></dl>
    ${Object.keys(item.metadata).length > 0 && html`<section><h3>${later.artifacts.metadata}</h3><pre class="code">${JSON.stringify(item.metadata, null, 2)}</pre></section>`}`;
}

/** @param {{item: Item, onClose: () => void, onDeleted: () => void}} props */
export function Delete({ item, onClose, onDeleted }) {
  const name = nameOf(item);
  const purge = async () => {
    try {
      await remove(pathOf(item.id));
    } catch (failure) {
      // Somebody else was faster.
      if (/** @type {any} */ (failure).status !== 404) throw failure;
    }
    refreshUsage();
    toast(text.did.purged(`“${name}”`, 1));
    onDeleted();
  };
  return html`<${FormDialog} title=${text.trash.purge} button=${text.trash.purge} kind="primary danger" onClose=${onClose} onSubmit=${purge}>
    <p class="named"><strong>${name}</strong></p><p>${item.object === "bundle" ? later.artifacts.purgeBundle : later.artifacts.purge}</p>
  </${FormDialog}>`;
}
