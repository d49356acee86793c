import { html, useEffect, useState } from "../dom.js";
import { download } from "../actions.js";
import { ApiError, get, post, request } from "../api.js";
import { ago, count, counted, full } from "../format.js";
import { addressOf, go } from "../route.js";
import { store, useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Empty, Loading, MoreRows, complain } from "../ui.js";

const LOOK_MS = 2000;
const MOST_ANSWERS = 2 * 1024 * 1024;
const ROWS = 500;
const ENDED = new Set(["completed", "failed", "expired", "cancelled"]);
const GOOD = new Set(["completed"]);
const BAD = new Set(["failed", "expired"]);

/** @param {{batch: any}} props */
function Progress({ batch }) {
  const { total, completed, failed } = batch.request_counts;
  const share = (/** @type {number} */ value) => ({ width: `${total ? (value / total) * 100 : 0}%` });
  return html`<div class="progress" role="progressbar" aria-label=${text.batches.progress} aria-valuemin="0" aria-valuemax=${total} aria-valuenow=${completed + failed}>
    <i class="good" style=${share(completed)} /><i class="bad" style=${share(failed)} /></div>`;
}

/** @param {string} status */
const chip = (status) => `chip ${GOOD.has(status) ? "good" : BAD.has(status) ? "bad" : ""}`;

/** The names of files of requests, by their ids. */
const names = store(/** @type {Map<string, string>} */ (new Map()));

/** @param {any[]} files */
const learn = (files) => names.set((before) => new Map([...before, ...files.map((each) => /** @type {const} */ ([each.id, each.filename]))]));

/** The name of a batch's file of requests; its id where the file is gone. @param {{id: string}} props */
function InputName({ id }) {
  const name = useStore(names).get(id) ?? id;
  return html`<span class="text" title=${name}>${name}</span>`;
}

/** @param {{fileId: string, kind: string}} props */
function Answers({ fileId, kind }) {
  const [lines, setLines] = useState(/** @type {any[] | null} */ (null));
  const [cut, setCut] = useState(false);
  const [only, setOnly] = useState("");
  const [most, setMost] = useState(ROWS);
  useEffect(() => {
    setLines(null);
    request("GET", `files/${fileId}/content`, { headers: { Range: `bytes=0-${MOST_ANSWERS - 1}` } }).then(async (response) => {
      const body = await response.text();
      const whole = body.split("\n");
      const more = !body.endsWith("\n");
      if (more) whole.pop();
      setCut(more);
      setLines(whole.filter(Boolean).map((each) => JSON.parse(each)));
    }, complain);
  }, [fileId]);
  if (!lines) return html`<${Loading} />`;
  const shown = lines.filter((each) => !only || JSON.stringify(each).toLowerCase().includes(only.toLowerCase()));
  return html`<section><header class="row"><h2>${kind}</h2><label class="search"><input type="search" aria-label=${`${text.batches.filter} ${kind}`} placeholder=${text.batches.filter} value=${only} onInput=${(/** @type {any} */ event) => setOnly(event.target.value)} /></label>
      <span class="dim grow">${counted(shown.length, ...text.words.line)}${cut && text.batches.cut}</span>
      <${Button} icon="download" label=${text.files.download} said=${`${text.files.download}: ${kind}`} onClick=${() => download(fileId).catch(complain)} /></header>
    <div class="scroll"><table class="answers"><thead><tr><th>custom_id</th><th>${kind === text.batches.output ? text.batches.answer : text.batches.error}</th><th class="number">${text.batches.tokens}</th></tr></thead>
    <tbody>${shown.slice(0, most).map((each) => html`<tr key=${each.custom_id}><td class="mono">${each.custom_id}</td><td>${said(each)}</td><td class="number">${each.response?.body?.usage?.total_tokens ?? ""}</td></tr>`)}</tbody></table></div>
    <${MoreRows} shown=${Math.min(most, shown.length)} all=${shown.length} onMore=${() => setMost(most + ROWS)} /></section>`;
}

/** The text of an answer, whatever endpoint gave it. @param {any} line */
function said(line) {
  const body = line.response?.body;
  if (line.error) return `${line.error.code}: ${line.error.message}`;
  if (body?.error) return `${line.response.status_code}: ${body.error.message ?? JSON.stringify(body.error)}`;
  const message = body?.choices?.[0]?.message?.content ?? body?.choices?.[0]?.text ?? body?.output?.[0]?.content?.[0]?.text;
  return message ?? JSON.stringify(body).slice(0, 2000);
}

