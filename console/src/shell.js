import { html, useEffect, useState } from "./dom.js";
import { online } from "./api.js";
import { size, count } from "./format.js";
import { shortage } from "./incoming.js";
import { clash } from "./samenames.js";
import { takeKeys } from "./keys.js";
import { addressOf, go, route } from "./route.js";
import { session, signOut } from "./session.js";
import { useStore } from "./store.js";
import { text } from "./strings.js";
import { onElsewhere } from "./tabs.js";
import { Tray } from "./tray.js";
import { onArrived } from "./transfers.js";
import { Button, Icon, Logo, Meter, Toasts, complain, undoLast } from "./ui.js";
import { refreshUsage, usage } from "./usage.js";
import { FolderTree } from "./views/foldertree.js";
import { Files } from "./views/files.js";
import { Lazy } from "./lazy.js";

const THEME = "larder.theme";

function switchTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem(THEME, next);
}

const LAZY = {
  trash: () => import("./views/trash.js"),
  batches: () => import("./views/batches.js"),
  artifacts: () => import("./views/artifacts.js"),
  report: () => import("./views/report.js"),
  project: () => import("./views/project.js"),
  keys: () => import("./views/apikeys.js"),
  webhooks: () => import("./views/webhooks.js"),
};

/** @param {{onShortcuts: () => void, onChat: () => void}} props */
function Rail({ onShortcuts, onChat }) {
  const now = useStore(route);
  const used = useStore(usage);
  const who = useStore(session);
  useEffect(refreshUsage, []);
  /** @param {string} view @param {any} icon @param {string} label @param {Record<string, string>} [query] */
  const link = (view, icon, label, query) => {
    const here = now.view === view && (view !== "files" || (now.query.get("is") ?? "") === (query?.is ?? ""));
    return html`<a href=${addressOf(view, "", query)} class=${here ? "here" : ""} aria-current=${here ? "page" : undefined}><${Icon} name=${icon} />${label}</a>`;
  };
  return html`<nav class="rail" id="rail" aria-label=${text.nav.menu}>
    <${Logo} />
    <p class="dim project" title=${who?.project}>${who?.name}</p>
    <button type="button" class="ask" onClick=${onChat}><${Icon} name="chat" /><span>${text.nav.chat}</span><kbd>Ctrl K</kbd></button>
    ${link("files", "file", text.nav.files)}
    ${link("files", "star", text.nav.favorites, { is: "favorite" })}
    ${link("files", "clock", text.nav.recent, { is: "recent" })}
    ${link("batches", "layers", text.nav.batches)}
    ${link("artifacts", "box", text.nav.artifacts)}
    ${link("trash", "trash", text.nav.trash)}
    ${link("project", "gauge", text.nav.project)}
    ${link("keys", "key", text.nav.keys)}
    ${link("webhooks", "webhook", text.nav.webhooks)}
    <${FolderTree} />
    <div class="foot">
      ${used && html`<${Meter} label=${text.meter.storage} used=${used.bytes.used + used.bytes.reserved} limit=${used.bytes.limit}
        shown=${`${size(used.bytes.used + used.bytes.reserved)} ${text.meter.of} ${size(used.bytes.limit)}`} />
      <${Meter} label=${text.meter.files} used=${used.files.used + used.files.reserved} limit=${used.files.limit}
        shown=${`${count(used.files.used + used.files.reserved)} ${text.meter.of} ${count(used.files.limit)}`} />`}
      <${Button} icon="moon" kind="plain" label=${text.nav.theme} onClick=${switchTheme} />
      <${Button} icon="menu" kind="plain" label=${text.nav.shortcuts} shortcut="?" onClick=${onShortcuts} />
      <${Button} icon="out" kind="plain" label=${text.nav.signOut} onClick=${() => signOut().catch(complain)} />
    </div>
  </nav>`;
}

export function Shell() {
  const now = useStore(route);
  const connected = useStore(online);
  const short = useStore(shortage);
  const clashing = useStore(clash);
  const [shortcuts, setShortcuts] = useState(false);
  const [menu, setMenu] = useState(false);
  const [chat, setChat] = useState(false);
  useEffect(() => {
    const kept = localStorage.getItem(THEME);
    if (kept) document.documentElement.dataset.theme = kept;
  }, []);
  useEffect(() => setMenu(false), [now]);
  useEffect(() => {
    onArrived.add(refreshUsage);
    onElsewhere.add(refreshUsage);
    return () => {
      onArrived.delete(refreshUsage);
      onElsewhere.delete(refreshUsage);
    };
  }, []);
  useEffect(() => takeKeys({ "Ctrl-k": () => setChat((before) => !before), z: undoLast, "?": () => setShortcuts(true), g: () => go("files"), b: () => go("batches") }), []);
  const view = LAZY[/** @type {keyof typeof LAZY} */ (now.view)];
  return html`<div class=${`shell ${menu ? "menu-open" : ""} ${chat ? "chat-open" : ""}`} onClick=${(/** @type {MouseEvent} */ event) => event.target === event.currentTarget && setMenu(false)}>
    <a class="skip" href="#main">${text.nav.skip}</a>
    <${Rail} onShortcuts=${() => setShortcuts(true)} onChat=${() => { setMenu(false); setChat(true); }} />
    <div class="menu-button"><${Button} only icon=${menu ? "x" : "menu"} label=${text.nav.menu} expanded=${menu} onClick=${() => setMenu(!menu)} /></div>
    <main id="main">
      ${!connected && html`<p class="offline" role="status">${text.offline}</p>`}
      ${view ? html`<${Lazy} load=${view} key=${now.view} of=${text.nav[/** @type {keyof typeof LAZY} */ (now.view)]} id=${now.id} query=${now.query} />` : html`<${Files} route=${now} />`}
    </main>
    ${chat && html`<${Lazy} load=${() => import("./views/chat.js")} onClose=${() => setChat(false)} />`}
    <${Tray} />
    <${Toasts} />
    ${short && html`<${Lazy} load=${() => import("./views/shortage.js")} />`}
    ${clashing && html`<${Lazy} key=${clashing.file} load=${() => import("./views/clash.js")} asked=${clashing} />`}
    ${shortcuts && html`<${Lazy} load=${() => import("./views/shortcuts.js")} onClose=${() => setShortcuts(false)} />`}
  </div>`;
}
