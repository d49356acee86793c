import { html, useLayoutEffect, useRef, useState } from "../dom.js";
import { rename } from "../actions.js";
import { changeRow } from "../listing.js";
import { text } from "../strings.js";
import { complain } from "../ui.js";

/** The name of a row while a person changes it. @param {{row: import("../listing.js").Row, onDone: () => void}} props */
export function NameField({ row, onDone }) {
  const [name, setName] = useState(row.name);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const done = useRef(false);
  useLayoutEffect(() => {
    field.current?.focus();
    const dot = row.file ? row.name.lastIndexOf(".") : -1;
    field.current?.setSelectionRange(0, dot > 0 ? dot : row.name.length);
  }, []);
  /** @param {boolean} save */
  const finish = (save) => {
    if (done.current) return;
    done.current = true;
    onDone();
    if (!save || !name.trim()) return;
    const before = row.name;
    changeRow(row.id, { name });
    rename(row, name).catch((failure) => {
      changeRow(row.id, { name: before });
      complain(failure);
    });
  };
  return html`<input ref=${field} class="rename" aria-label=${text.files.rename} value=${name} onInput=${(/** @type {any} */ event) => setName(event.target.value)}
    onBlur=${() => finish(true)} onKeyDown=${(/** @type {any} */ event) => {
      if (event.key === "Enter") finish(true);
      if (event.key === "Escape") finish(false);
    }} />`;
}