/** @param {{id: string}} props */
function One({ id }) {
  const [batch, setBatch] = useState(/** @type {any} */ (null));
  const [missing, setMissing] = useState("");
  useEffect(() => {
    let timer = 0;
    let alive = true;
    const look = async () => {
      try {
        const found = await get(`batches/${id}`);
        if (!alive) return;
        setBatch(found);
        if (!ENDED.has(found.status)) timer = setTimeout(look, LOOK_MS);
      } catch (failure) {
        if (!alive) return;
        const status = failure instanceof ApiError ? failure.status : 0;
        if (status >= 400 && status < 500 && status !== 429) setMissing(/** @type {Error} */ (failure).message);
        // Without a connection the page says so, and what it shows stays.
        else timer = setTimeout(look, 5 * LOOK_MS);
      }
    };
    look();
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [id]);
  const input = batch?.input_file_id;
  useEffect(() => {
    if (input && !names.get().has(input)) get(`files/${input}`).then((file) => learn([file]), () => {});
  }, [input]);
  if (missing) return html`<${Empty} of=${text.batches.title} title=${text.batches.missing} action=${html`<a class="button" href=${addressOf("batches")}>${text.batches.title}</a>`}>${missing}</${Empty}>`;
  if (!batch) return html`<${Loading} of=${text.batches.title} />`;
  const { total, completed, failed } = batch.request_counts;
  const lines = [[text.drawer.id, batch.id], [text.batches.input, batch.input_file_id], [text.batches.created, full(batch.created_at)], [text.batches.endpoint, batch.endpoint], [text.batches.model, batch.model], [text.batches.tokens, batch.usage ? count(batch.usage.total_tokens) : null]];
  return html`<div class="view page"><header class="bar"><a class="button" href=${addressOf("batches")}>← ${text.batches.title}</a><h1 class="whole"><${InputName} id=${batch.input_file_id} /></h1><span class=${chip(batch.status)} role="status">${batch.status}</span><span class="grow" />
      ${!ENDED.has(batch.status) && batch.status !== "cancelling" && html`<${Button} kind="danger" label=${text.batches.cancel} onClick=${() => post(`batches/${id}/cancel`, {}).then(setBatch, complain)} />`}
      ${ENDED.has(batch.status) && completed < total && html`<${Button} label=${text.batches.retry} onClick=${() => post(`batches/${id}/retry`, {}).then((made) => go("batches", made.id), complain)} />`}</header>
    <${Progress} batch=${batch} /><p class="dim">${count(completed)} ${text.batches.done}, ${count(failed)} ${text.batches.failed} ${text.meter.of} ${count(total)}</p>
    ${batch.errors?.data?.length > 0 && html`<ol class="problems">${batch.errors.data.map((/** @type {any} */ each, /** @type {number} */ at) => html`<li key=${at} class="error"><span class="where">${each.line ? `${text.words.line[0]} ${each.line}` : each.code}</span><p>${each.message}</p></li>`)}</ol>`}
    <dl>${lines.filter(([, said_]) => said_).map(([term, said_]) => html`<div key=${term}><dt>${term}</dt><dd class="mono">${said_}</dd></div>`)}</dl>
    ${batch.output_file_id && html`<${Answers} fileId=${batch.output_file_id} kind=${text.batches.output} />`}
    ${batch.error_file_id && html`<${Answers} fileId=${batch.error_file_id} kind=${text.batches.errors} />`}
  </div>`;
}

function All() {
  const [batches, setBatches] = useState(/** @type {any[] | null} */ (null));
  const [more, setMore] = useState(false);
  const look = async (/** @type {string} */ after) => {
    const page = await get("batches", { limit: 100, after });
    const found = new Set(page.data.map((/** @type {any} */ each) => each.id));
    // What was read before stays, behind the newest or before the next ones.
    setBatches((before) => {
      const others = (before ?? []).filter((each) => !found.has(each.id));
      return after ? [...others, ...page.data] : [...page.data, ...others];
    });
    if (after || !page.has_more) setMore(page.has_more);
    return page.has_more;
  };
  useEffect(() => {
    look("").then(setMore, complain);
    // One request for the names of the newest; an older batch is known by its ids.
    get("files", { purpose: "batch", limit: 1000 }).then((found) => learn(found.data), () => {});
    const timer = setInterval(() => look("").catch(() => {}), 5 * LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  if (!batches) return html`<${Loading} of=${text.batches.title} />`;
  return html`<div class="view page"><header class="bar"><h1>${text.batches.title}</h1></header>
    ${batches.length === 0 ? html`<${Empty} title=${text.batches.emptyTitle}>${text.batches.emptyText}</${Empty}>` : html`<ul class="batches">${batches.map((batch) => html`<li key=${batch.id}><a href=${addressOf("batches", batch.id)}>
      <span class="of"><${InputName} id=${batch.input_file_id} /><span class="dim mono">${batch.id}</span></span><span class=${chip(batch.status)}>${batch.status}</span><${Progress} batch=${batch} />
      <span class="dim">${count(batch.request_counts.completed + batch.request_counts.failed)} ${text.meter.of} ${count(batch.request_counts.total)} · ${ago(batch.created_at)}</span></a></li>`)}</ul>`}
    ${more && html`<${Button} label=${text.more} onClick=${() => look(batches[batches.length - 1].id).catch(complain)} />`}</div>`;
}

/** @param {{id: string}} props */
export function View({ id }) {
  return id ? html`<${One} key=${id} id=${id} />` : html`<${All} />`;
}
