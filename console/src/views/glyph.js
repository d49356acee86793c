// The signs that stand for a file: its kind, and whether a batch file is valid.
import { html } from "../dom.js";
import { extension } from "../format.js";
import { addressOf } from "../route.js";
import { text } from "../strings.js";
import { Icon } from "../ui.js";

const KINDS = new Set(["csv", "html", "jpg", "json", "jsonl", "md", "pdf", "png", "svg", "txt", "zip"]);

/** @param {{name: string, folder?: boolean}} props */
export function Glyph({ name, folder }) {
  if (folder) return html`<span class="glyph folder"><${Icon} name="folder" filled size=${18} /></span>`;
  const kind = extension(name);
  return html`<span class=${`glyph ${KINDS.has(kind) ? kind : ""}`} aria-hidden="true">${kind.slice(0, 5) || "file"}</span>`;
}

/** @param {{file: import("../listing.js").SpaceFile | null}} props */
export function Status({ file }) {
  if (!file || file.purpose !== "batch") return null;
  if (file.status === "error") return html`<a class="chip bad" href=${addressOf("report", file.fileId)}>✕ ${text.status.invalid}</a>`;
  if (file.status === "processed") return html`<a class="chip good" href=${addressOf("report", file.fileId)}>✓ ${text.status.valid}</a>`;
  return html`<span class="chip">${text.status.checking}…</span>`;
}
