import { html, render } from "./dom.js";
import { App } from "./app.js";
import { ended, session, signInByLink } from "./session.js";

async function start() {
  try {
    await signInByLink();
  } catch (failure) {
    // A session of this tab goes on; a link that was used before is no reason to end it.
    if (!session.get()) ended.set(/** @type {Error} */ (failure).message);
  }
  const place = /** @type {HTMLElement} */ (document.getElementById("app"));
  place.replaceChildren();
  render(html`<${App} />`, place);
}

start();
