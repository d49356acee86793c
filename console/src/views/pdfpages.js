// The pages of a PDF, one at a time. A worker reads it; its scripts are not run, and its links lead nowhere.
import { html, useEffect, useRef, useState } from "../dom.js";
import { Button, Loading } from "../ui.js";
import { later } from "./strings.js";

/** @typedef {import("../../vendor/pdf.mjs").Book} Book */

const WORKER = new URL("./pdf.worker.mjs", import.meta.url).href;
const ZOOMS = [1, 1.5, 2, 3];
// A page may claim to be a million times as high as wide.
const MOST_HEIGHT = 4000;
const MOST_TEXT = 20_000;
// Of pdf.js. Whatever else goes wrong is no fault of the file.
const PROBLEMS = { PasswordException: later.pdf.locked, InvalidPDFException: later.pdf.broken, UnknownErrorException: later.pdf.broken };

// The page's policy lets this one address, and nothing else, become a script.
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("larder-pdf", { createScriptURL: () => WORKER });

/**
 * Begins to read. The bytes are handed over: whoever calls this has them no longer.
 * @param {Uint8Array} data
 */
async function read(data) {
  const { getDocument, PDFWorker } = await import("../../vendor/pdf.mjs");
  const worker = new Worker(policy ? policy.createScriptURL("") : WORKER, { type: "module" });
  const task = getDocument({ data, worker: new PDFWorker({ port: worker }), verbosity: 0, enableXfa: false, useWasm: false, useWorkerFetch: false });
  const lost = new Promise((_, reject) => (worker.onerror = reject));
  const close = () => task.destroy().catch(() => {}).finally(() => worker.terminate());
  return { book: /** @type {Promise<Book>} */ (Promise.race([task.promise, lost])), close };
}

/**
 * Draws a page as wide as `width`.
 * @param {Book} book @param {number} at from 1 @param {number} width in CSS pixels
 */
async function draw(book, at, width) {
  const page = await book.getPage(at);
  const whole = page.getViewport({ scale: 1 });
  const scale = Math.min(width / whole.width, MOST_HEIGHT / whole.height);
  const viewport = page.getViewport({ scale: scale * Math.min(devicePixelRatio, 2) });
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(viewport.width));
  canvas.height = Math.max(1, Math.round(viewport.height));
  canvas.style.width = `${Math.round(whole.width * scale)}px`;
  canvas.setAttribute("aria-hidden", "true");
  return { canvas, page, task: page.render({ canvas, viewport }) };
}

/** @param {{name: string, data: Uint8Array}} props */
export function View({ name, data }) {
  const [book, setBook] = useState(/** @type {Book | null} */ (null));
  const [problem, setProblem] = useState("");
  const [at, setAt] = useState(1);
  const [zoom, setZoom] = useState(0);
  const [said, setSaid] = useState("");
  const sheet = useRef(/** @type {HTMLElement | null} */ (null));

  useEffect(() => {
    let alive = true;
    const reading = read(data);
    reading.then((found) => found.book).then((found) => alive && setBook(found), (why) => alive && setProblem(PROBLEMS[/** @type {keyof typeof PROBLEMS} */ (why.name)] ?? later.pdf.unread));
    return () => {
      alive = false;
      reading.then((found) => found.close(), () => {});
    };
  }, [data]);

  useEffect(() => {
    const frame = sheet.current;
    if (!book || !frame) return undefined;
    let alive = true;
    let stop = () => {};
    const show = async () => {
      const drawn = await draw(book, at, frame.clientWidth * ZOOMS[zoom]);
      if (!alive) return drawn.task.cancel();
      stop = () => drawn.task.cancel();
      await drawn.task.promise;
      frame.replaceChildren(drawn.canvas);
      frame.scrollTop = 0;
      const words = await drawn.page.getTextContent();
      if (alive) setSaid(words.items.map((each) => (each.str ?? "") + (each.hasEOL ? "\n" : "")).join("").slice(0, MOST_TEXT));
    };
    show().catch(() => alive && setProblem(later.pdf.broken));
    return () => {
      alive = false;
      stop();
    };
  }, [book, at, zoom]);

  if (problem) return html`<p class="dim">${problem}</p>`;
  if (!book) return html`<${Loading} />`;
  const where = later.pdf.page(at, book.numPages);
  return html`<div class="pdf"><div class="sheet" ref=${sheet} tabindex="0" role="region" aria-label=${`${name}: ${where}`} /><p class="hidden-text">${said}</p>
    <div class="row"><span><${Button} only icon="back" label=${later.pdf.previous} disabled=${at === 1} onClick=${() => setAt(at - 1)} /><${Button} only icon="chevron" label=${later.pdf.next} disabled=${at === book.numPages} onClick=${() => setAt(at + 1)} /></span>
      <span class="dim" role="status">${where}</span>
      <span><${Button} only icon="minus" label=${later.pdf.smaller} disabled=${zoom === 0} onClick=${() => setZoom(zoom - 1)} /><${Button} only icon="plus" label=${later.pdf.larger} disabled=${zoom === ZOOMS.length - 1} onClick=${() => setZoom(zoom + 1)} /></span></div></div>`;
}
