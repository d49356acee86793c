import { html, useLayoutEffect, useRef, useState } from "../dom.js";
import { ended, signIn, signOut } from "../session.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Logo } from "../ui.js";

/** @param {{children?: any}} props */
function Fields({ children }) {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await signIn(key);
    } catch (failure) {
      setProblem(/** @type {Error} */ (failure).message);
      setBusy(false);
    }
  }

  return html`<form onSubmit=${submit}>
    <label for="key">${text.signIn.key}</label>
    <input id="key" name="key" type="password" autocomplete="off" spellcheck=${false} placeholder=${text.signIn.example}
      value=${key} onInput=${(/** @type {any} */ event) => setKey(event.target.value)} required autofocus
      aria-describedby=${problem ? "problem" : "explain"} aria-invalid=${problem ? "true" : undefined} />
    ${problem && html`<p class="problem" id="problem" role="alert">${problem}</p>`}
    <button class="button primary" disabled=${busy}>${busy ? text.signIn.busy : text.signIn.button}</button>
    ${children}
    <p class="dim" id="explain">${text.signIn.explain}</p>
    <pre class="code">larder console PROJECT</pre>
  </form>`;
}

export function SignIn() {
  const why = useStore(ended);
  return html`<main class="signin"><div>
    <${Logo} />
    <h1>${text.signIn.title}</h1>
    ${why && html`<p class="notice" role="status">${why}</p>`}
    <${Fields} />
  </div></main>`;
}

/** The same in front of the page, whose session has ended. @param {{why: string}} props */
export function Again({ why }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => element.current?.showModal(), []);
  return html`<dialog ref=${element} class="signin" aria-labelledby="again" onCancel=${(/** @type {Event} */ event) => event.preventDefault()}>
    <h2 id="again">${text.signIn.title}</h2>
    <p class="notice" role="status">${why}</p>
    <${Fields}><${Button} label=${text.nav.signOut} onClick=${() => signOut().catch(() => {})} /></${Fields}>
  </dialog>`;
}
