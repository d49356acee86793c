import { html, useState } from "./dom.js";
import { online } from "./api.js";
import { count, counted, duration, size } from "./format.js";
import { explainShortage } from "./incoming.js";
import { addressOf } from "./route.js";
import { useStore } from "./store.js";
import { text } from "./strings.js";
import { cancel, clearEnded, hasEnded, pause, resume, sentBytes, transfers } from "./transfers.js";
import { Button } from "./ui.js";

const MOST_BARS = 24;
const MOST_ROWS = 100;
const FIRST = ["failed", "invalid", "offline", "finishing", "checking", "sending", "paused", "waiting"];

/**
 * The newest first. Of too many for a page, those that need somebody and those that move.
 * @param {import("./transfers.js").Transfer[]} all
 */
function shownOf(all) {
  const newest = [...all].reverse();
  if (newest.length <= MOST_ROWS) return newest;
  const rank = (/** @type {import("./transfers.js").Transfer} */ { state }) => (FIRST.indexOf(state) + 1) || FIRST.length + 1;
  return newest.sort((one, other) => rank(one) - rank(other)).slice(0, MOST_ROWS);
}

/** @param {{transfer: import("./transfers.js").Transfer}} props */
function Row({ transfer }) {
  const { file, parts, state, rate, problem, requestId } = transfer;
  const sent = sentBytes(transfer);
  const share = file.size ? sent / file.size : state === "sending" ? 0 : 1;
  const left = rate > 0 ? duration((file.size - sent) / rate) : "";
  const bars = parts.length > MOST_BARS || parts.length < 2 ? [{ number: 0, share }] : parts.map((part) => ({ number: part.number, share: part.size ? part.sent / part.size : 1 }));
  const told = state === "sending" ? `${size(sent)} ${text.meter.of} ${size(file.size)}` : text.tray[state];
  return html`<li class=${`transfer ${state}`}>
    <div class="row"><span class="name" title=${file.name}>${file.name}</span><span class="dim">${state === "sending" ? `${Math.floor(share * 100)} %` : text.tray[state]}</span></div>
    <div class="parts" role="progressbar" aria-label=${file.name} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(share * 100)}
      aria-valuetext=${told}>${bars.map((bar) => html`<span key=${bar.number}><i style=${{ width: `${bar.share * 100}%` }} /></span>`)}</div>
    <div class="row" hidden=${state === "done"}>
      <span class="dim">${state === "sending" ? html`${told}${rate > 0 && ` · ${size(rate)}/s · ${left} ${text.tray.left}`}` : problem}${requestId && html` <span class="mono">${requestId}</span>`}</span>
      <span class="buttons">
        ${state === "sending" && html`<${Button} only icon="pause" label=${`${text.tray.pause} ${file.name}`} onClick=${() => pause(transfer.id)} />`}
        ${state === "paused" && html`<${Button} only icon="play" label=${`${text.tray.resume} ${file.name}`} onClick=${() => resume(transfer.id)} />`}
        ${state === "failed" && transfer.full && html`<${Button} label=${text.tray.free} onClick=${() => explainShortage(file)} />`}
        ${state === "failed" && html`<${Button} label=${text.tray.retry} onClick=${() => resume(transfer.id)} />`}
        ${state === "invalid" && html`<a class="button" href=${addressOf("report", transfer.fileId ?? "")}>${text.drawer.report}</a>`}
        ${!hasEnded(transfer) && !["finishing", "checking"].includes(state) && html`<${Button} only icon="x" label=${`${text.tray.cancel} ${file.name}`} onClick=${() => cancel(transfer.id)} />`}
      </span>
    </div>
  </li>`;
}

export function Tray() {
  const all = useStore(transfers);
  const connected = useStore(online);
  const [hidden, setHidden] = useState(false);
  if (all.length === 0) return null;
  const shown = shownOf(all);
  const open = all.filter((each) => !hasEnded(each));
  const heading = open.length ? text.tray.uploading(counted(open.length, ...text.words.file)) : text.tray.title;
  return html`<section class=${`tray ${hidden ? "hidden" : ""}`} aria-label=${text.tray.title}>
    <header><h2 aria-live="polite">${heading}</h2>
      <${Button} only icon=${hidden ? "upload" : "chevron"} label=${text.tray.hide} expanded=${!hidden} onClick=${() => setHidden(!hidden)} />
      ${open.length === 0 && html`<${Button} only icon="x" label=${text.tray.clear} onClick=${clearEnded} />`}
    </header>
    ${!connected && open.length > 0 && html`<p class="notice" role="status">${text.tray.waits}</p>`}
    ${!hidden && html`<ul>${shown.map((each) => html`<${Row} key=${each.id} transfer=${each} />`)}
      ${all.length > shown.length && html`<li class="transfer dim">${text.tray.others(count(all.length - shown.length))}</li>`}</ul>`}
  </section>`;
}
