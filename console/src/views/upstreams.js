import { html, useEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { count } from "../format.js";
import { text } from "../strings.js";
import { complain } from "../ui.js";

/** The servers of models that answer batches, as the operator has set them up. */
export function Upstreams() {
  const [all, setAll] = useState(/** @type {any[] | null} */ (null));
  useEffect(() => {
    get("upstreams").then((found) => setAll(found.data), complain);
  }, []);
  if (!all) return null;
  const limit = (/** @type {number | null} */ value) => (value === null ? text.project.unlimited : count(value));
  return html`<section><h2>${text.project.upstreams}</h2>
    ${all.length === 0 ? html`<p class="dim">${text.project.noUpstreams}</p>` : html`<div class="scroll" tabindex="0" role="region" aria-label=${text.project.upstreams}><table>
      <thead><tr><th>${text.files.name}</th><th>${text.project.models}</th><th class="number">${text.project.requests}</th><th class="number">${text.project.tokens}</th></tr></thead>
      <tbody>${all.map((each) => html`<tr key=${each.name}><td>${each.name}</td><td class="mono">${each.models.join(", ")}</td><td class="number">${limit(each.requests_per_minute)}</td><td class="number">${limit(each.tokens_per_minute)}</td></tr>`)}</tbody></table></div>`}</section>`;
}
