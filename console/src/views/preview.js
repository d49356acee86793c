// What a file looks like. Nothing in it runs: text is text, an SVG is an image, and sound and film come from the storage.
import { html, useEffect, useState } from "../dom.js";
import { Lazy } from "../lazy.js";
import { text } from "../strings.js";
import { Loading, complain } from "../ui.js";
import { later } from "./strings.js";

const MOST_TEXT = 256 * 1024;
const MOST_ROWS = 100;
const MOST_IMAGE = 16 * 1024 * 1024;
const MOST_PDF = 20 * 1024 * 1024;
const TEXT = new Set(["txt", "md", "json", "jsonl", "csv", "tsv", "html", "htm", "xml", "svg", "js", "ts", "css", "py", "log", "yaml", "yml", "toml", "sql", "sh"]);
const IMAGE = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", svg: "image/svg+xml", avif: "image/avif" };
const KINDS = {
  ...Object.fromEntries(Object.entries(IMAGE).map(([kind, type]) => [type, kind])),
  "application/pdf": "pdf", "application/json": "json", "application/jsonl": "jsonl", "application/x-ndjson": "jsonl", "text/csv": "csv", "text/tab-separated-values": "tsv", "text/markdown": "md", "text/html": "html",
};
const MEDIA = { mp3: "audio", wav: "audio", ogg: "audio", m4a: "audio", mp4: "video", webm: "video", mov: "video" };

/** What names of files of this media type end in, if the console knows. @param {string} type @returns {string} */
export function kindOf(type) {
  return KINDS[/** @type {keyof typeof KINDS} */ (type.split(";")[0].trim().toLowerCase())] ?? "";
}

/** @param {{kind: string, body: string}} props */
function Text({ kind, body }) {
  if (kind === "jsonl") {
    return html`<ol class="numbered">${body.split("\n").slice(0, 200).map((line, at) => html`<li key=${at}><code>${line}</code></li>`)}</ol>`;
  }
  if (kind === "csv" || kind === "tsv") {
    const [head, ...rows] = table(body, kind);
    return html`<div class="scroll"><table class="csv"><thead><tr>${head?.map((cell, nth) => html`<th scope="col" key=${nth}>${cell}</th>`)}</tr></thead>
      <tbody>${rows.map((row, at) => html`<tr key=${at}>${row.map((cell, nth) => html`<td key=${nth}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
  }
  let shown = body;
  if (kind === "json") {
    try {
      shown = JSON.stringify(JSON.parse(body), null, 2);
    } catch {
      shown = body;
    }
  }
  return html`<pre class="code">${shown}</pre>`;
}

/**
 * The first rows of a table as text; a quoted cell may hold separators and line ends.
 * @param {string} body @param {string} kind
 */
function table(body, kind) {
  const first = /^.*/.exec(body)?.[0] ?? "";
  // Where a comma is for decimals, tables come with semicolons.
  const cut = kind === "tsv" ? "\t" : first.split(";").length > first.split(",").length ? ";" : ",";
  const rows = [[""]];
  let quoted = false;
  for (let at = 0; at < body.length && rows.length <= MOST_ROWS + 1; at += 1) {
    const character = body[at];
    const row = rows[rows.length - 1];
    if (character === '"' && quoted && body[at + 1] === '"') row[row.length - 1] += body[++at];
    else if (character === '"') quoted = !quoted;
    else if (character === cut && !quoted) row.push("");
    else if (character === "\n" && !quoted) rows.push([""]);
    else if (character !== "\r" || quoted) row[row.length - 1] += character;
  }
  return rows.filter((row) => row.some(Boolean)).slice(0, MOST_ROWS + 1);
}

/**
 * What is shown. `kind` is what names of such files end in, `link` an address that plays sound and film.
 * @typedef {{id: string, name: string, kind: string, bytes: number, isText: boolean,
 *   read: (most: number, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>, link?: () => Promise<string>}} Source
 */

/** @param {{source: Source}} props */
export function Preview({ source }) {
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const { id, name, kind, bytes } = source;
  useEffect(() => {
    const stop = new AbortController();
    let address = "";
    setShown(null);
    const look = async () => {
      const image = IMAGE[/** @type {keyof typeof IMAGE} */ (kind)];
      const media = MEDIA[/** @type {keyof typeof MEDIA} */ (kind)];
      if (bytes === 0) return { none: text.drawer.empty };
      if (media && source.link) return { media, src: await source.link() };
      if (kind === "pdf" && bytes > MOST_PDF) return { none: later.pdf.large };
      if (kind === "pdf") return { pdf: await source.read(MOST_PDF, stop.signal) };
      if (image && bytes <= MOST_IMAGE) {
        const data = await source.read(MOST_IMAGE, stop.signal);
        stop.signal.throwIfAborted();
        // As an image nothing in it runs, an SVG's scripts included.
        address = URL.createObjectURL(new Blob([data], { type: image }));
        return { image: address };
      }
      if (TEXT.has(kind) || source.isText) {
        const data = await source.read(MOST_TEXT, stop.signal);
        return { body: new TextDecoder().decode(data), cut: bytes > MOST_TEXT };
      }
      return { none: text.drawer.noPreview };
    };
    look().then((found) => !stop.signal.aborted && setShown(found), (failure) => !stop.signal.aborted && (setShown({ none: text.drawer.noPreview }), complain(failure)));
    return () => {
      stop.abort();
      if (address) URL.revokeObjectURL(address);
    };
  }, [id]);
  if (!shown) return html`<div class="preview"><${Loading} /></div>`;
  if (shown.image) return html`<div class="preview"><img src=${shown.image} alt=${name} /></div>`;
  if (shown.pdf) return html`<div class="preview paged"><${Lazy} load=${() => import("./pdfpages.js")} name=${name} data=${shown.pdf} /></div>`;
  if (shown.media === "audio") return html`<div class="preview"><audio controls src=${shown.src} /></div>`;
  if (shown.media === "video") return html`<div class="preview"><video controls src=${shown.src} /></div>`;
  if (shown.none) return html`<div class="preview"><p class="dim">${shown.none}</p></div>`;
  return html`<div class="preview">${shown.cut && html`<p class="dim">${text.drawer.tooLarge}</p>`}<${Text} kind=${kind} body=${shown.body} /></div>`;
}
