import { html, useEffect } from "../dom.js";
import { apiUrl } from "../api.js";
import { count, full, size } from "../format.js";
import { session } from "../session.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { Button, Meter, complain, copy } from "../ui.js";
import { refreshUsage, usage } from "../usage.js";
import { Upstreams } from "./upstreams.js";
import { UsageChart } from "./usagechart.js";

/** @param {{title: string, body: string}} props */
function Snippet({ title, body }) {
  return html`<section><div class="row"><h3>${title}</h3><${Button} only icon="copy" label=${`${text.project.copy}: ${title}`} onClick=${() => copy(body, text.drawer.copied).catch(complain)} /></div><pre class="code">${body}</pre></section>`;
}

export function View() {
  const who = useStore(session);
  const used = useStore(usage);
  useEffect(refreshUsage, []);
  if (!who) return null;
  const sdk = `from openai import OpenAI\n\nclient = OpenAI(base_url="${apiUrl}", api_key="zk_live_…")\nfile = client.files.create(file=open("requests.jsonl", "rb"), purpose="batch")\nbatch = client.batches.create(\n    input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"\n)`;
  const curl = `curl ${apiUrl}/files -H "Authorization: Bearer $LARDER_API_KEY" \\\n  -F purpose=batch -F file=@requests.jsonl`;
  return html`<div class="view page"><header class="bar"><h1>${text.nav.project}: ${who.name}</h1></header>
    <div class="cards">
      ${used && html`<section class="card"><h2>${text.project.usage}</h2>
        <${Meter} label=${text.meter.storage} used=${used.bytes.used + used.bytes.reserved} limit=${used.bytes.limit} shown=${text.project.counted(size(used.bytes.used), size(used.bytes.reserved), size(used.bytes.limit))} />
        <${Meter} label=${text.meter.files} used=${used.files.used + used.files.reserved} limit=${used.files.limit} shown=${text.project.counted(count(used.files.used), count(used.files.reserved), count(used.files.limit))} />
        <p class="dim">${text.project.trash}</p></section>`}
      <${UsageChart} />
      <section class="card"><h2>${text.project.session}</h2><dl><div><dt>${text.nav.project}</dt><dd class="mono">${who.project}</dd></div><div><dt>${text.project.ends}</dt><dd>${full(who.expires_at)}</dd></div></dl></section>
    </div>
    <h2>${text.project.connect}</h2>
    <${Snippet} title=${text.project.sdk} body=${sdk} /><${Snippet} title=${text.project.curl} body=${curl} />
    <${Upstreams} />
  </div>`;
}
