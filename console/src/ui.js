// Small parts that every view uses.
import { html, useLayoutEffect, useRef, useState } from "./dom.js";
import { count } from "./format.js";
import { store, useStore } from "./store.js";
import { text } from "./strings.js";

// From Lucide (ISC licence), 24 x 24.
const ICONS = {
  file: "M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8zM14 2v6h6",
  folder: "M4 20h16a2 2 0 0 0 2-2V8a2 2 0 0 0-2-2h-7.9a2 2 0 0 1-1.7-.9l-.8-1.2A2 2 0 0 0 7.9 3H4a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2z",
  star: "M12 2l3.1 6.3 6.9 1-5 4.9 1.2 6.8-6.2-3.2L5.8 21 7 14.2 2 9.3l6.9-1z",
  clock: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM12 6v6l4 2",
  layers: "M12 2 2 7l10 5 10-5zM2 12l10 5 10-5M2 17l10 5 10-5",
  box: "M21 16V8a2 2 0 0 0-1-1.7l-7-4a2 2 0 0 0-2 0l-7 4A2 2 0 0 0 3 8v8a2 2 0 0 0 1 1.7l7 4a2 2 0 0 0 2 0l7-4a2 2 0 0 0 1-1.7zM3.3 7l8.7 5 8.7-5M12 22V12",
  trash: "M3 6h18M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2M19 6l-1 14a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2L5 6M10 11v6M14 11v6",
  gauge: "M12 14l4-4M3.3 19a10 10 0 1 1 17.4 0",
  upload: "M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M17 8l-5-5-5 5M12 3v12",
  folderUp: "M4 20h16a2 2 0 0 0 2-2V8a2 2 0 0 0-2-2h-7.9a2 2 0 0 1-1.7-.9l-.8-1.2A2 2 0 0 0 7.9 3H4a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2zM12 17v-6M9 13.5l3-3 3 3",
  download: "M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M7 10l5 5 5-5M12 15V3",
  plus: "M5 12h14M12 5v14",
  minus: "M5 12h14",
  x: "M18 6 6 18M6 6l12 12",
  check: "M20 6 9 17l-5-5",
  search: "M11 3a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM21 21l-4.3-4.3",
  chevron: "M9 18l6-6-6-6",
  back: "M15 18l-6-6 6-6",
  menu: "M4 6h16M4 12h16M4 18h16",
  moon: "M21 12.8A9 9 0 1 1 11.2 3 7 7 0 0 0 21 12.8z",
  out: "M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4M16 17l5-5-5-5M21 12H9",
  move: "M2 9V5a2 2 0 0 1 2-2h4l2 3h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H2M2 13h10M9 16l3-3-3-3",
  tag: "M12.6 2.6A2 2 0 0 0 11.2 2H4a2 2 0 0 0-2 2v7.2a2 2 0 0 0 .6 1.4l8.7 8.7a2.4 2.4 0 0 0 3.4 0l6.6-6.6a2.4 2.4 0 0 0 0-3.4zM7 7h.01",
  pencil: "M17 3a2.8 2.8 0 0 1 4 4L7.5 20.5 2 22l1.5-5.5z",
  link: "M10 13a5 5 0 0 0 7.5.5l3-3a5 5 0 0 0-7-7l-1.7 1.7M14 11a5 5 0 0 0-7.5-.5l-3 3a5 5 0 0 0 7 7l1.7-1.7",
  copy: "M9 9h11a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2zM5 15H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v1",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  play: "M5 3l14 9-14 9z",
  undo: "M3 7v6h6M21 17a9 9 0 0 0-15-6.7L3 13",
  chat: "M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2zM8 8h8M8 12h5",
  send: "M12 20V4M5 11l7-7 7 7",
  stop: "M6 6h12v12H6z",
  again: "M21 12a9 9 0 1 1-3-6.7L21 8M21 3v5h-5",
  key: "M21 2l-2 2m-7.6 7.6a5.5 5.5 0 1 1-7.8 7.8 5.5 5.5 0 0 1 7.8-7.8zm0 0L15.5 7.5m0 0l3 3L22 7l-3-3m-3.5 3.5L19 4",
  webhook: "M18 17h-6c-1.1 0-1.9.9-2.5 1.9A4 4 0 1 1 2.6 15M6 17l3.1-5.8c.5-.9.1-2.2-.5-3.1a4 4 0 1 1 6.9-4M12 6l3.1 5.7c.6 1 1.8 1.3 2.9 1.3a4 4 0 0 1 0 8",
};

