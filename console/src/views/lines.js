// The lines of a file around one of them, read in ranges.
import { request } from "../api.js";

const MIB = 1024 * 1024;
const FIRST_READ = 2 * MIB;
const MOST_READ = 16 * MIB;
const NEAR = MIB / 16;
const AROUND = 1;
const SHOWN = 4000;

/** @typedef {{number: number, body: string}} Line */

/**
 * Returns the lines around a line of the file. `offset` is the number of bytes before it; reports of earlier versions
 * have none.
 * @param {string} id @param {{line: number, offset?: number}} at @param {AbortSignal} signal @returns {Promise<Line[]>}
 */
export const linesAround = (id, { line, offset }, signal) => (offset === undefined ? counted(id, line, signal) : near(id, line, offset, signal));

/** @param {string} id @param {number} start @param {number} end @param {AbortSignal} signal */
async function read(id, start, end, signal) {
  const response = await request("GET", `files/${id}/content`, { headers: { Range: `bytes=${start}-${end - 1}` }, signal });
  return response.arrayBuffer();
}

/** @param {string} id @param {number} line @param {number} offset @param {AbortSignal} signal */
async function near(id, line, offset, signal) {
  const start = Math.max(0, offset - NEAR);
  const end = offset + NEAR;
  const data = await read(id, start, end, signal);
  // A line or a character that the range cuts is shown as far as it goes.
  const text = (/** @type {ArrayBuffer} */ part) => new TextDecoder().decode(part, { stream: true });
  const before = text(data.slice(0, offset - start)).split("\n").slice(0, -1);
  if (start > 0 && before.length === 1) before[0] = `…${before[0]?.slice(1 - SHOWN)}`;
  const after = text(data.slice(offset - start)).split("\n");
  const cut = data.byteLength === end - start && after.length > 1 && (after.at(-1)?.length ?? 0) < SHOWN;
  if (cut || after.at(-1) === "") after.pop();
  const first = before.slice(-AROUND);
  return [...first, ...after.slice(0, 1 + AROUND)].map((body, at) => ({ number: line - first.length + at, body: body.slice(0, SHOWN) }));
}

/**
 * Counts the lines from the start of the file, and reads no more of it than is needed.
 * @param {string} id @param {number} line @param {AbortSignal} signal
 */
async function counted(id, line, signal) {
  const found = /** @type {Line[]} */ ([]);
  // A character may be cut by the end of a piece.
  const decoder = new TextDecoder();
  let number = 1;
  let rest = "";
  // A line far down is reached by few requests.
  for (let start = 0, size = FIRST_READ; ; start += size, size = Math.min(MOST_READ, 2 * size)) {
    const data = await read(id, start, start + size, signal);
    const lines = (rest + decoder.decode(data, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const each of lines) {
      if (Math.abs(number - line) <= AROUND) found.push({ number, body: each.slice(0, SHOWN) });
      number += 1;
    }
    if (number > line + AROUND || data.byteLength < size) {
      if (Math.abs(number - line) <= AROUND && rest) found.push({ number, body: rest.slice(0, SHOWN) });
      return found;
    }
  }
}
