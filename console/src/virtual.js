import { html, useEffect, useLayoutEffect, useRef, useState } from "./dom.js";

const ROW = 40;
const SPARE = 8;

/**
 * Draws only the rows that can be seen, so that ten thousand scroll like ten.
 * @param {{count: number, focus: number, row: (at: number, style: any) => any, head: any, label: string, reveal?: string}} props `reveal`: scrolls to the focus when it changes
 */
export function VirtualGrid({ count, focus, row, head, label, reveal }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 800 });

  useLayoutEffect(() => {
    const element = /** @type {HTMLElement} */ (box.current);
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    look();
    element.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, []);

  useEffect(() => {
    const element = box.current;
    if (!element || focus < 0) return;
    const top = focus * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * ROW - element.clientHeight;
    setView({ top: element.scrollTop, height: element.clientHeight });
  }, [focus, count, reveal]);

  // What a screen reader reads is the row that the keys have come to; a person who is elsewhere is left there.
  const came = useRef(focus);
  const inside = useRef(false);
  useEffect(() => {
    const element = box.current;
    const active = document.activeElement;
    // Whoever was in a row that has gone, or in its field, goes on in the row that is there now.
    const lost = inside.current && active === document.body;
    if (!element || (came.current === focus && !lost) || (active !== document.body && !element.contains(active))) return;
    const found = /** @type {HTMLElement | null} */ (element.querySelector(`[aria-rowindex="${focus + 2}"]`));
    // A row that is far away is drawn after the list has scrolled.
    if (!found) return;
    came.current = focus;
    found.focus({ preventScroll: true });
  });

  const first = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const last = Math.min(count, Math.ceil((view.top + view.height) / ROW) + SPARE);
  const rows = [];
  for (let at = first; at < last; at += 1) rows.push(row(at, { transform: `translateY(${at * ROW}px)` }));
  return html`<div class="grid" role="grid" aria-label=${label} aria-rowcount=${count + 1} aria-multiselectable="true">
    ${head}
    <div class="rows" ref=${box} role="rowgroup" tabindex="-1" onFocusIn=${() => { inside.current = true; }}
      onFocusOut=${(/** @type {FocusEvent} */ event) => { inside.current = !event.relatedTarget || Boolean(box.current?.contains(/** @type {Node} */ (event.relatedTarget))); }}><div class="space" role="presentation" style=${{ height: `${count * ROW}px` }}>${rows}</div></div>
  </div>`;
}

/** The rows that fit on a page of the list. */
export function pageRows() {
  const element = document.querySelector(".rows");
  return Math.max(1, Math.floor((element?.clientHeight ?? 400) / ROW) - 1);
}
