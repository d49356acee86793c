import { html, useEffect, useState } from "../dom.js";
import { get, request } from "../api.js";
import { count, counted, full } from "../format.js";
import { text } from "../strings.js";
import { Button, Empty, Loading, complain } from "../ui.js";

const READ = 2 * 1024 * 1024;
const AROUND = 1;

/** Returns the lines around a line of the file, by reading no more of it than is needed. @param {string} id @param {number} line */
async function linesAround(id, line) {
  const found = [];
  let number = 1;
  let rest = "";
  for (let start = 0; ; start += READ) {
    const response = await request("GET", `files/${id}/content`, { headers: { Range: `bytes=${start}-${start + READ - 1}` } });
    const data = new Uint8Array(await response.arrayBuffer());
    const lines = (rest + new TextDecoder().decode(data)).split("\n");
    rest = lines.pop() ?? "";
    for (const each of lines) {
      if (Math.abs(number - line) <= AROUND) found.push({ number, body: each.slice(0, 4000) });
      number += 1;
    }
    if (number > line + AROUND || data.length < READ) {
      if (Math.abs(number - line) <= AROUND && rest) found.push({ number, body: rest.slice(0, 4000) });
      return found;
    }
  }
}

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
  const [shown, setShown] = useState(/** @type {{line: number, lines: any[]} | null} */ (null));
  const [missing, setMissing] = useState("");
  useEffect(() => {
    Promise.all([get(`files/${id}`), get(`files/${id}/validation`)]).then(([stored, found]) => {
      setFile(stored);
      setReport(found);
    }, (failure) => setMissing(failure.message));
  }, [id]);
  if (missing) return html`<${Empty} of=${text.nav.report} title=${text.drawer.report}>${missing}</${Empty}>`;
  if (!report) return html`<${Loading} of=${text.nav.report} />`;
  const problems = [...report.errors.map((/** @type {any} */ each) => ({ severity: "error", ...each })), ...(report.warnings ?? []).map((/** @type {any} */ each) => ({ severity: "warning", ...each }))];
  const groups = Map.groupBy ? Map.groupBy(problems, (each) => each.code) : new Map();
  const listed = problems.filter((each) => !code || each.code === code);
  function save() {
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(new Blob([asCsv(problems)], { type: "text/csv" }));
    anchor.download = `${file.filename}.problems.csv`;
    anchor.click();
    URL.revokeObjectURL(anchor.href);
  }
  const verdict = report.valid ? text.report.ready(counted(report.request_count, ...text.words.request)) : text.report.problems(counted(report.error_count, ...text.words.problem), counted(report.total_lines, ...text.words.line));
  return html`<div class="view page"><header class="bar"><h1>${file.filename}</h1><span class=${`chip ${report.valid ? "good" : "bad"}`}>${report.valid ? `✓ ${text.status.valid}` : `✕ ${text.status.invalid}`}</span>
      <p class="dim grow">${verdict} · ${text.report.checked} ${full(report.validated_at)}</p>
      <${Button} icon="download" label=${text.report.csv} disabled=${problems.length === 0} onClick=${save} /></header>
    <div class="codes" role="group" aria-label=${text.report.codes}><button type="button" class=${`chip ${code ? "" : "picked"}`} aria-pressed=${!code} onClick=${() => setCode("")}>${text.report.all} ${count(problems.length)}</button>
      ${[...groups].map(([name, some]) => html`<button type="button" key=${name} class=${`chip ${code === name ? "picked" : ""}`} aria-pressed=${code === name} onClick=${() => setCode(name)}>${name} ${count(report.counts?.[name] ?? some.length)}</button>`)}</div>
    ${problems.length === 0 ? html`<${Empty} title=${text.report.noneTitle}>${text.report.none}</${Empty}>` : html`<ol class="problems">${listed.slice(0, 500).map((each, at) => html`<li key=${at} class=${each.severity}>
      <button type="button" class="where" disabled=${!each.line} aria-expanded=${shown?.line === each.line} onClick=${() => shown?.line === each.line ? setShown(null) : linesAround(id, each.line).then((lines) => setShown({ line: each.line, lines }), complain)}>${each.line ? `${text.words.line[0]} ${count(each.line)}` : text.words.file[0]}</button>
      <div><p>${each.message}</p><p class="dim mono">${each.code}${each.param && ` · ${each.param}`}</p>
        ${shown && shown.line === each.line && html`<ol class="numbered">${shown.lines.map((line) => html`<li key=${line.number} value=${line.number} class=${line.number === each.line ? "here" : ""}><code>${line.body}</code></li>`)}</ol>`}</div></li>`)}</ol>`}
  </div>`;
}
