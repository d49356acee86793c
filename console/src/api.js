// The API, from its own origin. Every request carries the session, and every failure is an ApiError.
import { text } from "./strings.js";
import { store } from "./store.js";

const BASE = new URL("./v1/", document.baseURI).href;
const SPACE = /^(storage\/|chat$)/;
const TRIES = 4;
const PAGE = 1000;

/** Whether the last request reached the API. */
export const online = store(true);

export class ApiError extends Error {
  /** @param {number} status @param {{message?: string, type?: string, code?: string | null, param?: string | null}} error @param {string} requestId */
  constructor(status, error, requestId) {
    super(error.message || text.failed.answer);
    this.status = status;
    this.type = error.type ?? "";
    this.code = error.code ?? null;
    this.param = error.param ?? null;
    this.requestId = requestId;
    /** The rest of the answer, where a failure says what was done before it. @type {any} */
    this.answer = {};
  }
}

/** @type {() => string | null} */
let secretOf = () => null;
/** @type {(secret: string) => Promise<void>} */
let renewed = () => Promise.resolve();

/**
 * @param {() => string | null} secret
 * @param {(secret: string) => Promise<void>} whenRenewed resolves once there is another secret than this, which was refused
 */
export function authenticateWith(secret, whenRenewed) {
  secretOf = secret;
  renewed = whenRenewed;
}

/** What to do once a request has changed something. @type {Set<() => void>} */
export const onChanged = new Set();

/** @param {string} path @param {string | null} secret @returns {Record<string, string>} */
function headersFor(path, secret) {
  if (!secret) return {};
  return SPACE.test(path) ? { "x-api-key": secret } : { Authorization: `Bearer ${secret}` };
}

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends a request and returns the response; repeats it when the network or the server fails, and once a person
 * whose session has ended is signed in again.
 * @param {string} method
 * @param {string} path below /v1/
 * @param {{body?: any, query?: Record<string, any>, signal?: AbortSignal, headers?: Record<string, string>, tries?: number, anonymous?: boolean}} [options]
 */
export async function request(method, path, options = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
  }
  /** @type {Record<string, string>} */
  const headers = { Accept: "*/*", ...options.headers };
  let body = options.body;
  if (body !== undefined && !(body instanceof FormData) && !(body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  // A repeated POST must not make a second thing.
  if (method === "POST") headers["Idempotency-Key"] ??= crypto.randomUUID();
  const tries = options.tries ?? TRIES;
  for (let attempt = 1; ; attempt += 1) {
    const secret = options.anonymous ? null : secretOf();
    let response;
    try {
      response = await fetch(url, { method, headers: { ...headersFor(path, secret), ...headers }, body, signal: options.signal });
    } catch (failure) {
      if (options.signal?.aborted) throw failure;
      online.set(false);
      if (attempt >= tries) throw new ApiError(0, { message: text.failed.unreachable }, "");
      await pause(2 ** attempt * 250 * (0.5 + Math.random()));
      continue;
    }
    online.set(true);
    if (response.ok) {
      if (method !== "GET") for (const each of onChanged) each();
      return response;
    }
    if (response.status === 401 && secret && !headers.Authorization) {
      await renewed(secret);
      continue;
    }
    const again = response.status >= 500 || response.status === 429;
    if (again && attempt < tries) {
      const asked = Number(response.headers.get("Retry-After"));
      await pause(asked > 0 ? asked * 1000 : 2 ** attempt * 250 * (0.5 + Math.random()));
      continue;
    }
    const requestId = response.headers.get("x-request-id") ?? "";
    const parsed = await response.json().catch(() => ({}));
    throw Object.assign(new ApiError(response.status, parsed.error ?? {}, requestId), { answer: parsed });
  }
}

/** @param {string} method @param {string} path @param {any} [options] @returns {Promise<any>} */
export async function call(method, path, options) {
  return (await request(method, path, options)).json();
}

/** @typedef {Record<string, any>} Query */

/** @param {string} path @param {Query} [query] @param {AbortSignal} [signal] */
export const get = (path, query, signal) => call("GET", path, { query, signal });
/** @param {string} path @param {any} [body] */
export const post = (path, body = {}) => call("POST", path, { body });
/** @param {string} path @param {any} body */
export const patch = (path, body) => call("PATCH", path, { body });
/** @param {string} path @param {Query} [query] */
export const remove = (path, query) => call("DELETE", path, { query });

/**
 * Reads a list of the Space page by page, and yields each page.
 * @param {string} path @param {Query} query @param {AbortSignal} [signal]
 */
export async function* pagesOf(path, query, signal) {
  let cursor = "";
  do {
    const page = await get(path, { ...query, limit: PAGE, cursor }, signal);
    cursor = page.pagination.cursor ?? "";
    yield page;
  } while (cursor);
}

/** The address that other programs use. */
export const apiUrl = BASE.replace(/\/$/, "");
