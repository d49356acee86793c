// What a model has done in a chat, and what waits for a person.
import { html, useEffect, useState } from "../dom.js";
import { cancel, confirm, states, undo } from "../chat.js";
import { addressOf } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Icon, complain } from "../ui.js";

const SIGNS = { read: "search", write: "check", held: "clock", refused: "x" };
const MOST_LINKS = 5;

/** @param {import("../chat.js").Action} action */
function said({ tool, arguments: given, result }) {
  if (result.error) return result.error;
  if (result.summary) return result.summary;
  const what = text.chat.tools[/** @type {keyof typeof text.chat.tools} */ (tool)] ?? tool;
  const detail = given.query ?? result.name ?? given.tag;
  return detail ? `${what}: ${detail}` : what;
}

/** @param {{files: Array<{id: string, name: string, folder_id: string}>}} props */
function Links({ files }) {
  const more = files.length - MOST_LINKS;
  return html`<span class="links">${files.slice(0, MOST_LINKS).map((each) => html`<a key=${each.id} href=${addressOf("files", each.folder_id === "root" ? "" : each.folder_id, { open: each.id })}>${each.name}</a>`)}${more > 0 && html`<span class="dim">${text.chat.others(more)}</span>`}</span>`;
}

/** @param {{action: import("../chat.js").Action}} props */
export function Action({ action }) {
  const { operation, result } = action;
  const state = useStore(states).get(action.undo ?? "");
  return html`<li class=${operation}><${Icon} name=${/** @type {any} */ (SIGNS[operation])} size=${14} />
    <div><p>${said(action)}</p>${(result.failed ?? []).map((/** @type {any} */ each) => html`<p class="problem" key=${each.id}>${each.error}</p>`)}
      ${result.files?.length > 0 && html`<${Links} files=${result.files} />`}</div>
    ${action.undo && (state === "done" ? html`<span class="dim" role="status">${text.chat.undone}</span>` : html`<${Button} icon="undo" label=${text.undo} said=${`${text.undo}: ${said(action)}`} disabled=${state === "busy"} onClick=${() => undo(action).catch(complain)} />`)}
  </li>`;
}

/** @param {{plan: import("../chat.js").Plan}} props */
export function Plan({ plan }) {
  const state = useStore(states).get(plan.plan);
  const [old, setOld] = useState(plan.expires_at * 1000 <= Date.now());
  useEffect(() => {
    const timer = setTimeout(() => setOld(true), Math.max(0, plan.expires_at * 1000 - Date.now()));
    return () => clearTimeout(timer);
  }, []);
  return html`<section class=${`plan ${state === "open" && !old ? "open" : ""}`} aria-label=${text.chat.waits}>
    <h3>${state === "done" ? text.chat.confirmed : state === "cancelled" ? text.chat.cancelled : old ? text.chat.old : text.chat.waits}</h3>
    <ol>${plan.steps.map((step, at) => html`<li key=${at}>${step.summary}</li>`)}</ol>
    ${!old && (state === "open" || state === "busy") && html`<div class="buttons"><${Button} kind="primary" icon="check" label=${text.chat.confirm} disabled=${state === "busy"} onClick=${() => confirm(plan)} />
      <${Button} label=${text.cancel} disabled=${state === "busy"} onClick=${() => cancel(plan)} /></div>`}
  </section>`;
}
