// A conversation with the model that manages files. It lives as long as the page; nothing of it is kept.
import { ApiError, call, request } from "./api.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { onElsewhere } from "./tabs.js";
import { text } from "./strings.js";

/**
 * @typedef {{id: string, tool: string, operation: "read" | "write" | "held" | "refused", arguments: Record<string, any>, result: Record<string, any>, undo: string | null}} Action
 * @typedef {{plan: string, summary: string, steps: Array<{tool: string, summary: string}>, expires_at: number}} Plan
 * @typedef {{id: number, mine: boolean, said: string, about?: import("./context.js").Thing[], actions?: Action[], plan?: Plan | null, failure?: any, again?: boolean}} Entry `again`: the question can be asked again
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
  entries.set([]);
  states.set(new Map());
  unanswered = "";
}

// Whoever signs in next is somebody else.
session.follow((now) => now || startAnew());

/** @param {string} id @param {PlanState} state */
const mark = (id, state) => states.set((before) => new Map(before).set(id, state));

/** @param {Omit<Entry, "id">} entry */
const add = (entry) => entries.set((before) => [...before, { id: ++lastId, ...entry }]);

/** What the model has changed is shown as what another tab has changed. @param {Action[]} actions */
function shown(actions) {
  if (actions.some((each) => each.operation === "write")) for (const each of [...onElsewhere]) each();
}

/** @param {any} answer */
function answered(answer) {
  add({ mine: false, said: answer.response, actions: answer.actions, plan: answer.needs_confirmation });
  if (answer.needs_confirmation) mark(answer.needs_confirmation.plan, "open");
  shown(answer.actions);
}

/** @param {any} body @param {string} key @param {boolean} again whether a person can ask this again */
async function send(body, key, again) {
  const stop = new AbortController();
  busy.set(stop);
  try {
    // A model that fails has done what it has done: only a person may ask again.
    answered(await call("POST", "chat", { body, tries: 1, signal: stop.signal, headers: { "Idempotency-Key": key } }));
    unanswered = "";
  } catch (failure) {
    unanswered = failure instanceof ApiError && failure.status === 0 ? key : "";
    const actions = /** @type {any} */ (failure).answer?.actions ?? [];
    add({ mine: false, said: "", actions, again, failure: stop.signal.aborted ? new Error(text.chat.stopped) : failure });
    shown(actions);
    return false;
  } finally {
    busy.set(null);
  }
  return true;
}

function conversation() {
  const said = entries.get().filter((each) => each.said);
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
  entries.set((before) => before.filter((each) => !each.failure || each.actions?.length).map((each) => ({ ...each, failure: null })));
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
