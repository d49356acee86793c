import { html, useEffect, useState } from "../dom.js";
import { model, sayAgain } from "../chat.js";
import { get } from "../api.js";
import { text } from "../strings.js";
import { Button } from "../ui.js";

/** Lets a person name a model that one of the deployment's servers has. */
export function ModelChoice() {
  const [known, setKnown] = useState(/** @type {string[]} */ ([]));
  const [typed, setTyped] = useState("");
  useEffect(() => {
    // Without the list a person types the whole name.
    get("upstreams").then((found) => setKnown(found.data.flatMap((/** @type {any} */ each) => each.models)), () => {});
  }, []);
  const choose = (/** @type {string} */ name) => {
    model.set(name);
    sayAgain();
  };
  const whole = known.filter((each) => !each.includes("*"));
  return html`<form class="model" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); choose(typed.trim()); }}>
    ${whole.length > 0 && html`<div class="buttons">${whole.map((each) => html`<${Button} key=${each} label=${each} onClick=${() => choose(each)} />`)}</div>`}
    <div class="field"><input aria-label=${text.chat.model} placeholder=${known.find((each) => each.includes("*")) ?? text.chat.model} value=${typed} required onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} /><button class="button">${text.chat.useModel}</button></div>
  </form>`;
}