/** @param {{name: keyof typeof ICONS, filled?: boolean, size?: number}} props */
export function Icon({ name, filled, size = 16 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill=${filled ? "currentColor" : "none"}
    stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

export function Logo() {
  return html`<span class="logo"><svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true"><rect width="22" height="22" rx="6" />
    <path d="M5 7h12M5 11h12M5 15h12" /></svg>Larder</span>`;
}

/**
 * `said` is what a screen reader says where many buttons have the same label.
 * @param {{icon?: any, label: string, said?: string, onClick?: any, kind?: string, only?: boolean, disabled?: boolean, pressed?: boolean, expanded?: boolean, shortcut?: string}} props
 */
export function Button({ icon, label, said, onClick, kind = "", only, disabled, pressed, expanded, shortcut }) {
  return html`<button type="button" class=${`button ${kind} ${only ? "only" : ""}`} onClick=${onClick} disabled=${disabled}
    aria-label=${said ?? (only ? label : undefined)} title=${shortcut ? `${label} (${shortcut})` : only ? label : undefined} aria-pressed=${pressed} aria-expanded=${expanded}>
    ${icon && html`<${Icon} name=${icon} filled=${pressed} />`}${!only && html`<span>${label}</span>`}</button>`;
}

/** @typedef {{id: number, message: string, undo?: () => Promise<void> | void, detail?: string, bad?: boolean}} Toast `undo` may be asked for before the change is done */
const toasts = store(/** @type {Toast[]} */ ([]));
let toastId = 0;
const TOAST_MS = 10000;

/** @param {number} id */
function drop(id) {
  toasts.set((before) => before.filter((each) => each.id !== id));
}

/** @param {string} message @param {{undo?: () => Promise<void> | void, detail?: string, bad?: boolean}} [more] */
export function toast(message, more = {}) {
  setTimeout(drop, TOAST_MS, show(message, more));
}

/** @param {string} message @param {Partial<Toast>} more */
function show(message, more) {
  const id = ++toastId;
  toasts.set((before) => [...before.slice(-3), { id, message, ...more }]);
  return id;
}

/**
 * Says that a change is on its way, for as long as it is, and then what came of it.
 * @param {string} message @param {() => Promise<void>} undo waits for the change
 * @returns {(message: string, done?: boolean) => void} says something else; nothing ends it
 */
export function progress(message, undo) {
  const id = show(message, { undo });
  return (now, done) => {
    if (!now) drop(id);
    else toasts.set((before) => before.map((each) => (each.id === id ? { ...each, message: now } : each)));
    if (done) setTimeout(drop, TOAST_MS, id);
  };
}

/** Shows what went wrong, and what to tell whoever helps. @param {any} failure */
export function complain(failure) {
  if (failure?.name === "AbortError") return;
  toast(failure?.message ?? String(failure), { bad: true, detail: failure?.requestId ? `${text.requestId}: ${failure.requestId}` : undefined });
}

/** Undoes the newest change that can be undone. */
export function undoLast() {
  const last = [...toasts.get()].reverse().find((each) => each.undo);
  if (last) undo(last);
}

/** @param {Toast} each */
async function undo(each) {
  drop(each.id);
  try {
    await each.undo?.();
  } catch (failure) {
    complain(failure);
  }
}

export function Toasts() {
  const shown = useStore(toasts);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${shown.map((each) => html`<div class=${`toast ${each.bad ? "bad" : ""}`} key=${each.id}>
      <div><p>${each.message}</p>${each.detail && html`<p class="dim mono">${each.detail}</p>`}</div>
      ${each.undo && html`<${Button} label=${text.undo} icon="undo" onClick=${() => undo(each)} />`}
    </div>`)}
  </div>`;
}

/**
 * A dialog of the browser's own: it keeps the focus and closes with Escape, unless it is `firm`.
 * It opens and closes within the turn of the key that asks for it: the next key finds it there, or gone.
 * @param {{title: string, onClose: () => void, firm?: boolean, children?: any}} props
 */
export function Dialog({ title, onClose, firm, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const gone = useRef(false);
  useLayoutEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      // The browser tells of this close later, when another dialog may be open.
      gone.current = true;
      dialog?.close();
      before?.focus?.();
    };
  }, []);
  /** @param {Event} event */
  const cancel = (event) => {
    if (event.target !== element.current) return;
    event.preventDefault();
    if (!firm) onClose();
  };
  return html`<dialog ref=${element} aria-label=${title} onClose=${() => gone.current || onClose()} onCancel=${cancel}
    onClick=${(/** @type {any} */ event) => event.target === element.current && !firm && onClose()}>
    <div class="dialog"><header><h2>${title}</h2>${!firm && html`<${Button} only icon="x" label=${text.close} onClick=${onClose} />`}</header>${children}</div>
  </dialog>`;
}

/**
 * A dialog with a form: it closes when `onSubmit` has done its work, or shows what went wrong.
 * @param {{title: string, button: string, kind?: string, onClose: () => void, onSubmit: () => Promise<void> | void, children?: any}} props
 */
export function FormDialog({ title, button, kind = "primary", onClose, onSubmit, children }) {
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    try {
      await onSubmit();
      onClose();
    } catch (failure) {
      setProblem(failure);
      setBusy(false);
    }
  }
  return html`<${Dialog} title=${title} onClose=${onClose}><form onSubmit=${submit}>${children}
    ${problem && html`<p class="problem" role="alert">${problem.message}${problem.requestId && html` <span class="mono dim">${text.requestId}: ${problem.requestId}</span>`}</p>`}
    <div class="actions"><${Button} label=${text.cancel} onClick=${onClose} /><button class=${`button ${kind}`} disabled=${busy}>${button}</button></div>
  </form></${Dialog}>`;
}

/**
 * Asks for one line of text.
 * @param {{title: string, label: string, value?: string, options?: string[], button: string, onClose: () => void, onSubmit: (value: string) => Promise<void> | void}} props
 */
export function Ask({ title, label, value = "", options = [], button, onClose, onSubmit }) {
  const [entered, setEntered] = useState(value);
  return html`<${FormDialog} title=${title} button=${button} onClose=${onClose} onSubmit=${() => onSubmit(entered)}>
    <label>${label}<input value=${entered} onInput=${(/** @type {any} */ event) => setEntered(event.target.value)} required autofocus list=${options.length ? "options" : undefined} /></label>
    <datalist id="options">${options.map((each) => html`<option key=${each} value=${each} />`)}</datalist>
  </${FormDialog}>`;
}

/** @param {{used: number, limit: number, label: string, shown: string}} props */
export function Meter({ used, limit, label, shown }) {
  const share = limit > 0 ? Math.min(1, Math.max(0, used / limit)) : 1;
  const full = share > 0.9;
  return html`<div class="meter"><div class="row"><span>${label}</span><span>${shown}</span></div>
    <div class=${`bar ${full ? "full" : ""}`} role="progressbar" aria-label=${label} aria-valuenow=${Math.round(share * 100)} aria-valuemin="0" aria-valuemax="100">
    <i style=${{ width: `${share * 100}%` }} /></div></div>`;
}

/** @param {{of?: string}} props `of` names a view that has no heading yet */
export function Loading({ of }) {
  return html`${of && html`<h1 class="hidden-text">${of}</h1>`}<p class="loading" role="status">${text.files.loading}</p>`;
}

/** @param {{title: string, of?: string, children?: any, action?: any}} props `of` names a view that has no other heading */
export function Empty({ title, of, children, action }) {
  return html`<div class="empty">${of && html`<h1 class="hidden-text">${of}</h1>`}<h2>${title}</h2><p>${children}</p>${action}</div>`;
}

/** Says that a list goes on, and shows more of it. @param {{shown: number, all: number, onMore: () => void}} props */
export function MoreRows({ shown, all, onMore }) {
  if (shown >= all) return null;
  return html`<p class="row start"><span class="dim">${text.some(count(shown), count(all))}</span><${Button} label=${text.more} onClick=${onMore} /></p>`;
}

/** In place of what could not be read. @param {{failure: any, title?: string, onRetry: () => void}} props */
export function Failed({ failure, title = text.files.failed, onRetry }) {
  return html`<${Empty} title=${title} action=${html`<${Button} label=${text.files.retry} onClick=${onRetry} />`}>${failure.message}${failure.requestId && html`<br /><span class="mono">${text.requestId}: ${failure.requestId}</span>`}</${Empty}>`;
}

/** @param {string} value @param {string} said */
export async function copy(value, said) {
  await navigator.clipboard.writeText(value);
  toast(said);
}
