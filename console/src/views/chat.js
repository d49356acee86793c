import { html, useEffect, useLayoutEffect, useRef, useState } from "../dom.js";
import { busy, entries, model, say, sayAgain, startAnew } from "../chat.js";
import { context } from "../context.js";
import { counted } from "../format.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Icon } from "../ui.js";
import { Action, Plan } from "./chatactions.js";
import { ModelChoice } from "./chatmodel.js";

/** @param {{entry: import("../chat.js").Entry, last: boolean}} props */
function Entry({ entry, last }) {
  const { mine, said, about, actions = [], plan, failure, again } = entry;
  // What waits is in the plan.
  const shown = actions.filter((each) => !(plan && each.operation === "held"));
  const noModel = failure?.param === "model";
  return html`<li class=${mine ? "mine" : "theirs"}><span class="hidden-text">${mine ? text.chat.you : text.chat.it}</span>
    ${about && about.length > 0 && html`<p class="dim about">${about.length === 1 ? about[0].name : counted(about.length, ...text.words.item)}</p>`}
    ${shown.length > 0 && html`<ul class="done">${shown.map((each) => html`<${Action} key=${each.id} action=${each} />`)}</ul>`}
    ${said && html`<p class="said">${said}</p>`}
    ${plan && html`<${Plan} plan=${plan} />`}
    ${failure && html`<div class="problem" role="alert"><p>${noModel ? text.chat.noModel : failure.message}</p>${failure.requestId && !noModel && html`<p class="mono dim">${text.requestId}: ${failure.requestId}</p>`}</div>`}
    ${noModel && html`<p class="dim">${text.chat.noModelText}</p><${ModelChoice} />`}
    ${failure && again && last && !noModel && html`<${Button} icon="again" label=${text.files.retry} onClick=${sayAgain} />`}
  </li>`;
}

/** What "this" means, each with a way to leave it out. @param {{things: import("../context.js").Thing[], onWithout: (id: string) => void}} props */
function About({ things, onWithout }) {
  if (things.length === 0) return null;
  if (things.length > 3) return html`<p class="tags"><span class="dim">${text.chat.about}</span><span class="chip tag">${text.chat.several(counted(things.length, ...text.words.item), things.length > 50)}</span></p>`;
  return html`<p class="tags"><span class="dim">${text.chat.about}</span>${things.map((each) => html`<span class="chip tag" key=${each.id}><${Icon} name=${each.folder ? "folder" : "file"} size=${12} /><span class="text">${each.name}</span>
    <button type="button" aria-label=${text.chat.without(each.name)} onClick=${() => onWithout(each.id)}>×</button></span>`)}</p>`;
}

/** @param {{onClose: () => void}} props */
export function View({ onClose }) {
  const all = useStore(entries);
  const running = useStore(busy);
  const things = useStore(context);
  const chosen = useStore(model);
  const [typed, setTyped] = useState("");
  const [without, setWithout] = useState(/** @type {string[]} */ ([]));
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const log = useRef(/** @type {HTMLElement | null} */ (null));
  const about = things.filter((each) => !without.includes(each.id));
  useLayoutEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    field.current?.focus();
    return () => before?.focus?.();
  }, []);
  useEffect(() => setWithout([]), [things]);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(160, element.scrollHeight + 2)}px`;
  }, [typed]);
  useEffect(() => log.current?.scrollTo({ top: log.current.scrollHeight }), [all, running]);
  const submit = () => {
    const said = typed.trim();
    if (!said || running) return;
    setTyped("");
    say(said, about);
  };
  const propose = (/** @type {string} */ said) => {
    setTyped(said);
    field.current?.focus();
  };
  return html`<aside class="chat" aria-label=${text.nav.chat} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && !event.defaultPrevented && (event.preventDefault(), onClose())}>
    <header><h2>${text.nav.chat}</h2>${chosen && html`<button type="button" class="chip" title=${text.chat.forget} onClick=${() => model.set("")}>${chosen} ×</button>`}<span class="grow" />
      ${all.length > 0 && html`<${Button} icon="plus" kind="plain" label=${text.chat.anew} onClick=${() => { startAnew(); field.current?.focus(); }} />`}
      <${Button} only icon="x" label=${text.chat.close} onClick=${onClose} /></header>
    <div class="log" role="log" aria-label=${text.chat.messages} aria-busy=${Boolean(running)} tabindex="0" ref=${log}>
      ${all.length === 0 && html`<div class="hello"><p>${text.chat.hello}</p><p class="dim">${text.chat.helloText}</p>
        ${text.chat.examples.map((each) => html`<button type="button" class="button" key=${each} onClick=${() => propose(each)}>${each}</button>`)}</div>`}
      <ul>${all.map((entry, at) => html`<${Entry} key=${entry.id} entry=${entry} last=${at === all.length - 1} />`)}
        ${running && !(all.at(-1)?.live && all.at(-1)?.said) && html`<li class="theirs"><p class="dim working">${text.chat.working}<i>…</i></p></li>`}</ul>
    </div>
    <form onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); submit(); }}>
      <${About} things=${about} onWithout=${(/** @type {string} */ id) => setWithout([...without, id])} />
      <div class="field"><textarea ref=${field} rows="1" aria-label=${text.chat.message} placeholder=${text.chat.example} value=${typed} onInput=${(/** @type {any} */ event) => setTyped(event.target.value)}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && (event.preventDefault(), submit())} />
        ${running ? html`<${Button} only icon="stop" label=${text.chat.stop} onClick=${() => running.abort()} />` : html`<button class="button primary only" aria-label=${text.chat.send} title=${text.chat.send} disabled=${!typed.trim()}><${Icon} name="send" /></button>`}</div>
      <p class="dim hint">${text.chat.hint}</p>
    </form>
  </aside>`;
}
