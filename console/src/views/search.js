// The search, which completes tags, kinds and favorites as a combobox does.
import { html, useEffect, useRef, useState } from "../dom.js";
import { count } from "../format.js";
import { searchOf } from "../listing.js";
import { go, route } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { needTags, tags } from "../tags.js";
import { Icon } from "../ui.js";

const SETTLED_MS = 250;
const MOST = 8;
const FIXED = ["is:favorite", "type:image", "type:text", "type:pdf", "type:application", "type:audio", "type:video"];

/** The word that is being typed; a quoted one goes on past spaces. @param {string} typed */
const lastWord = (typed) => /(?:(?:tag|type):"[^"]*|\S*)$/.exec(typed)?.[0] ?? "";

/** @param {string} word @param {import("../tags.js").Tag[]} known @returns {Array<{value: string, files: number | null}>} */
function completions(word, known) {
  if (!word) return [];
  const all = [...known.map((each) => ({ value: searchOf(each.tag), files: each.count })), ...FIXED.map((value) => ({ value, files: null }))];
  const bare = (/** @type {string} */ some) => some.toLowerCase().replaceAll('"', "");
  return all.filter((each) => each.value !== word && bare(each.value).startsWith(bare(word))).slice(0, MOST);
}

/** @param {{searched: string, field: {current: HTMLInputElement | null}}} props */
export function Search({ searched, field }) {
  const known = useStore(tags) ?? [];
  const [typed, setTyped] = useState(searched);
  const [shown, setShown] = useState(false);
  const [at, setAt] = useState(-1);
  const place = useStore(route);
  const sent = useRef(/** @type {string | null} */ (null));
  // Who goes to another place has given the search up; what is typed on while the page follows it stays.
  useEffect(() => {
    if (searched !== sent.current) setTyped(searched);
    sent.current = null;
  }, [place]);
  useEffect(() => {
    if (typed === searched) return undefined;
    const later = setTimeout(() => {
      sent.current = typed;
      go("files", "", { q: typed }, route.get().query.has("q"));
    }, SETTLED_MS);
    return () => clearTimeout(later);
  }, [typed]);

  const word = lastWord(typed);
  const found = shown ? completions(word, known) : [];
  const take = (/** @type {string} */ value) => {
    setTyped(typed.slice(0, typed.length - word.length) + value);
    setAt(-1);
    setShown(false);
    field.current?.focus();
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) setAt((at + step + found.length) % found.length);
    else if (event.key === "Enter" && found[at]) take(found[at].value);
    else if (event.key === "Escape" && found.length) setShown(false);
    else if (event.key === "Escape") {
      setTyped("");
      field.current?.blur();
    } else return;
    event.preventDefault();
  };

  return html`<div class="search"><${Icon} name="search" /><input ref=${field} type="search" role="combobox" aria-label=${text.files.search} placeholder=${text.files.search} value=${typed}
      aria-expanded=${found.length > 0} aria-controls="completions" aria-autocomplete="list" aria-activedescendant=${found[at] ? `completion-${at}` : undefined} autocomplete="off"
      onFocus=${needTags} onBlur=${() => setShown(false)} onKeyDown=${onKeyDown} onInput=${(/** @type {any} */ event) => {
        setTyped(event.target.value);
        setShown(true);
        setAt(-1);
      }} /><kbd>/</kbd>
    <ul id="completions" role="listbox" aria-label=${text.files.completions} hidden=${found.length === 0}>${found.map((each, nth) => html`<li key=${each.value} id=${`completion-${nth}`} role="option" aria-selected=${nth === at}
      onMouseDown=${(/** @type {Event} */ event) => { event.preventDefault(); take(each.value); }}><span>${each.value}</span>${each.files !== null && html`<span class="dim">${count(each.files)}</span>`}</li>`)}</ul></div>`;
}
