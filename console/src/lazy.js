import { html, useEffect, useState } from "./dom.js";
import { text } from "./strings.js";
import { Button, Empty, Loading } from "./ui.js";

/**
 * Shows the View of a module once it is loaded.
 * @param {{load: () => Promise<{View: any}>, of?: string, [name: string]: any}} props `of` names a view, until it has a heading
 */
export function Lazy({ load, of, ...rest }) {
  const [view, setView] = useState(/** @type {any} */ (null));
  const [failed, setFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let alive = true;
    setFailed(false);
    load().then(
      (module) => alive && setView(() => module.View),
      // An update of the deployment has replaced the files of this page.
      () => alive && (attempt > 0 ? location.reload() : setFailed(true)),
    );
    return () => {
      alive = false;
    };
  }, [attempt]);
  if (failed) return html`<${Empty} of=${of} title=${text.files.failed} action=${html`<${Button} label=${text.files.retry} onClick=${() => setAttempt(attempt + 1)} />`} />`;
  return view ? html`<${view} ...${rest} />` : html`<${Loading} of=${of} />`;
}
