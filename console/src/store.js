// State that more than one component shows.
import { useEffect, useState } from "../vendor/hooks.js";

/**
 * A value that components follow.
 * @template T
 * @param {T} initial
 */
export function store(initial) {
  let value = initial;
  const followers = new Set();
  return {
    get: () => value,
    /** @param {T | ((before: T) => T)} next */
    set(next) {
      const after = typeof next === "function" ? /** @type {(before: T) => T} */ (next)(value) : next;
      if (after === value) return;
      value = after;
      for (const follow of [...followers]) follow(value);
    },
    /** @param {(value: T) => void} follow */
    follow(follow) {
      followers.add(follow);
      return () => followers.delete(follow);
    },
  };
}

/**
 * Returns the store's value, and draws the component again when it changes.
 * @template T
 * @param {{get: () => T, follow: (follow: (value: T) => void) => () => void}} from
 * @returns {T}
 */
export function useStore(from) {
  const [value, setValue] = useState(from.get());
  useEffect(() => {
    setValue(from.get());
    return from.follow(setValue);
  }, [from]);
  return value;
}
