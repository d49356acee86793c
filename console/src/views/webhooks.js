import { html, useEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { ago, counted, full } from "../format.js";
import { session } from "../session.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Empty, Failed, Loading, complain } from "../ui.js";
import { Command } from "./command.js";
import { later } from "./strings.js";

/**
 * @typedef {"delivered" | "retrying" | "failed"} Status
 * @typedef {{id: string, url: string, events: string[], enabled: boolean, disabled_because: string | null, created_at: number,
 *   last_delivery: {status: Status, at: number} | null}} Webhook
 * @typedef {{id: string, event: string, status: Status, attempts: number, last_status_code: number | null, last_error: string | null,
 *   created_at: number, next_attempt_at: number | null}} Delivery
 */

const LOOK_MS = 5000;
const PAGE = 20;

/** @param {Status} status */
const chip = (status) => html`<span class=${`chip ${status === "delivered" ? "good" : status === "failed" ? "bad" : ""}`}>${later.webhooks.status[status]}</span>`;

/** What was sent, the newest first; looks again while something is on its way. @param {{hook: Webhook, project: string}} props */
function Deliveries({ hook, project }) {
  const [all, setAll] = useState(/** @type {Delivery[] | null} */ (null));
  const [more, setMore] = useState(false);
  const look = async (/** @type {string} */ after) => {
    const page = await get(`webhooks/${hook.id}/deliveries`, { limit: PAGE, after });
    setAll((before) => {
      const known = after ? before ?? [] : [];
      return [...known, ...page.data];
    });
    setMore(page.has_more);
  };
  useEffect(() => void look("").catch(complain), []);
  const waiting = (all?.length ?? 0) <= PAGE && all?.some((each) => each.status === "retrying");
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setInterval(() => look("").catch(() => {}), LOOK_MS);
    return () => clearInterval(timer);
  }, [waiting]);
  if (!all) return html`<${Loading} />`;
  if (all.length === 0) return html`<p class="dim">${later.webhooks.nothingSent}</p>`;
  const failed = all.some((each) => each.status === "failed");
  const answer = (/** @type {Delivery} */ each) => each.last_error ?? (each.last_status_code === null ? "" : String(each.last_status_code));
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${`${later.webhooks.deliveries}: ${hook.url}`}><table>
      <thead><tr><th>${later.webhooks.event}</th><th>${text.files.status}</th><th>${later.webhooks.answer}</th><th class="number">${later.webhooks.attempts}</th><th>${later.webhooks.happened}</th><th>${later.webhooks.next}</th></tr></thead>
      <tbody>${all.map((each) => html`<tr key=${each.id}><td><span class="mono">${each.event}</span></td><td>${chip(each.status)}</td><td>${answer(each)}</td><td class="number">${each.attempts}</td>
        <td title=${full(each.created_at)}>${ago(each.created_at)}</td><td>${each.next_attempt_at ? ago(Math.max(each.next_attempt_at, Date.now() / 1000 + 1)) : ""}</td></tr>`)}</tbody></table></div>
    ${more && html`<${Button} label=${text.more} onClick=${() => look(all[all.length - 1].id).catch(complain)} />`}
    ${failed && html`<div><p class="dim">${later.webhooks.redeliver}</p><${Command} line=${`larder webhook redeliver ${project} ${hook.id} --failed`} /></div>`}`;
}

/** @param {{hook: Webhook, project: string}} props */
function Line({ hook, project }) {
  const [open, setOpen] = useState(false);
  const last = hook.last_delivery;
  return html`<li><div>
      <p class="what"><strong>${hook.url}</strong>${hook.enabled ? last && chip(last.status) : html`<span class="chip bad">✕ ${later.webhooks.disabled}</span>`}</p>
      <p class="dim">${[hook.events.join(", "), last ? later.webhooks.last(ago(last.at)) : later.webhooks.nothingYet, later.webhooks.added(ago(hook.created_at))].join(" · ")}</p></div>
    <${Button} label=${later.webhooks.deliveries} said=${`${later.webhooks.deliveries}: ${hook.url}`} expanded=${open} onClick=${() => setOpen(!open)} />
    ${!hook.enabled && html`<div class="notice"><p>${hook.disabled_because}</p><p class="dim">${later.webhooks.enable}</p><${Command} line=${`larder webhook enable ${project} ${hook.id}`} /></div>`}
    ${open && html`<div class="deliveries"><${Deliveries} hook=${hook} project=${project} /></div>`}
  </li>`;
}

/** The servers that get the project's events. The operator sets them up: the API has no route for that. */
export function View() {
  const who = useStore(session);
  const [all, setAll] = useState(/** @type {Webhook[] | null} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const read = () => get("webhooks").then((found) => {
    setAll(found.data);
    setFailure(null);
  }, setFailure);
  useEffect(() => void read(), []);
  const project = who?.name ?? "";
  const add = `larder webhook add ${project} https://example.com/larder --events batch.completed,batch.failed`;
  return html`<div class="view page"><header class="bar"><h1>${later.webhooks.title}</h1><p class="dim grow">${later.webhooks.explain}</p></header>
    ${failure && !all ? html`<${Failed} failure=${failure} onRetry=${read} />`
      : !all ? html`<${Loading} />`
      : all.length === 0 ? html`<${Empty} title=${later.webhooks.emptyTitle}>${later.webhooks.emptyText}</${Empty}>`
      : html`<ul class="items" aria-label=${counted(all.length, ...text.words.webhook)}>${all.map((hook) => html`<${Line} key=${hook.id} hook=${hook} project=${project} />`)}</ul>`}
    ${all && html`<section class="card"><h2>${later.webhooks.manage}</h2><p class="dim">${later.webhooks.manageText}</p><${Command} line=${add} />
      ${all.length > 0 && html`<${Command} line=${`larder webhook test ${project} ${all[0].id}`} /><${Command} line=${`larder webhook remove ${project} ${all[0].id}`} />`}</section>`}
  </div>`;
}
