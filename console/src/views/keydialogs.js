// What is asked before a key changes, and the one look at its secret.
import { html, useEffect, useRef, useState } from "../dom.js";
import { post, remove } from "../api.js";
import { signOut } from "../session.js";
import { text } from "../strings.js";
import { Button, Dialog, FormDialog, complain, toast } from "../ui.js";
import { Choice } from "./choice.js";

/**
 * @typedef {{id: string, name: string | null, hint: string, scopes: string[], created_at: number, expires_at: number | null, last_used_on: string | null,
 *   revoked_at: number | null, replaced_by: string | null, secret?: string | null}} Key
 */

export const isSession = (/** @type {Key} */ key) => key.id.startsWith("session_");
/** What people call a key. @param {Key} key */
export const nameOf = (key) => key.name ?? (isSession(key) ? text.keys.session : text.keys.unnamed);

const DAY = 86400;
const LIVES = /** @type {Array<[number, string]>} */ ([[30 * DAY, text.keys.days(30)], [90 * DAY, text.keys.days(90)], [365 * DAY, text.keys.year], [0, text.keys.forever]]);
const GRACES = /** @type {Array<[number, string]>} */ ([[0, text.keys.atOnce], [DAY, text.keys.days(1)], [7 * DAY, text.keys.days(7)], [30 * DAY, text.keys.days(30)]]);
const SCOPES = Object.entries(text.keys.scopes);

/** @param {{project: string, onClose: () => void, onMade: (made: Key) => void}} props */
export function CreateKey({ project, onClose, onMade }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(/** @type {string[]} */ (["read", "write", "batches"]));
  const [life, setLife] = useState(90 * DAY);
  const toggle = (/** @type {string} */ scope) => setScopes(SCOPES.map(([each]) => each).filter((each) => scopes.includes(each) !== (each === scope)));
  const create = async () => {
    if (scopes.length === 0) throw new Error(text.keys.noScope);
    onMade(await post("admin/keys", { project, name: name.trim() || null, scopes, ...(life ? { expires_in: life } : {}) }));
  };
  return html`<${FormDialog} title=${text.keys.create} button=${text.keys.createIt} onClose=${onClose} onSubmit=${create}>
    <label>${text.keys.name}<input value=${name} maxlength="64" placeholder=${text.keys.example} autofocus onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
    <fieldset class="scopes"><legend>${text.keys.may}</legend>${SCOPES.map(([scope, what]) => html`<label key=${scope}><input type="checkbox" checked=${scopes.includes(scope)} onChange=${() => toggle(scope)} /><span class="mono">${scope}</span><span class="dim">${what}</span></label>`)}</fieldset>
    <${Choice} legend=${text.keys.life} name="life" options=${LIVES} value=${life} onChange=${setLife} />
  </${FormDialog}>`;
}

/** @param {{item: Key, onClose: () => void, onMade: (made: Key) => void}} props */
export function RotateKey({ item, onClose, onMade }) {
  const [grace, setGrace] = useState(7 * DAY);
  return html`<${FormDialog} title=${`${text.keys.rotate}: ${nameOf(item)}`} button=${text.keys.rotate} onClose=${onClose} onSubmit=${async () => onMade(await post(`admin/keys/${item.id}/rotate`, { grace }))}>
    <p>${text.keys.rotateText}</p>
    <${Choice} legend=${text.keys.grace} name="grace" options=${GRACES} value=${grace} onChange=${setGrace} />
  </${FormDialog}>`;
}

/** @param {{item: Key, own: boolean, onClose: () => void, onRevoked: () => void}} props `own` when it is this session */
export function RevokeKey({ item, own, onClose, onRevoked }) {
  const act = isSession(item) ? text.keys.end : text.keys.revoke;
  const revoke = async () => {
    if (own) {
      await signOut();
      return;
    }
    await remove(`admin/keys/${item.id}`);
    toast((isSession(item) ? text.keys.didEnd : text.keys.didRevoke)(nameOf(item)));
    onRevoked();
  };
  return html`<${FormDialog} title=${`${act}: ${nameOf(item)}`} button=${act} kind="primary danger" onClose=${onClose} onSubmit=${revoke}>
    <p>${isSession(item) ? text.keys.endText : text.keys.revokeText}</p><p class="mono dim">${item.hint}</p>
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
    return html`<${Dialog} title=${text.keys.lostTitle} onClose=${onClose}><p>${text.keys.lost(nameOf(item))}</p>
      <div class="actions"><${Button} label=${text.close} onClick=${onClose} /><${Button} kind="primary danger" label=${text.keys.revoke} onClick=${onRevoke} /></div></${Dialog}>`;
  }
  const take = async () => {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
  };
  return html`<${Dialog} title=${text.keys.secretTitle(nameOf(item))} firm onClose=${onClose}>
    <p>${text.keys.secretText}</p>
    <pre class="code secret">${secret}</pre>
    <div class="actions"><span ref=${copyButton}><${Button} kind=${copied ? "" : "primary"} icon=${copied ? "check" : "copy"} label=${copied ? text.drawer.copied : text.keys.copySecret} onClick=${() => take().catch(complain)} /></span>
      <${Button} kind=${copied ? "primary" : ""} label=${text.keys.kept} onClick=${onClose} /></div>
    <p class="hidden-text" role="status">${copied ? text.drawer.copied : ""}</p>
  </${Dialog}>`;
}
