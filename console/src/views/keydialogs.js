// What is asked before a key changes, and the one look at its secret.
import { html, useEffect, useRef, useState } from "../dom.js";
import { post, remove } from "../api.js";
import { signOut } from "../session.js";
import { text } from "../strings.js";
import { Button, Dialog, FormDialog, complain, toast } from "../ui.js";
import { Choice } from "./choice.js";
import { later } from "./strings.js";

/**
 * @typedef {{id: string, name: string | null, hint: string, scopes: string[], created_at: number, expires_at: number | null, last_used_on: string | null,
 *   revoked_at: number | null, replaced_by: string | null, secret?: string | null}} Key
 */

export const isSession = (/** @type {Key} */ key) => key.id.startsWith("session_");
/** What people call a key. @param {Key} key */
export const nameOf = (key) => key.name ?? (isSession(key) ? later.keys.session : later.keys.unnamed);

const DAY = 86400;
const LIVES = /** @type {Array<[number, string]>} */ ([[30 * DAY, later.keys.days(30)], [90 * DAY, later.keys.days(90)], [365 * DAY, later.keys.year], [0, later.keys.forever]]);
const GRACES = /** @type {Array<[number, string]>} */ ([[0, later.keys.atOnce], [DAY, later.keys.days(1)], [7 * DAY, later.keys.days(7)], [30 * DAY, later.keys.days(30)]]);
const SCOPES = Object.entries(later.keys.scopes);

/** @param {{project: string, onClose: () => void, onMade: (made: Key) => void}} props */
export function CreateKey({ project, onClose, onMade }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(/** @type {string[]} */ (["read", "write", "batches"]));
  const [life, setLife] = useState(90 * DAY);
  const toggle = (/** @type {string} */ scope) => setScopes(SCOPES.map(([each]) => each).filter((each) => scopes.includes(each) !== (each === scope)));
  const create = async () => {
    if (scopes.length === 0) throw new Error(later.keys.noScope);
    onMade(await post("admin/keys", { project, name: name.trim() || null, scopes, ...(life ? { expires_in: life } : {}) }));
  };
  return html`<${FormDialog} title=${later.keys.create} button=${later.keys.createIt} onClose=${onClose} onSubmit=${create}>
    <label>${later.keys.name}<input value=${name} maxlength="64" placeholder=${later.keys.example} autofocus onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
    <fieldset class="scopes"><legend>${later.keys.may}</legend>${SCOPES.map(([scope, what]) => html`<label key=${scope}><input type="checkbox" checked=${scopes.includes(scope)} onChange=${() => toggle(scope)} /><span class="mono">${scope}</span><span class="dim">${what}</span></label>`)}</fieldset>
    <${Choice} legend=${later.keys.life} name="life" options=${LIVES} value=${life} onChange=${setLife} />
  </${FormDialog}>`;
}

/** @param {{item: Key, onClose: () => void, onMade: (made: Key) => void}} props */
export function RotateKey({ item, onClose, onMade }) {
  const [grace, setGrace] = useState(7 * DAY);
  return html`<${FormDialog} title=${`${later.keys.rotate}: ${nameOf(item)}`} button=${later.keys.rotate} onClose=${onClose} onSubmit=${async () => onMade(await post(`admin/keys/${item.id}/rotate`, { grace }))}>
    <p>${later.keys.rotateText}</p>
    <${Choice} legend=${later.keys.grace} name="grace" options=${GRACES} value=${grace} onChange=${setGrace} />
  </${FormDialog}>`;
}

/** @param {{item: Key, own: boolean, onClose: () => void, onRevoked: () => void}} props `own` when it is this session */
export function RevokeKey({ item, own, onClose, onRevoked }) {
  const act = isSession(item) ? later.keys.end : later.keys.revoke;
  const revoke = async () => {
    if (own) {
      await signOut();
      return;
    }
    await remove(`admin/keys/${item.id}`);
    toast((isSession(item) ? later.keys.didEnd : later.keys.didRevoke)(nameOf(item)));
    onRevoked();
  };
  return html`<${FormDialog} title=${`${act}: ${nameOf(item)}`} button=${act} kind="primary danger" onClose=${onClose} onSubmit=${revoke}>
    <p>${isSession(item) ? later.keys.endText : later.keys.revokeText}</p><p class="mono dim">${item.hint}</p>
  </${FormDialog}>`;
}

/** The secret of a new key, which no other look is given at. @param {{item: Key, onClose: () => void, onRevoke: () => void}} props */
export function ShowSecret({ item, onClose, onRevoke }) {
  const [copied, setCopied] = useState(false);
  const secret = item.secret ?? "";
  const copyButton = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => copyButton.current?.querySelector("button")?.focus(), []);
  if (!secret) {
    // The first answer was lost on the way, and the server has no secret to repeat it with.
    return html`<${Dialog} title=${later.keys.lostTitle} onClose=${onClose}><p>${later.keys.lost(nameOf(item))}</p>
      <div class="actions"><${Button} label=${text.close} onClick=${onClose} /><${Button} kind="primary danger" label=${later.keys.revoke} onClick=${onRevoke} /></div></${Dialog}>`;
  }
  const take = async () => {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
  };
  return html`<${Dialog} title=${later.keys.secretTitle(nameOf(item))} firm onClose=${onClose}>
    <p>${later.keys.secretText}</p>
    <pre class="code secret">${secret}</pre>
    <div class="actions"><span ref=${copyButton}><${Button} kind=${copied ? "" : "primary"} icon=${copied ? "check" : "copy"} label=${copied ? text.drawer.copied : later.keys.copySecret} onClick=${() => take().catch(complain)} /></span>
      <${Button} kind=${copied ? "primary" : ""} label=${later.keys.kept} onClick=${onClose} /></div>
    <p class="hidden-text" role="status">${copied ? text.drawer.copied : ""}</p>
  </${Dialog}>`;
}
