import { html } from "./dom.js";
import { ended, session } from "./session.js";
import { useStore } from "./store.js";
import { Again, SignIn } from "./views/signin.js";
import { Shell } from "./shell.js";

export function App() {
  const current = useStore(session);
  const why = useStore(ended);
  if (!current) return html`<${SignIn} />`;
  // The page stays as it is below the dialog, and goes on once somebody has signed in.
  return html`<${Shell} key=${current.project} />${why && html`<${Again} why=${why} />`}`;
}
