import { html, useEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { counted, size } from "../format.js";
import { text } from "../strings.js";
import { complain } from "../ui.js";

const DAYS = 30;
const DAY_MS = 86400 * 1000;

/** @typedef {{date: string, files: number, bytes: number}} Day */

/** What was stored on each of the last days, as bars; a day that nothing was recorded on has none. */
export function UsageChart() {
  const [days, setDays] = useState(/** @type {Day[] | null} */ (null));
  useEffect(() => {
    get("usage/history", { days: DAYS }).then((found) => setDays(found.data), complain);
  }, []);
  if (!days) return null;
  const known = new Map(days.map((each) => [each.date, each]));
  const dates = Array.from({ length: DAYS }, (_, at) => new Date(Date.now() - (DAYS - 1 - at) * DAY_MS).toISOString().slice(0, 10));
  const most = Math.max(1, ...days.map((each) => each.bytes));
  const said = (/** @type {Day} */ day) => `${day.date}: ${size(day.bytes)}, ${counted(day.files, ...text.words.file)}`;
  return html`<section class="card"><h2>${text.project.history}</h2>
    <div class="chart" role="img" aria-label=${`${text.project.history}: ${days.map(said).join("; ")}`}>${dates.map((date) => {
      const day = known.get(date);
      return html`<span key=${date} title=${day ? said(day) : date}>${day && html`<i style=${{ height: `${Math.max(2, (day.bytes / most) * 100)}%` }} />`}</span>`;
    })}</div>
    <div class="row dim"><span>${dates[0]}</span><span>${text.project.most} ${size(most)}</span><span>${text.project.today}</span></div></section>`;
}
