// A conversation with the model that manages files. It lives as long as the page; nothing of it is kept.
import { ApiError, call, request } from "./api.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { onElsewhere } from "./tabs.js";
import { text } from "./strings.js";

/**
 * @typedef {{id: string, tool: string, operation: "read" | "write" | "held" | "refused", arguments: Record<string, any>, result: Record<string, any>, undo: string | null}} Action
 * @typedef {{plan: string, summary: string, steps: Array<{tool: string, summary: string}>, expires_at: number}} Plan
 * @typedef {{id: number, mine: boolean, said: string, about?: import("./context.js").Thing[], actions?: Action[], plan?: Plan | null, failure?: any, again?: boolean, live?: boolean}} Entry `again`: the question can be asked again; `live`: more of it is to come
 * @typedef {"open" | "busy" | "done" | "cancelled"} PlanState
 */

const MOST = 60;
const MOST_IDS = 50;

export const entries = store(/** @type {Entry[]} */ ([]));
export const busy = store(/** @type {AbortController | null} */ (null));
/** What has become of each plan and of each undo, by the plan or the action's id. */
export const states = store(/** @type {Map<string, PlanState>} */ (new Map()));
/** The model that a person has chosen; nothing: the deployment's. */
export const model = store("");

let lastId = 0;
/** The key of a request whose answer was lost: the same one gets that answer, and does nothing twice. */
let unanswered = "";

export function startAnew() {
  busy.get()?.abort();
  busy.set(null);
  entries.set([]);
  states.set(new Map());
  unanswered = "";
}

// Whoever signs in next is somebody else.
session.follow((now) => now || startAnew());

/** @param {string} id @param {PlanState} state */
const mark = (id, state) => states.set((before) => new Map(before).set(id, state));

/** @param {Omit<Entry, "id">} entry */
function add(entry) {
  const id = ++lastId;
  entries.set((before) => [...before, { ...entry, id }]);
  return id;
}

/** What the model has changed is shown as what another tab has changed. @param {Action[]} actions */
function shown(actions) {
  if (actions.some((each) => each.operation === "write")) for (const each of [...onElsewhere]) each();
}

/** Yields the server-sent events of an answer. @param {Response} response */
async function* eventsOf(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [name, data] = block.split("\n");
      yield { name: name.replace("event: ", ""), data: JSON.parse(data.replace("data: ", "")) };
    }
  }
}

/**
 * Shows an answer while it comes. Text before an action is what the model said on the way.
 * @param {Response} response @param {(now: Partial<Entry>) => void} show
 */
async function take(response, show) {
  let said = "";
  /** @type {Action[]} */
  let actions = [];
  for await (const { name, data } of eventsOf(response)) {
    if (name === "ai_chunk") said += data.content;
    else if (name === "action") [said, actions] = ["", [...actions, data]];
    else if (name === "error") throw Object.assign(new ApiError(502, data.error, response.headers.get("x-request-id") ?? ""), { answer: data });
    else if (name === "ai_complete") return data;
    show({ said, actions });
  }
  throw new ApiError(0, { message: text.failed.lost }, "");
}

/** @param {any} body @param {string} key @param {boolean} again whether a person can ask this again */
async function send(body, key, again) {
  const stop = new AbortController();
  busy.set(stop);
  /** @type {Entry} */
  let entry = { id: 0, mine: false, said: "", actions: [] };
  const show = (/** @type {Partial<Entry>} */ now) => {
    entry = { ...entry, live: true, ...now };
    if (entry.id) entries.set((before) => before.map((each) => (each.id === entry.id ? entry : each)));
    else entry.id = add(entry);
  };
  try {
    // A model that fails has done what it has done: only a person may ask again.
    const answer = await take(await request("POST", "chat", { body: { ...body, stream: true }, tries: 1, signal: stop.signal, headers: { "Idempotency-Key": key } }), show);
    unanswered = "";
    show({ said: answer.response, actions: answer.actions, plan: answer.needs_confirmation, live: false });
    if (answer.needs_confirmation) mark(answer.needs_confirmation.plan, "open");
    return true;
  } catch (problem) {
    // Of a conversation that a new one has replaced.
    if (busy.get() !== stop) return false;
    const failure = problem instanceof ApiError || stop.signal.aborted ? problem : new ApiError(0, { message: text.failed.lost }, "");
    unanswered = failure instanceof ApiError && failure.status === 0 ? key : "";
    show({ actions: /** @type {any} */ (failure).answer?.actions ?? entry.actions, again, live: false, failure: stop.signal.aborted ? new Error(text.chat.stopped) : failure });
    return false;
  } finally {
    if (busy.get() === stop) busy.set(null);
    shown(entry.actions ?? []);
  }
}

function conversation() {
  // What broke off is no answer.
  const said = entries.get().filter((each) => each.said && !each.failure);
  return said.slice(-MOST).map((each) => ({ role: each.mine ? "user" : "assistant", content: each.said }));
}

/** @param {import("./context.js").Thing[]} about */
function asked(about) {
  const ids = (/** @type {boolean} */ folder) => about.filter((each) => each.folder === folder).slice(0, MOST_IDS).map((each) => each.id);
  return { messages: conversation(), file_ids: ids(false), folder_ids: ids(true), ...(model.get() ? { model: model.get() } : {}) };
}

/** @param {string} said @param {import("./context.js").Thing[]} about */
export async function say(said, about) {
  add({ mine: true, said, about });
  await send(asked(about), crypto.randomUUID(), true);
}

/** Asks again what was not answered. */
export async function sayAgain() {
  const last = entries.get().findLast((each) => each.mine);
  // What was done before a failure stays, with its undo.
  entries.set((before) => before.filter((each) => !each.failure || each.actions?.length).map((each) => (each.failure ? { ...each, said: "", failure: null } : each)));
  if (last) await send(asked(last.about ?? []), unanswered || crypto.randomUUID(), true);
}

/** Carries out what waits. @param {Plan} plan */
export async function confirm(plan) {
  mark(plan.plan, "busy");
  const done = await send({ confirm: plan.plan }, crypto.randomUUID(), false);
  mark(plan.plan, done ? "done" : "open");
}

/** @param {Plan} plan */
export function cancel(plan) {
  mark(plan.plan, "cancelled");
  add({ mine: true, said: text.chat.declined });
}

/** Takes a change back, by the same tool that a model would call. @param {Action} action */
export async function undo(action) {
  const id = action.undo ?? "";
  mark(id, "busy");
  try {
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "undo", arguments: { action_id: id } } };
    const { result, error } = await (await request("POST", "../mcp", { body })).json();
    if (error) throw new ApiError(200, error, "");
    if (result.isError) throw new ApiError(200, { message: result.content?.[0]?.text }, "");
    const found = result.structuredContent;
    // A person has pressed the button: what waits for a person has got one.
    if (found.needs_confirmation) await call("POST", "chat", { body: { confirm: found.plan } });
    else if (!found.changed) throw new Error(found.failed?.[0]?.error ?? found.summary);
    mark(id, "done");
    for (const each of [...onElsewhere]) each();
  } catch (failure) {
    mark(id, "open");
    throw failure;
  }
}
