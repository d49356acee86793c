import { html, useState } from "../dom.js";
import { counted, full, size } from "../format.js";
import { text } from "../strings.js";
import { Button, Dialog } from "../ui.js";

/** Asks what becomes of a file whose name is taken; closing the dialog uploads nothing. @param {{asked: import("../samenames.js").Clash}} props */
export function View({ asked }) {
  const [forAll, setForAll] = useState(false);
  const { file, there, left, choose } = asked;
  const changed = (/** @type {string} */ term, /** @type {number} */ bytes, /** @type {string | number} */ when) => html`<div><dt>${term}</dt><dd>${size(bytes)}, ${full(when)}</dd></div>`;
  return html`<${Dialog} title=${text.clash.title} onClose=${() => choose(null, false)}>
    <p>${text.clash.what(there.name)}</p>
    <dl>${changed(text.clash.there, Number(there.sizeBytes), there.updatedAt)}${changed(text.clash.comes, file.size, file.lastModified / 1000)}</dl>
    <p class="dim">${text.clash.explain}</p>
    ${left > 0 && html`<label class="tick"><input type="checkbox" checked=${forAll} onChange=${() => setForAll(!forAll)} />${text.clash.all(counted(left, ...text.words.file))}</label>`}
    <div class="actions"><${Button} label=${text.clash.skip} onClick=${() => choose("skip", forAll)} /><${Button} label=${text.clash.both} onClick=${() => choose("rename", forAll)} />
      <${Button} kind="primary" label=${text.clash.replace} onClick=${() => choose("replace", forAll)} /></div>
  </${Dialog}>`;
}
