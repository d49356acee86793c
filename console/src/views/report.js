import { html, useEffect, useRef, useState } from "../dom.js";
import { get } from "../api.js";
import { count, counted, full } from "../format.js";
import { text } from "../strings.js";
import { Button, Empty, Loading, MoreRows, complain } from "../ui.js";
import { linesAround } from "./lines.js";
import { save } from "./save.js";

const ROWS = 500;

/** @param {any[]} problems */
function asCsv(problems) {
  const quoted = (/** @type {any} */ value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
  const rows = problems.map((each) => [each.line, each.severity, each.code, each.param, each.message].map(quoted).join(","));
  return ["line,severity,code,param,message", ...rows].join("\r\n");
}

/** @param {{id: string}} props */
export function View({ id }) {
  const [report, setReport] = useState(/** @type {any} */ (null));
  const [file, setFile] = useState(/** @type {any} */ (null));
  const [code, setCode] = useState("");
  const [shown, setShown] = useState(/** @type {{line: number, lines: any[] | null} | null} */ (null));
  const [most, setMost] = useState(ROWS);
  const [missing, setMissing] = useState("");
  const reading = useRef(new AbortController());
  useEffect(() => () => reading.current.abort(), []);
  useEffect(() => {
    Promise.all([get(`files/${id}`), get(`files/${id}/validation`)]).then(([stored, found]) => {
      setFile(stored);
      setReport(found);
    }, (failure) => setMissing(failure.message));
  }, [id]);
  if (missing) return html`<${Empty} of=${text.nav.report} title=${text.drawer.report}>${missing}</${Empty}>`;
  if (!report) return html`<${Loading} of=${text.nav.report} />`;
  const problems = [...report.errors.map((/** @type {any} */ each) => ({ severity: "error", ...each })), ...(report.warnings ?? []).map((/** @type {any} */ each) => ({ severity: "warning", ...each }))];
  const groups = Map.groupBy(problems, (each) => each.code);
  const total = report.error_count + report.warning_count;
  const listed = problems.filter((each) => !code || each.code === code);
  /** @param {{line: number, offset?: number}} at */
  function look(at) {
    const { line } = at;
    reading.current.abort();
    if (shown?.line === line) {
      setShown(null);
      return;
    }
    const mine = new AbortController();
    reading.current = mine;
    setShown({ line, lines: null });
    linesAround(id, at, mine.signal).then((lines) => mine.signal.aborted || setShown({ line, lines }), (failure) => {
      if (mine.signal.aborted) return;
      setShown(null);
      complain(failure);
    });
  }
  const saveCsv = () => save(new Blob([asCsv(problems)], { type: "text/csv" }), `${file.filename}.problems.csv`);
  const verdict = report.valid ? text.report.ready(counted(report.request_count, ...text.words.request)) : text.report.problems(counted(report.error_count, ...text.words.problem), counted(report.total_lines, ...text.words.line));
  return html`<div class="view page"><header class="bar"><h1>${file.filename}</h1><span class=${`chip ${report.valid ? "good" : "bad"}`}>${report.valid ? `✓ ${text.status.valid}` : `✕ ${text.status.invalid}`}</span>
      <p class="dim grow">${verdict} · ${text.report.checked} ${full(report.validated_at)}</p>
      <${Button} icon="download" label=${text.report.csv} disabled=${problems.length === 0} onClick=${saveCsv} /></header>
    <div class="codes" role="group" aria-label=${text.report.codes}><button type="button" class=${`chip ${code ? "" : "picked"}`} aria-pressed=${!code} onClick=${() => setCode("")}>${text.report.all} ${count(total)}</button>
      ${[...groups].map(([name, some]) => html`<button type="button" key=${name} class=${`chip ${code === name ? "picked" : ""}`} aria-pressed=${code === name} onClick=${() => setCode(name)}>${name} ${count(report.counts?.[name] ?? some.length)}</button>`)}</div>
    ${total > problems.length && html`<p class="notice">${text.report.kept(count(problems.length), counted(total, ...text.words.problem))}</p>`}
    ${problems.length === 0 ? html`<${Empty} title=${text.report.noneTitle}>${text.report.none}</${Empty}>` : html`<ol class="problems">${listed.slice(0, most).map((each, at) => html`<li key=${at} class=${each.severity}>
      <button type="button" class="where" disabled=${!each.line} aria-expanded=${shown?.line === each.line} onClick=${() => look(each)}>${each.line ? `${text.words.line[0]} ${count(each.line)}` : text.words.file[0]}</button>
      <div><p>${each.message}</p><p class="dim mono">${each.code}${each.param && ` · ${each.param}`}</p>
        ${shown && shown.line === each.line && !shown.lines && html`<p class="dim" role="status">${text.report.looking(count(each.line))}</p>`}
        ${shown && shown.line === each.line && shown.lines && html`<ol class="numbered">${shown.lines.map((line) => html`<li key=${line.number} value=${line.number} class=${line.number === each.line ? "here" : ""}><code>${line.body}</code></li>`)}</ol>`}</div></li>`)}</ol>
    <${MoreRows} shown=${Math.min(most, listed.length)} all=${listed.length} onMore=${() => setMost(most + ROWS)} />`}
  </div>`;
}
