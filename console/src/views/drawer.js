import { html, useEffect, useState } from "../dom.js";
import { download, firstBytes, linkTo, star, tag, trash } from "../actions.js";
import { post } from "../api.js";
import { extension, full, size } from "../format.js";
import { addressOf, go } from "../route.js";
import { text } from "../strings.js";
import { Button, Loading, complain, copy } from "../ui.js";
import { Status } from "./glyph.js";

const MOST_TEXT = 256 * 1024;
const MOST_IMAGE = 16 * 1024 * 1024;
const TEXT = new Set(["txt", "md", "json", "jsonl", "csv", "tsv", "html", "htm", "xml", "svg", "js", "ts", "css", "py", "log", "yaml", "yml", "toml", "sql", "sh"]);
const IMAGE = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", svg: "image/svg+xml", avif: "image/avif" };
const MEDIA = { mp3: "audio", wav: "audio", ogg: "audio", m4a: "audio", mp4: "video", webm: "video", mov: "video" };

/** @param {{name: string, body: string}} props */
function Text({ name, body }) {
  const kind = extension(name);
  if (kind === "jsonl") {
    return html`<ol class="numbered">${body.split("\n").slice(0, 200).map((line, at) => html`<li key=${at}><code>${line}</code></li>`)}</ol>`;
  }
  if (kind === "csv" || kind === "tsv") {
    const cut = kind === "csv" ? "," : "\t";
    const rows = body.split(/\r?\n/).filter(Boolean).slice(0, 100).map((line) => cells(line, cut));
    return html`<div class="scroll"><table class="csv"><tbody>${rows.map((row, at) => html`<tr key=${at}>${row.map((cell, nth) => html`<td key=${nth}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
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

/** Cuts a line of CSV into its cells, quoted ones included. @param {string} line @param {string} cut */
function cells(line, cut) {
  const found = [""];
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at];
    if (character === '"' && quoted && line[at + 1] === '"') found[found.length - 1] += line[++at];
    else if (character === '"') quoted = !quoted;
    else if (character === cut && !quoted) found.push("");
    else found[found.length - 1] += character;
  }
  return found;
}

/** @param {{file: import("../listing.js").SpaceFile}} props */
function Preview({ file }) {
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const kind = extension(file.name);
  const bytes = Number(file.sizeBytes);
  useEffect(() => {
    const stop = new AbortController();
    let address = "";
    setShown(null);
    const read = async () => {
      const image = IMAGE[/** @type {keyof typeof IMAGE} */ (kind)];
      const media = MEDIA[/** @type {keyof typeof MEDIA} */ (kind)];
      if (media) return { media, src: await linkTo(file.fileId, 3600) };
      if (image && bytes <= MOST_IMAGE) {
        const data = await firstBytes(file.fileId, MOST_IMAGE, stop.signal);
        // As an image nothing in it runs, an SVG's scripts included.
        address = URL.createObjectURL(new Blob([data], { type: image }));
        return { image: address };
      }
      if (TEXT.has(kind) || file.mimeType.startsWith("text/") || file.purpose.startsWith("batch")) {
        const data = await firstBytes(file.fileId, MOST_TEXT, stop.signal);
        return { body: new TextDecoder().decode(data), cut: bytes > MOST_TEXT };
      }
      return { none: true };
    };
    if (bytes === 0) setShown({ body: "" });
    else read().then((found) => !stop.signal.aborted && setShown(found), (failure) => !stop.signal.aborted && (setShown({ none: true }), complain(failure)));
    return () => {
      stop.abort();
      if (address) URL.revokeObjectURL(address);
    };
  }, [file.fileId, file.status]);
  if (!shown) return html`<div class="preview"><${Loading} /></div>`;
  if (shown.image) return html`<div class="preview"><img src=${shown.image} alt=${file.name} /></div>`;
  if (shown.media === "audio") return html`<div class="preview"><audio controls src=${shown.src} /></div>`;
  if (shown.media === "video") return html`<div class="preview"><video controls src=${shown.src} /></div>`;
  if (shown.none) return html`<div class="preview"><p class="dim">${text.drawer.noPreview}</p></div>`;
  return html`<div class="preview">${shown.cut && html`<p class="dim">${text.drawer.tooLarge}</p>`}<${Text} name=${file.name} body=${shown.body} /></div>`;
}

/** @param {{row: import("../listing.js").Row, onClose: () => void, onRename: () => void}} props */
export function View({ row, onClose, onRename }) {
  const [label, setLabel] = useState("");
  const file = row.file;
  if (!file) return null;
  const lines = [
    [text.drawer.size, `${size(Number(file.sizeBytes))} (${Number(file.sizeBytes).toLocaleString("en")} bytes)`],
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
    <${Preview} file=${file} />
    <div class="buttons">
      <${Button} kind="primary" icon="download" label=${text.files.download} onClick=${() => download(file.fileId).catch(complain)} />
      <${Button} only icon="star" pressed=${file.favorite} label=${file.favorite ? text.files.unstar : text.files.star} onClick=${() => star([row], !file.favorite).catch(complain)} />
      <${Button} only icon="pencil" label=${text.files.rename} onClick=${onRename} />
      <${Button} only icon="link" label=${text.drawer.share} onClick=${() => linkTo(file.fileId, 3600).then((url) => copy(url, text.drawer.shared)).catch(complain)} />
      <${Button} only icon="trash" label=${text.files.trash} onClick=${() => { onClose(); trash([row]).catch(complain); }} />
    </div>
    ${file.purpose === "batch" && html`<p class="buttons"><${Status} file=${file} />
      <a class="button" href=${addressOf("report", file.fileId)}>${text.drawer.report}</a>
      ${file.status === "processed" && html`<${Button} icon="play" label=${text.drawer.startBatch} onClick=${() => startBatch().catch(complain)} />`}</p>`}
    <dl>${lines.map(([term, said]) => html`<div key=${term}><dt>${term}</dt><dd>${said}</dd></div>`)}
      <div><dt>${text.drawer.id}</dt><dd class="mono">${file.fileId} <${Button} only icon="copy" label=${text.drawer.copyId} onClick=${() => copy(file.fileId, text.drawer.copied).catch(complain)} /></dd></div>
      <div><dt>${text.drawer.tags}</dt><dd>${file.tags.map((each) => html`<span class="chip tag" key=${each}>${each}
        <button type="button" aria-label=${`Remove the tag ${each}`} onClick=${() => tag([row], { removeTags: [each] }).catch(complain)}>×</button></span>`)}
        <form onSubmit=${(/** @type {Event} */ event) => {
          event.preventDefault();
          tag([row], { addTags: [label] }).catch(complain);
          setLabel("");
        }}><input aria-label=${text.drawer.addTag} placeholder=${text.drawer.addTag} value=${label} onInput=${(/** @type {any} */ event) => setLabel(event.target.value)} required /></form></dd></div>
    </dl>
  </aside>`;
}
