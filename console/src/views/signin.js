import { html, useState } from "../dom.js";
import { ended, signIn } from "../session.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Logo } from "../ui.js";

export function SignIn() {
  const why = useStore(ended);
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

  return html`<main class="signin">
    <form onSubmit=${submit}>
      <${Logo} />
      <h1>${text.signIn.title}</h1>
      ${why && html`<p class="notice" role="status">${why}</p>`}
      <label for="key">${text.signIn.key}</label>
      <input id="key" name="key" type="password" autocomplete="off" spellcheck=${false} placeholder="zk_live_…"
        value=${key} onInput=${(/** @type {any} */ event) => setKey(event.target.value)} required autofocus
        aria-describedby=${problem ? "problem" : "explain"} aria-invalid=${problem ? "true" : undefined} />
      ${problem && html`<p class="problem" id="problem" role="alert">${problem}</p>`}
      <button class="primary" disabled=${busy}>${busy ? text.signIn.busy : text.signIn.button}</button>
      <p class="dim" id="explain">${text.signIn.explain}</p>
      <pre class="code">larder console PROJECT</pre>
    </form>
  </main>`;
}
