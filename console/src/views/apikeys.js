import { html, useEffect, useLayoutEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { ago, dayAgo, full } from "../format.js";
import { takeKeys } from "../keys.js";
import { session } from "../session.js";
import { useStore } from "../store.js";
import { onElsewhere } from "../tabs.js";
import { Button, Empty, Failed, Loading } from "../ui.js";
import { Command } from "./command.js";
import { CreateKey, isSession, nameOf, RevokeKey, RotateKey, ShowSecret } from "./keydialogs.js";
import { later } from "./strings.js";

/** @typedef {import("./keydialogs.js").Key} Key */
/** @typedef {"create" | "secret" | "rotate" | "revoke"} Asked */

const endedAt = (/** @type {Key} */ key) => key.revoked_at ?? (key.expires_at !== null && key.expires_at * 1000 <= Date.now() ? key.expires_at : null);

/** @param {{scopes: string[]}} props */
function Scopes({ scopes }) {
  return html`<span class="tags">${scopes.map((each) => html`<span class="chip" key=${each}>${each}</span>`)}</span>`;
}

/** @param {Key} key */
function lifeOf(key) {
  const ended = endedAt(key);
  if (key.revoked_at !== null) return later.keys.revoked(ago(key.revoked_at));
  if (ended !== null) return later.keys.expired(ago(ended));
  if (key.expires_at === null) return later.keys.lasting;
  return (key.replaced_by ? later.keys.replaced : later.keys.expires)(ago(key.expires_at));
}

/** @param {{item: Key, own: string, onAsk?: (what: Asked, item: Key) => void}} props `own` is the id of this session */
function Line({ item, own, onAsk }) {
  const name = nameOf(item);
  const mayRotate = !isSession(item) && !item.replaced_by && !item.scopes.includes("admin");
  return html`<li><div>
      <p class="what"><strong>${name}</strong><span class="mono dim">${item.hint}</span>${item.id === own && html`<span class="chip good">${later.keys.here}</span>`}<${Scopes} scopes=${item.scopes} /></p>
      <p class="dim" title=${full(item.created_at)}>${[lifeOf(item), isSession(item) ? "" : item.last_used_on ? later.keys.used(dayAgo(item.last_used_on)) : later.keys.unused, later.keys.made(ago(item.created_at))].filter(Boolean).join(" · ")}</p></div>
    ${onAsk && html`<div class="buttons">${mayRotate && html`<${Button} icon="again" label=${later.keys.rotate} said=${`${later.keys.rotate}: ${name}`} onClick=${() => onAsk("rotate", item)} />`}
      <${Button} kind="danger" label=${isSession(item) ? later.keys.end : later.keys.revoke} said=${`${isSession(item) ? later.keys.end : later.keys.revoke}: ${name}`} onClick=${() => onAsk("revoke", item)} /></div>`}
  </li>`;
}

/** What a session that manages no keys shows: what it is, and how to get one that does. @param {{own: Key, project: string}} props */
function WithoutAdmin({ own, project }) {
  return html`<section class="card"><h2>${later.keys.closedTitle}</h2><p>${later.keys.closed}</p><${Command} line=${`larder console ${project} --admin`} /></section>
    <section><h2>${later.keys.yours}</h2><ul class="items"><${Line} item=${{ ...own, revoked_at: null, replaced_by: null }} own=${own.id} /></ul></section>`;
}

/** @param {{all: Key[], own: string, onAsk: (what: Asked, item: Key) => void}} props */
function Lists({ all, own, onAsk }) {
  const newest = [...all].reverse();
  const alive = newest.filter((each) => endedAt(each) === null);
  const keys = alive.filter((each) => !isSession(each));
  const sessions = alive.filter(isSession);
  const ended = newest.filter((each) => endedAt(each) !== null);
  const lines = (/** @type {Key[]} */ some, /** @type {boolean} */ acts) => html`<ul class="items">${some.map((item) => html`<${Line} key=${item.id} item=${item} own=${own} onAsk=${acts ? onAsk : undefined} />`)}</ul>`;
  return html`<section aria-label=${later.keys.title}>${keys.length ? lines(keys, true) : html`<${Empty} title=${later.keys.emptyTitle}>${later.keys.emptyText}</${Empty}>`}</section>
    ${sessions.length > 0 && html`<section aria-label=${later.keys.sessions}><h2>${later.keys.sessions} <span class="count">${sessions.length}</span></h2>${lines(sessions, true)}</section>`}
    ${ended.length > 0 && html`<details><summary>${later.keys.ended} <span class="count">${ended.length}</span></summary><p class="dim">${later.keys.endedText}</p>${lines(ended, false)}</details>`}`;
}

export function View() {
  const who = useStore(session);
  const [own, setOwn] = useState(/** @type {Key | null} */ (null));
  const [all, setAll] = useState(/** @type {Key[] | null} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [asked, setAsked] = useState(/** @type {{what: Asked, item: Key | null} | null} */ (null));
  const project = who?.project ?? "";
  const read = async () => {
    try {
      const found = /** @type {Key} */ (await get("keys/me"));
      if (found.scopes.includes("admin")) setAll((await get("admin/keys", { project })).data);
      setOwn(found);
      setFailure(null);
    } catch (why) {
      setFailure(why);
    }
  };
  useEffect(() => {
    read();
    onElsewhere.add(read);
    return () => void onElsewhere.delete(read);
  }, []);
  const ask = (/** @type {Asked} */ what, /** @type {Key | null} */ item = null) => setAsked({ what, item });
  // A dialog that has led to the next one must not close that.
  const closing = (/** @type {Asked} */ what) => () => setAsked((now) => (now?.what === what ? null : now));
  useLayoutEffect(() => (all ? takeKeys({ n: () => ask("create") }) : undefined), [all]);
  /** @param {Key} made */
  const show = (made) => {
    ask("secret", made);
    read();
  };
  const item = asked?.item;
  return html`<div class="view page"><header class="bar"><h1>${later.keys.title}</h1><p class="dim grow">${later.keys.explain}</p>
      ${all && html`<${Button} kind="primary" icon="plus" label=${later.keys.create} shortcut="n" onClick=${() => ask("create")} />`}</header>
    ${failure && !own ? html`<${Failed} failure=${failure} onRetry=${read} />`
      : !own ? html`<${Loading} />` : all ? html`<${Lists} all=${all} own=${own.id} onAsk=${ask} />` : html`<${WithoutAdmin} own=${own} project=${who?.name ?? ""} />`}
    ${asked?.what === "create" && html`<${CreateKey} project=${project} onClose=${closing("create")} onMade=${show} />`}
    ${asked?.what === "secret" && item && html`<${ShowSecret} key=${item.id} item=${item} onClose=${closing("secret")} onRevoke=${() => ask("revoke", item)} />`}
    ${asked?.what === "rotate" && item && html`<${RotateKey} item=${item} onClose=${closing("rotate")} onMade=${show} />`}
    ${asked?.what === "revoke" && item && html`<${RevokeKey} item=${item} own=${item.id === own?.id} onClose=${closing("revoke")} onRevoked=${read} />`}
  </div>`;
}
