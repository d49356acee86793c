import { html } from "./dom.js";
import { session } from "./session.js";
import { useStore } from "./store.js";
import { SignIn } from "./views/signin.js";
import { Shell } from "./shell.js";

export function App() {
  const current = useStore(session);
  return current ? html`<${Shell} key=${current.project} />` : html`<${SignIn} />`;
}
