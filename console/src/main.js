import { html, render } from "./dom.js";
import { App } from "./app.js";
import { signInByLink, ended } from "./session.js";

async function start() {
  try {
    await signInByLink();
  } catch (failure) {
    ended.set(/** @type {Error} */ (failure).message);
  }
  render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
}

start();
